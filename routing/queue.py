"""Who holds a conversation: taken, released, closed, undone. One owner always, capacity never exceeded.

A claim is a compare-and-set on the conversation's state under the lock of the volunteer's desk row, so it holds on any
database and between any number of processes. The conversation is locked before the desk, as everywhere.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from chatline import announce
from chatline.conversations import access as conversation_access
from chatline.conversations.actions import refuse_open_flag, step
from chatline.conversations.models import Conversation, Offer, Step
from chatline.conversations.saying import changed
from chatline.conversations.states import State
from chatline.errors import NotFound, Refused
from chatline.people import access
from routing.models import Desk

UNDO = timedelta(seconds=10)
"""How long a close can be undone; a new message of the visitor undoes it too."""


def take(staff: UUID, conversation: UUID | None = None) -> Conversation:
    """Gives this volunteer the next person in the stored order, or one particular where the line allows choosing.

    Raises Refused `queue_empty`, `at_capacity`, `already_taken` or `not_ready`, or NotFound. Whoever loses a race for
    the next person gets the one after.
    """
    lines = access.lines_of(staff)
    if conversation is not None:
        _check_choosing(lines, conversation)
    while True:
        with transaction.atomic():
            now = timezone.now()
            row = _next(_waiting(lines, staff, now), conversation)
            if row is None:
                raise Refused(
                    "Somebody else was faster." if conversation else "Nobody is waiting.",
                    code="already_taken" if conversation else "queue_empty",
                )
            check_seat(staff)
            if _claim(row, staff, now):
                return row
        if conversation is not None:
            raise Refused("Somebody else was faster.", code="already_taken")


def _check_choosing(lines: frozenset[UUID], conversation: UUID) -> None:
    row = Conversation.objects.filter(id=conversation, line__in=lines).select_related("line").first()
    if row is None:
        raise NotFound
    if not row.line.allow_choosing:
        raise Refused("This line gives you the next person.", code="choosing_not_allowed")


def _waiting(lines: frozenset[UUID], staff: UUID, now: datetime) -> QuerySet[Conversation]:
    """Whom this volunteer may take now, in order: those offered to them first within a tier, then by rank."""
    others = Offer.objects.filter(ended_at=None, expires_at__gt=now).exclude(staff=staff)
    return (
        Conversation.objects.filter(state=State.WAITING, line__in=lines, blocked=False)
        .filter(Q(visitor_left_at=None) | Q(open_flags__gt=0))
        .exclude(Q(id__in=others.values("conversation")) & Q(open_flags=0))
        .exclude(_unwanted(staff))
        .order_by("tier", "rank_at", "id")
    )


def _unwanted(staff: UUID) -> Q:
    """Whoever asked for somebody else than this volunteer; but in danger anybody is better than nobody."""
    return Q(avoids=staff) & Q(open_flags=0)


def _next(waiting: QuerySet[Conversation], conversation: UUID | None) -> Conversation | None:
    if conversation is not None:
        waiting = waiting.filter(id=conversation)
    if not connection.features.has_select_for_update_skip_locked:
        return waiting.first()
    # Two volunteers at once lock two different people instead of waiting for one another. Only when nobody else is left
    # is it worth waiting for a person whose row is held for a moment, because something they said is being stored.
    free = waiting.select_for_update(skip_locked=True, of=("self",)).first()
    return free or waiting.select_for_update(of=("self",)).first()


def check_seat(staff: UUID) -> None:
    """Locks the desk, then counts what they hold. Raises Refused `not_ready` or `at_capacity`."""
    desk = Desk.objects.select_for_update().filter(staff=staff).first()
    if desk is None or not desk.ready:
        raise Refused("Switch to ready first.", code="not_ready")
    if Conversation.objects.filter(volunteer=staff, state=State.ACTIVE).count() >= desk.seats:
        raise Refused("All your seats are taken.", code="at_capacity")


def _claim(row: Conversation, staff: UUID, now: datetime) -> bool:
    won = Conversation.objects.filter(id=row.id, state=State.WAITING).update(
        state=State.ACTIVE,
        volunteer=staff,
        version=row.version + 1,
        first_taken_at=row.first_taken_at or now,
    )
    if not won:
        return False
    Offer.objects.filter(conversation=row, ended_at=None).update(ended_at=now)
    Step.objects.create(
        conversation=row, at=now, before=State.WAITING, after=State.ACTIVE, actor=staff, why="taken"
    )
    row.refresh_from_db()
    announce.after_commit(changed(row), announce.DeskChanged(staff), announce.BoardChanged())
    return True


def release(staff: UUID, conversation: UUID, why: str = "released") -> None:
    """Back to the queue at its old place, which is the front: it keeps its tier and since when it counts as waiting.

    Somebody who has left and is not at risk is closed instead, because nobody would ever take them. Raises NotFound for
    a conversation this person does not hold.
    """
    with transaction.atomic():
        row = conversation_access.held(staff, conversation)
        _give_back(row, staff, why, timezone.now(), actor=staff)


def another(visitor: UUID) -> None:
    """The visitor would like to talk to somebody else: back to the front, and not to the same volunteer again.

    Raises Refused `nobody_there` if no volunteer is with them.
    """
    with transaction.atomic():
        held = Conversation.objects.select_for_update().filter(visitor=visitor, state=State.ACTIVE)
        row = held.filter(visitor_left_at=None).first()
        if row is None or row.volunteer_id is None:
            raise Refused("Nobody is with you now.", code="nobody_there")
        row.avoids_id = row.volunteer_id
        _give_back(row, row.volunteer_id, "another", timezone.now(), actor=visitor)


def _give_back(row: Conversation, staff: UUID, why: str, now: datetime, *, actor: UUID) -> None:
    row.closing_at, row.closing_reason = None, ""
    if row.visitor_left_at and not row.open_flags:
        step(row, State.CLOSED, "left", now, actor=actor)
    else:
        step(row, State.WAITING, why, now, actor=actor)
        row.volunteer = None
        # They wait anew, and are told so anew.
        row.told_waiting, row.asked_at = 0, None
    row.save()
    announce.after_commit(changed(row, staff), announce.DeskChanged(staff), announce.BoardChanged())


def close(staff: UUID, conversation: UUID, reason: str) -> Conversation:
    """Closes in ten seconds. Raises NotFound, or Refused `open_flag`."""
    with transaction.atomic():
        row = conversation_access.held(staff, conversation)
        refuse_open_flag(row)
        row.closing_at, row.closing_reason = timezone.now() + UNDO, reason
        return _saved(row)


def undo_close(staff: UUID, conversation: UUID) -> Conversation:
    """Keeps it after all. Raises NotFound once the ten seconds are over."""
    with transaction.atomic():
        row = conversation_access.held(staff, conversation)
        # Whoever was about to be let go for their silence is asked again before that.
        row.closing_at, row.closing_reason, row.asked_at = None, "", None
        return _saved(row)


def _saved(row: Conversation) -> Conversation:
    row.version += 1
    row.save(update_fields=["closing_at", "closing_reason", "asked_at", "version"])
    announce.after_commit(changed(row))
    return row
