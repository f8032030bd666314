"""Every change to a delivery: made, claimed, put back, found out about, sent again, given up.

A state only rises (`states.rank`): callbacks come before, after, twice and out of order. Whatever is found out about a
delivery is `News`, and written here alone: on the delivery, and on its message for the readers' sake.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from chatline import announce
from chatline.conversations import copies, parts
from chatline.conversations.models import Conversation, Delivery, Message, Visitor
from chatline.conversations.rows import update_each
from chatline.conversations.saying import changed, lock
from chatline.conversations.shown import Attempt, shown
from chatline.conversations.states import FINAL, DeliveryState, Fault, rank
from chatline.errors import Refused

IN_FLIGHT = (DeliveryState.READY, DeliveryState.POSTING)
KEYWORDS = ("stop", "start", "help", "deleted", "deleted_held", "delete_later")
"""Purposes of the answers to carrier keywords; STOP's is the one text that may go to somebody who stopped."""

REPLY = "reply"
"""The purpose of what a volunteer says: the only one that a person may send once more."""

DOUBT_HOLDS = timedelta(seconds=150)
"""How long later texts wait for news of one whose end is unknown; then order matters less than being answered."""

PARTS_HOLD = timedelta(seconds=10)
"""How long they wait behind one of several parts: networks deliver a short text before a long one sent earlier."""

REPLY_LIVES, AUTOMATIC_LIVES = timedelta(hours=1), timedelta(minutes=10)
"""How long a text may wait to be sent. Later it would answer something that nobody asks any more."""


# --- made -------------------------------------------------------------------------------------------------


def new(visitor: Visitor, at: datetime, purpose: str, message: Message | None = None) -> Delivery:
    """A text to be sent by the courier once the present transaction is committed; not yet written."""
    if message is not None:
        message.delivery = DeliveryState.READY
    return Delivery(visitor=visitor, message=message, purpose=purpose, not_before=at)


def of_reply(visitor: Visitor, at: datetime, message: Message, text: str) -> list[Delivery]:
    """What a volunteer said, as one delivery for each text that it takes; not yet written."""
    made = []
    for part in range(1, len(parts.split(text)) + 1):
        delivery = new(visitor, at, REPLY, message)
        delivery.part = part
        made.append(delivery)
    return made


def send_again(row: Conversation, message: Message, now: datetime) -> None:
    """A fresh delivery for each part of a message that may not have arrived; the conversation is locked."""
    attempts = list(Delivery.objects.select_for_update().filter(message=message).order_by("id"))
    repeated = {one.again_of_id for one in attempts}
    fresh = [
        Delivery(
            visitor=row.visitor,
            message=message,
            purpose=one.purpose,
            part=one.part,
            again_of=one,
            not_before=now,
        )
        for one in attempts
        if one.id not in repeated and one.repeatable
    ]
    if not fresh:
        raise Refused("This was sent again already, or has arrived.", code="cannot_resend")
    Delivery.objects.bulk_create(fresh)
    _show({row.id: row}, {message.id: message}, {message.id: [*attempts, *fresh]})


# --- claimed ----------------------------------------------------------------------------------------------


def waiting(now: datetime, senders: Iterable[str] = ()) -> QuerySet[Delivery]:
    """What may be sent now, most urgent first, but for what goes out from these numbers of ours.

    One text a person is under way at a time, so that they arrive in order: a delivery waits for every earlier one of
    the same visitor, and as long as one holds it back. Conversations with an open flag come first.
    """
    earlier = Delivery.objects.filter(visitor=OuterRef("visitor"), id__lt=OuterRef("id")).filter(
        Q(state__in=IN_FLIGHT) | Q(holds_until__gt=now)
    )
    return (
        Delivery.objects.filter(state=DeliveryState.READY, not_before__lte=now)
        .exclude(visitor__reached_from__in=list(senders))
        .exclude(Exists(earlier))
        .order_by(F("message__conversation__open_flags").desc(nulls_last=True), "id")
    )


