"""Every change to a delivery: made, claimed, posted, accepted, and whatever the provider says about it later.

A state only rises (`states.rank`): callbacks come before, after, twice and out of order.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.utils import timezone

from chatline import announce
from chatline.conversations.models import Conversation, Delivery, Message, Visitor
from chatline.conversations.saying import changed, lock
from chatline.conversations.states import DeliveryState, rank

IN_FLIGHT = (DeliveryState.READY, DeliveryState.POSTING)


def new(visitor: Visitor, at: datetime, purpose: str, message: Message | None = None) -> Delivery:
    """A text to be sent by the courier once the present transaction is committed; not yet written."""
    if message is not None:
        message.delivery = DeliveryState.READY
    return Delivery(visitor=visitor, message=message, purpose=purpose, not_before=at)


def claim(now: datetime) -> Delivery | None:
    """The next text that may be sent, now `posting`, or None. The claim is committed when this returns.

    One text a person is under way at a time, so that they arrive in order: a delivery waits for every earlier one of
    the same visitor. Conversations with an open flag come first.
    """
    earlier = Delivery.objects.filter(visitor=OuterRef("visitor"), id__lt=OuterRef("id"), state__in=IN_FLIGHT)
    candidates = (
        Delivery.objects.filter(state=DeliveryState.READY, not_before__lte=now)
        .exclude(Exists(earlier))
        .order_by(F("message__conversation__open_flags").desc(nulls_last=True), "id")
        .values_list("id", flat=True)[:20]
    )
    for one in candidates:
        with transaction.atomic():
            won = Delivery.objects.filter(id=one, state=DeliveryState.READY).update(
                state=DeliveryState.POSTING, posted_at=now, changed_at=now
            )
        if won:
            return (
                Delivery.objects.select_related("visitor__line", "message__conversation")
                .filter(id=one)
                .first()
            )
    return None


def record(
    oid: UUID, state: DeliveryState, *, provider_id: str | None = None, error_code: int | None = None
) -> None:
    """What became of a delivery, said by the courier or by the provider; an older state changes nothing."""
    with transaction.atomic():
        # Looked up without a lock first: the conversation is locked before its deliveries, everywhere.
        about = Delivery.objects.filter(oid=oid).values("id", "message__conversation").first()
        if about is None:
            return
        conversation = None
        if about["message__conversation"]:
            conversation = lock([about["message__conversation"]])[about["message__conversation"]]
        delivery = Delivery.objects.select_for_update().get(id=about["id"])
        if not _advance(delivery, state, provider_id, error_code):
            return
        if conversation is not None and delivery.message_id:
            _show(conversation, delivery.message_id, delivery.state)


def _advance(
    delivery: Delivery, state: DeliveryState, provider_id: str | None, error_code: int | None
) -> bool:
    """Writes what is new; true if the state rose."""
    if provider_id and not delivery.provider_id:
        delivery.provider_id = provider_id
    rose = rank(state) > rank(delivery.state)
    if rose:
        delivery.state = state
        delivery.error_code = error_code
    delivery.save(update_fields=["state", "provider_id", "error_code", "changed_at"])
    return rose


def _show(conversation: Conversation, message: int, state: str) -> None:
    conversation.version += 1
    conversation.save(update_fields=["version"])
    Message.objects.filter(id=message).update(delivery=state, version=conversation.version)
    announce.after_commit(changed(conversation))


def put_back(delivery: Delivery, seconds: float) -> None:
    """Certainly not sent: ready again after a pause."""
    now = timezone.now()
    with transaction.atomic():
        Delivery.objects.filter(id=delivery.id, state=DeliveryState.POSTING).update(
            state=DeliveryState.READY,
            not_before=now + timedelta(seconds=seconds),
            attempts=delivery.attempts + 1,
            changed_at=now,
        )


def left_half_sent(before: datetime) -> Sequence[UUID]:
    """Deliveries whose courier died while posting: nobody knows whether they were sent."""
    return list(
        Delivery.objects.filter(state=DeliveryState.POSTING, posted_at__lt=before).values_list(
            "oid", flat=True
        )
    )


def drop_unsent(visitor: Visitor) -> None:
    """After STOP of a locked visitor: nothing that is still waiting may be sent, but the one confirmation."""
    waiting = Delivery.objects.filter(visitor=visitor, state=DeliveryState.READY).exclude(purpose="stop")
    messages = Message.objects.filter(deliveries__in=waiting).values_list("conversation", "id")
    for conversation_id, message in list(messages):
        conversation = lock([conversation_id])[conversation_id]
        _show(conversation, message, DeliveryState.DROPPED)
    waiting.update(state=DeliveryState.DROPPED, changed_at=timezone.now())
