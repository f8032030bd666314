"""The visitor leaves, or wants what was said forgotten: their side ends at once, and a key is destroyed.

While a flag is open, a conversation stays with staff, and a requested erasure waits for it, a day at most.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Literal
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from chatline import announce
from chatline.conversations import deliveries, guide, holds, keys, media, noting
from chatline.conversations.actions import step
from chatline.conversations.models import Conversation, Delivery, Message, Visitor
from chatline.conversations.saying import changed, lock
from chatline.conversations.states import Medium, State


def end(visitor: UUID, *, fast: bool = False) -> None:
    """The visitor leaves: their token is dead at once. `fast` is by the button that shows nothing more.

    Whoever waits and is not at risk is closed; what a volunteer holds stays with them, marked "left"; what has an open
    flag stays with staff until a supervisor resolved it.
    """
    with transaction.atomic():
        now = timezone.now()
        _end_on_their_device(visitor, now)
        open_ones = Conversation.objects.select_for_update().filter(visitor=visitor)
        if row := open_ones.exclude(state=State.CLOSED).first():
            row.left_fast = row.left_fast or fast
            _leave(row, now)


def _end_on_their_device(visitor: UUID, now: datetime) -> None:
    """Locks the visitor; whoever finds the tab open cannot go on in it. A phone has no such thing."""
    who = Visitor.objects.select_for_update(no_key=True).filter(id=visitor).first()
    if who and who.medium == Medium.WEB:
        who.token_dead_at = now
        who.save(update_fields=["token_dead_at"])


def _leave(row: Conversation, now: datetime) -> None:
    row.visitor_left_at = row.visitor_left_at or now
    row.version += 1
    if row.state == State.WAITING and not row.open_flags:
        step(row, State.CLOSED, "left", now, actor=row.visitor_id)
    row.save()
    announce.after_commit(changed(row), announce.BoardChanged())


def erase(visitor: UUID) -> bool:
    """The visitor wants what they said made unreadable. True if it is done, false if it waits for an open flag.

    By web that ends their side. A texter stays: while it waits they are answered, and go on in that conversation.
    """
    with transaction.atomic():
        now = timezone.now()
        _end_on_their_device(visitor, now)
        readable = Conversation.objects.filter(visitor=visitor).exclude(
            state=State.CLOSED, erased_at__isnull=False
        )
        rows = lock(readable.values_list("id", flat=True))
        for row in rows.values():
            row.erase_asked_at = now
            if row.state == State.CLOSED:
                row.save(update_fields=["erase_asked_at"])
            elif row.medium == Medium.WEB:
                _leave(row, now)
            else:
                row.version += 1
                row.save(update_fields=["erase_asked_at", "version"])
                announce.after_commit(changed(row))
        if any(row.open_flags for row in rows.values()):
            return False
        for row in rows.values():
            forget(row, now)
        return True


def forget(row: Conversation, now: datetime) -> None:
    """Destroys the key of a locked conversation without an open flag; it closes, and its rows stay for the counts."""
    if row.state != State.CLOSED:
        step(row, State.CLOSED, "erased", now)
        if row.volunteer_id:
            announce.after_commit(announce.DeskChanged(row.volunteer_id))
    forget_words(row, now)


def forget_words(row: Conversation, now: datetime) -> None:
    """Destroys the key of a locked conversation, whatever its state, and what lies sealed beside its words.

    A texter who is still in it gets a new one.
    """
    row.erased_at = now
    row.evidence = {}
    noting.beside(row)
    row.save()
    Message.objects.filter(conversation=row).update(version=row.version)
    guide.forget(row)
    media.forget(row.id, keep_sealed=holds.is_held(row.id))
    if row.state != State.CLOSED and row.medium == Medium.SMS:
        keys.renew(row.id)
    else:
        keys.destroy([row.id])
    announce.after_commit(changed(row), announce.BoardChanged())


def forget_as_asked(rows: Collection[Conversation], now: datetime) -> None:
    """An erasure that waited happens: these locked conversations are forgotten, and texters get their receipt.

    One beside which a flag is still open stays with its staff; its words are forgotten all the same.
    """
    waited = {row.visitor_id for row in rows if is_erasure_due(row)}
    for row in rows:
        forget_words(row, now) if row.open_flags else forget(row, now)
    reachable = Visitor.objects.filter(id__in=waited, medium=Medium.SMS, stopped_at=None)
    Delivery.objects.bulk_create([deliveries.new(one, now, receipt_of(one.id)) for one in reachable])


def receipt_of(visitor: UUID) -> str:
    """The text that tells this person that they were erased; it says so where the law makes us keep a copy."""
    return "deleted_held" if holds.holds_words_of(visitor) else "deleted"


def is_erasure_due(row: Conversation) -> bool:
    """Whether an erasure was asked for that has not happened since."""
    return row.erase_asked_at is not None and (row.erased_at is None or row.erased_at < row.erase_asked_at)


# --- how it ended, as its visitor may know it ---------------------------------------------------------------

EndedBy = Literal["visitor", "volunteer", "quiet", "expired"]

_ENDED: dict[str, EndedBy] = {"left": "visitor", "erased": "visitor", "quiet": "quiet", "expired": "expired"}
"""By `close_reason`; all others are a volunteer's."""


def is_over(row: Conversation) -> bool:
    """Whoever has left sees it as over, whatever staff still do with it."""
    return row.state == State.CLOSED or row.visitor_left_at is not None


def ended_by(row: Conversation) -> EndedBy:
    """By whom or what a conversation is over: `quiet` is their silence, `expired` that nobody came in time."""
    return "visitor" if row.visitor_left_at else _ENDED.get(row.close_reason, "volunteer")