def claim(rows: QuerySet[Delivery], most: int, now: datetime) -> list[Delivery]:
    """At most so many of these, now `posting`; to be called in a transaction that ends before anything is posted."""
    if connection.features.has_select_for_update_skip_locked:
        rows = rows.select_for_update(skip_locked=True, of=("self",))
    ids = list(rows.values_list("id", flat=True)[:most])
    won = Delivery.objects.filter(id__in=ids, state=DeliveryState.READY)
    won.update(state=DeliveryState.POSTING, posted_at=now, changed_at=now)
    found = Delivery.objects.select_related("visitor__line", "message").in_bulk(ids)
    return [found[one] for one in ids if one in found]


def put_back(delivery: Delivery, seconds: float, *, counts: bool = True) -> None:
    """Certainly not sent: ready again after a pause. It `counts` as an attempt unless we were told to slow down."""
    now = timezone.now()
    with transaction.atomic():
        Delivery.objects.filter(id=delivery.id, state=DeliveryState.POSTING).update(
            state=DeliveryState.READY,
            not_before=now + timedelta(seconds=seconds),
            attempts=delivery.attempts + (1 if counts else 0),
            changed_at=now,
        )


# --- found out about --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class News:
    """What became of a delivery, by whoever says so: the courier, a callback, a look at the provider's list.

    `fault` is why it did not arrive, and `repeatable` whether a volunteer may send it once more.
    """

    oid: UUID
    state: DeliveryState
    provider_id: str | None = None
    error_code: int | None = None
    fault: Fault | None = None
    repeatable: bool = False
    parts: int = 1


def record(news: News) -> None:
    record_list([news])


def record_list(list_: Sequence[News]) -> None:
    """Writes all of it in one transaction; what is older than what is known changes nothing."""
    if not list_:
        return
    with transaction.atomic():
        now = timezone.now()
        # Looked up without a lock first: conversations are locked before their deliveries, everywhere.
        about = Delivery.objects.filter(oid__in={one.oid for one in list_})
        places = dict(about.values_list("oid", "message__conversation"))
        rows = lock(one for one in places.values() if one)
        mine = Delivery.objects.select_for_update().filter(oid__in=places).order_by("id")
        found = {delivery.oid: delivery for delivery in mine}
        known = [news for news in list_ if news.oid in found]
        rose = [found[news.oid] for news in known if _advance(found[news.oid], news, now)]
        update_each(list(found.values()), _NEWS_COLUMNS)
        copies.left([one.provider_id for one in rose if one.provider_id and rank(one.state) == FINAL], now)
        show(rows, [one.message_id for one in rose if one.message_id])


_NEWS_COLUMNS = (
    "state",
    "provider_id",
    "error_code",
    "fault",
    "repeatable",
    "holds_until",
    "unknown_at",
    "checked_at",
    "changed_at",
)


def _advance(delivery: Delivery, news: News, now: datetime) -> bool:
    """Takes in what is new; true if the state rose."""
    delivery.provider_id = delivery.provider_id or news.provider_id or None
    delivery.changed_at = now
    if rank(news.state) <= rank(delivery.state):
        return False
    delivery.state = news.state
    delivery.error_code = news.error_code
    delivery.fault = news.fault or ""
    delivery.repeatable = news.repeatable and delivery.purpose == REPLY
    delivery.holds_until = _holds(news, now)
    delivery.checked_at = None
    if news.state == DeliveryState.UNKNOWN:
        delivery.unknown_at = now
    return True


def _holds(news: News, now: datetime) -> datetime | None:
    if news.state == DeliveryState.UNKNOWN:
        return now + DOUBT_HOLDS
    if news.state == DeliveryState.ACCEPTED and news.parts > 1:
        return now + PARTS_HOLD
    return None


