"""Who holds a conversation: taken, released, closed, undone. One owner always, capacity never exceeded.

A claim is a compare-and-set on the conversation's state under the lock of the volunteer's desk row, so it holds on any
database and between any number of processes. The conversation is locked before the desk, as everywhere.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from chatline import announce
from chatline.conversations import access as conversation_access
from chatline.conversations import holding, watching, wrapping_up
from chatline.conversations.actions import refuse_open_flag, step
from chatline.conversations.models import Conversation, Offer, Step
from chatline.conversations.saying import changed, lock
from chatline.conversations.states import State
from chatline.conversations.wrapping_up import Wrapped
from chatline.errors import NotFound, Refused
from chatline.people import access
from chatline.people.models import Staff
from routing import escalation
from routing.models import Desk, Help, HelpKind

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
            if claim(row, staff, now):
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
        .exclude(visitor__in=given_up_by(staff))
        .exclude(Q(reserved=True) & ~Q(line__in=access.lines_of(staff, access.SUPERVISES)))
        .order_by("tier", "rank_at", "id")
    )


def _unwanted(staff: UUID) -> Q:
    """Whoever asked for somebody else than this volunteer; but in danger anybody is better than nobody."""
    return Q(avoids=staff) & Q(open_flags=0)


def given_up_by(staff: UUID) -> QuerySet[Help, UUID]:
    """The visitors whom this volunteer gave up for abuse: they are never given to them again."""
    theirs = Help.objects.filter(asked_by=staff, kind=HelpKind.ABUSE)
    return theirs.values_list("conversation__visitor", flat=True)


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
    desk = _locked_desk(staff)
    if desk is None or not desk.ready:
        raise Refused("Switch to ready first.", code="not_ready")
    _refuse_full(desk, staff)


def check_free_seat(staff: UUID) -> None:
    """The same for somebody who may be on a break. Raises Refused `at_capacity`."""
    desk = _locked_desk(staff)
    if desk is None:
        raise Refused("You are not on shift.", code="not_ready")
    _refuse_full(desk, staff)


def _locked_desk(staff: UUID) -> Desk | None:
    return Desk.objects.select_for_update().filter(staff=staff).first()


def _refuse_full(desk: Desk, staff: UUID) -> None:
    if Conversation.objects.filter(volunteer=staff, state=State.ACTIVE).count() >= desk.seats:
        raise Refused("All your seats are taken.", code="at_capacity")


def claim(
    row: Conversation, staff: UUID, now: datetime, *, why: str = "taken", by: Staff | None = None
) -> bool:
    """A waiting conversation is this person's, whose seat was checked; `by` is who gave it to them.

    False if it does not wait any more.
    """
    won = Conversation.objects.filter(id=row.id, state=State.WAITING).update(
        state=State.ACTIVE,
        volunteer=staff,
        version=row.version + 1,
        first_taken_at=row.first_taken_at or now,
        taken_at=now,
        reserved=False,
        given_by=by.name if by else "",
        help="",
        help_by="",
    )
    if not won:
        return False
    holding.let_go(row, now)
    Step.objects.create(
        conversation=row,
        at=now,
        before=State.WAITING,
        after=State.ACTIVE,
        actor=by.id if by else staff,
        why=why,
    )
    row.refresh_from_db()
    if row.watchers and watching.end(row, staff):
        row.save(update_fields=["watchers"])
    announce.after_commit(changed(row), announce.DeskChanged(staff), announce.BoardChanged())
    return True


def release(staff: UUID, conversation: UUID) -> None:
    """Back to the queue at its old place, which is the front: it keeps its tier and since when it counts as waiting.

    Somebody who has left and is not at risk is closed instead, because nobody would ever take them. Raises NotFound for
    a conversation this person does not hold.
    """
    with transaction.atomic():
        row = conversation_access.held(staff, conversation)
        give_back(row, "released", timezone.now(), actor=staff)


def hand_back(staff: UUID, lines: Collection[UUID], why: str, *, actor: UUID) -> None:
    """Everybody whom this person holds on these lines, as `release` does; a part of verbs that take them off a line."""
    held = Conversation.objects.filter(volunteer=staff, state=State.ACTIVE, line__in=lines)
    now = timezone.now()
    for row in lock(held.values_list("id", flat=True)).values():
        if conversation_access.is_held(row, staff):
            give_back(row, why, now, actor=actor)


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
        give_back(row, "another", timezone.now(), actor=visitor)


WHY_AGAIN = {
    "released": "Their volunteer gave them back to the queue",
    "absent": "Their volunteer is gone",
    "abuse": "Their volunteer gave them up to a supervisor",
    "another": "They asked for somebody else",
    "taken_off": "Their volunteer works on this line no more",
}
"""What a flag says anew to supervisors when its person comes back to the queue, by why they do."""


def give_back(row: Conversation, why: str, now: datetime, *, actor: UUID | None) -> None:
    """A locked conversation that is held goes back to the queue; beside an open flag, supervisors are called anew."""
    staff = row.volunteer_id
    assert staff  # whoever calls this has looked
    row.closing_at, row.closing_reason = None, ""
    if row.visitor_left_at and not row.open_flags:
        step(row, State.CLOSED, "left", now, actor=actor)
    else:
        step(row, State.WAITING, why, now, actor=actor)
        row.volunteer = None
        # They wait anew, and are told so anew.
        row.told_waiting, row.asked_at = 0, None
        if row.open_flags:
            escalation.call_again(row, why, WHY_AGAIN[why])
    row.save()
    announce.after_commit(changed(row, staff), announce.DeskChanged(staff), announce.BoardChanged())


def close(staff: UUID, conversation: UUID, reason: str, wrapped: Wrapped | None = None) -> Conversation:
    """Closes in ten seconds, and keeps what the volunteer says about it; an undo keeps that too.

    Raises NotFound, BadInput `unknown_topic`, or Refused (`open_flag`, `risk_not_asked`).
    """
    with transaction.atomic():
        row, now = conversation_access.held(staff, conversation), timezone.now()
        refuse_open_flag(row)
        wrapping_up.refuse_unasked(row, wrapped)
        if wrapped:
            wrapping_up.keep(row, wrapped, staff, now)
        holding.end_offer(row, now)
        row.closing_at, row.closing_reason = now + UNDO, reason
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
    closing = ["closing_at", "closing_reason", "asked_at", "version", "offered_to", "offered_until"]
    row.save(update_fields=[*closing, "guide_version", "risk_asked"])
    announce.after_commit(changed(row))
    return row
