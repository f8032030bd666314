"""What a supervisor does in conversations of their lines: watch, whisper, join, take over, give somebody a person.

Nobody listens in silence: whoever holds a conversation sees which supervisors are in it, and its person is told of one
who joins. Each verb locks the conversation before any desk, as everywhere.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from chatline import announce
from chatline.conversations import actions, noting, watching
from chatline.conversations.models import Conversation, Watch
from chatline.conversations.saying import changed, check_text, lock
from chatline.conversations.states import NoteKind, State
from chatline.conversations.texts import automatic
from chatline.errors import NotFound, Refused
from chatline.people import access
from chatline.people.actions import audit
from routing import presence, queue
from routing.models import Desk

NOBODY_THERE = "Nobody is with them now."


# --- watched ----------------------------------------------------------------------------------------------


def watch(staff: UUID, conversation: UUID) -> None:
    """Opens it on this supervisor's desk; whoever holds it sees that they are here. Raises NotFound."""
    with transaction.atomic():
        row = _overseen(staff, conversation)
        if row.volunteer_id == staff or not watching.begin(row, staff, timezone.now()):
            return
        audit(staff, "watch", row.id)
        _save(row, "watchers", others=[staff])


def unwatch(staff: UUID, conversation: UUID) -> None:
    """Leaves it, also for somebody who had joined. Nothing happens where they did not watch."""
    with transaction.atomic():
        row = lock([conversation]).get(conversation)
        if row and watching.end(row, staff):
            _save(row, "watchers", others=[staff])


def end_watches(now: datetime) -> bool:
    """Whoever lost the right to watch does so no more, nor whoever was not seen for a while and never joined."""
    due = list(_over(now).values_list("conversation", "staff")[:100])
    for conversation, staff in due:
        with transaction.atomic():
            row = lock([conversation]).get(conversation)
            # Meanwhile they may have come back.
            still = _over(now).filter(conversation=conversation, staff=staff).exists()
            if row and still and watching.end(row, staff):
                _save(row, "watchers", others=[staff])
    return bool(due)


def _over(now: datetime) -> QuerySet[Watch]:
    gone = now - presence.GONE
    seen = Desk.objects.filter(last_seen_at__gt=gone).values("staff")
    left = Q(joined_at=None, since__lte=gone) & ~Q(staff__in=seen)
    return Watch.objects.filter(left | Q(id__in=watching.void().values("id")))


# --- spoken in --------------------------------------------------------------------------------------------


def whisper(staff: UUID, conversation: UUID, text: str) -> None:
    """To whoever holds it, and to no one else. Raises NotFound, BadInput (`empty`, `too_long`), `Forgotten`, or Refused
    (`watch_first`, `nobody_there`)."""
    check_text(text)
    with transaction.atomic():
        row = _overseen(staff, conversation)
        if not (row.open_flags or row.help or _watch_of(row, staff)):
            raise Refused("Watch this conversation first.", code="watch_first")
        if row.state != State.ACTIVE:
            raise Refused(NOBODY_THERE, code="nobody_there")
        noting.note(row, NoteKind.WHISPER, text, access.active_staff(staff), timezone.now())
        row.save(update_fields=["version", "guide_version"])
        announce.after_commit(changed(row))


def join(staff: UUID, conversation: UUID) -> None:
    """Speaks along from now on, by name, and the person is told so. Nothing happens where they had joined already.

    Raises NotFound, or Refused (`watch_first`, `nobody_there`).
    """
    with transaction.atomic():
        row, now = _overseen(staff, conversation), timezone.now()
        watch_ = _watch_of(row, staff)
        if watch_ is None:
            raise Refused("Watch this conversation first.", code="watch_first")
        if row.state != State.ACTIVE:
            raise Refused(NOBODY_THERE, code="nobody_there")
        if watch_.joined_at:
            return
        watching.join(row, watch_, now)
        # Not held back by what the line said lately: who reads a person's words is never kept from them.
        if actions.may_be_told(row, "joined"):
            name = access.active_staff(staff).name
            text = automatic(row.line, "joined", row.visitor.language, name=name)
            actions.say_automatically(row, text, "joined", now)
        audit(staff, "join", row.id)
        _save(row, "watchers", others=[staff])