def show(rows: Mapping[UUID, Conversation], messages: Iterable[int]) -> None:
    """Tells the readers of these messages, in conversations that are locked, what became of their deliveries."""
    about = Message.objects.defer("text_sealed").in_bulk(list(messages))
    attempts: dict[int, list[Delivery]] = defaultdict(list)
    for one in Delivery.objects.filter(message__in=about).order_by("id"):
        assert one.message_id
        attempts[one.message_id].append(one)
    _show(rows, about, attempts)


def _show(
    rows: Mapping[UUID, Conversation],
    messages: Mapping[int, Message],
    attempts: Mapping[int, Sequence[Delivery]],
) -> None:
    told = []
    for message in messages.values():
        tried = [
            Attempt(one.part, DeliveryState(one.state), one.fault, one.repeatable)
            for one in attempts[message.id]
        ]
        now = shown(tried)
        if (message.delivery, message.fault, message.resend) == now:
            continue
        message.delivery, message.fault, message.resend = now
        row = rows[message.conversation_id]
        row.version += 1
        message.version = row.version
        told.append(message)
    touched = [rows[one] for one in {message.conversation_id for message in told}]
    update_each(touched, ("version",))
    update_each(told, ("delivery", "fault", "resend", "version"))
    announce.after_commit(*(changed(row) for row in touched))


# --- in doubt, and given up -------------------------------------------------------------------------------


def left_half_sent(before: datetime) -> Sequence[UUID]:
    """Deliveries whose courier died while posting: nobody knows whether they were sent."""
    half = Delivery.objects.filter(state=DeliveryState.POSTING, posted_at__lt=before)
    return list(half.values_list("oid", flat=True))


def doubt_waiting(at: datetime) -> None:
    """After a restore: what waited to be sent at the moment of the backup may have been sent since.

    It counts as left half-sent then, so that couriers look for it at the provider and never send it blindly.
    """
    with transaction.atomic():
        Delivery.objects.filter(state__in=IN_FLIGHT).update(state=DeliveryState.POSTING, posted_at=at)


def settle(oid: UUID) -> None:
    """Nothing more can be found out about an unknown one: it is shown as such, and a volunteer may send it again.

    What the line says by itself is said at most once, so it is dropped instead.
    """
    with transaction.atomic():
        place = Delivery.objects.filter(oid=oid).values_list("message__conversation", flat=True).first()
        rows = lock([place] if place else [])
        delivery = Delivery.objects.select_for_update().get(oid=oid)
        if delivery.state != DeliveryState.UNKNOWN or delivery.settled_at:
            return
        delivery.settled_at, delivery.holds_until = timezone.now(), None
        delivery.repeatable = delivery.purpose == REPLY
        delivery.save(update_fields=["settled_at", "holds_until", "repeatable", "changed_at"])
        show(rows, [delivery.message_id] if delivery.message_id else [])


def expire(now: datetime) -> bool:
    """Drops what could not be sent for too long; a volunteer sees it and may send it again. False if none was."""
    late = Delivery.objects.filter(state=DeliveryState.READY).filter(
        Q(purpose=REPLY, created_at__lt=now - REPLY_LIVES)
        | Q(~Q(purpose__in=(REPLY, *KEYWORDS)), created_at__lt=now - AUTOMATIC_LIVES)
    )
    oids = list(late.values_list("oid", flat=True)[:200])
    record_list([News(oid, DeliveryState.DROPPED, fault=Fault.TOO_LATE, repeatable=True) for oid in oids])
    return bool(oids)


def drop_unsent(visitor: Visitor) -> None:
    """After STOP of a locked visitor: nothing that is still waiting may be sent, but the one confirmation."""
    ready = Delivery.objects.filter(visitor=visitor, state=DeliveryState.READY).exclude(purpose="stop")
    record_list(
        [
            News(oid, DeliveryState.DROPPED, fault=Fault.OPTED_OUT)
            for oid in ready.values_list("oid", flat=True)
        ]
    )