# --- held -------------------------------------------------------------------------------------------------


def take_over(staff: UUID, conversation: UUID) -> None:
    """It is this supervisor's from now on, whoever held it or waited; they need a free seat, and not to be ready.

    Raises NotFound, or Refused (`at_capacity`, or `already_taken` if somebody was faster).
    """
    with transaction.atomic():
        row, now = _overseen(staff, conversation), timezone.now()
        if row.volunteer_id == staff:
            return
        presence.desk_of(staff)
        queue.check_free_seat(staff)
        if row.state == State.ACTIVE:
            _move(row, staff, now)
        elif not queue.claim(row, staff, now, why="took_over"):
            raise Refused("Somebody else was faster.", code="already_taken")
        audit(staff, "take_over", row.id)


def _move(row: Conversation, staff: UUID, now: datetime) -> None:
    """From one holder to another, never by way of nobody. The lock on the row is what makes one of two wait."""
    former = row.volunteer_id
    assert former  # the database's constraint `active_has_one_owner`
    actions.step(row, State.ACTIVE, "took_over", now, actor=staff)
    watching.end(row, staff)
    row.volunteer_id, row.taken_at = staff, now
    row.given_by = row.closing_reason = ""
    row.closing_at, row.reserved = None, False
    row.save()
    desks = (announce.DeskChanged(one) for one in (former, staff))
    announce.after_commit(changed(row, former), *desks, announce.BoardChanged())


def assign(by: UUID, conversation: UUID, to: UUID) -> None:
    """Gives a waiting person to this volunteer, who is told by whom.

    Raises NotFound, or Refused: `already_taken` if they wait no more, `volunteer_not_ready`, `volunteer_full`,
    `volunteer_away`, or `unwanted` if the person asked for somebody else than this volunteer, who may also have
    given them up.
    """
    with transaction.atomic():
        row, now = _overseen(by, conversation), timezone.now()
        access.require(to, row.line_id, access.SUPERVISES if row.reserved else access.ANSWERS)
        if row.state != State.WAITING or row.blocked or (row.visitor_left_at and not row.open_flags):
            raise Refused("They do not wait any more.", code="already_taken")
        if (row.avoids_id == to and not row.open_flags) or row.visitor_id in queue.given_up_by(to):
            raise Refused("This person should not be with them.", code="unwanted")
        _check_seat_of(to, now)
        if not queue.claim(row, to, now, why="assigned", by=access.active_staff(by)):
            raise Refused("Somebody else was faster.", code="already_taken")
        audit(by, "assign", row.id, to=str(to))


def _check_seat_of(staff: UUID, now: datetime) -> None:
    """As for whoever takes somebody, in words for whoever gives."""
    try:
        queue.check_seat(staff)
    except Refused as refusal:
        full = refusal.code == "at_capacity"
        detail = "All their seats are taken." if full else "They are not ready."
        raise Refused(detail, code="volunteer_full" if full else "volunteer_not_ready") from None
    if presence.is_gone(Desk.objects.get(staff=staff), now):
        raise Refused("Their page is closed.", code="volunteer_away")


# --- what all of them need --------------------------------------------------------------------------------


def _overseen(staff: UUID, conversation: UUID) -> Conversation:
    """The conversation, locked, for a supervisor of its line. Raises NotFound, also once it is closed."""
    row = lock([conversation]).get(conversation)
    if row is None or row.state == State.CLOSED:
        raise NotFound
    access.require(staff, row.line_id, access.SUPERVISES)
    return row


def _watch_of(row: Conversation, staff: UUID) -> Watch | None:
    return Watch.objects.filter(conversation=row, staff=staff).first()


def _save(row: Conversation, *columns: str, others: list[UUID]) -> None:
    row.version += 1
    row.save(update_fields=[*columns, "version"])
    announce.after_commit(changed(row, *others), *(announce.DeskChanged(one) for one in others))
