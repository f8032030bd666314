"""An abusive contact is ended by a supervisor, and not answered for a while.

A block has an end, a reason and a reviewer: another supervisor looks at it within a day, else an alarm of its line says
so. What a blocked person writes is stored and screened; their conversation closes by itself an hour after their last
word, and when no block stands any more whoever is still in one comes into the queue. Beside an open flag it stays.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from chatline import announce
from chatline.conversations import actions, visitors
from chatline.conversations.models import Block, Conversation, Visitor
from chatline.conversations.saying import changed, lock
from chatline.conversations.states import State
from chatline.errors import BadInput, NotFound, Refused
from chatline.lines.models import Line
from chatline.people import access
from chatline.people.actions import audit, clear_alarm, raise_alarm
from chatline.people.models import Alarm, Staff

REASONS = frozenset({"abuse", "sexual", "threats", "prank", "spam"})
"""Why somebody is barred: towards staff, for their own pleasure, as a threat, for fun, or to sell."""

BARRED = "barred"
"""Why a conversation is closed whose person is barred."""

ENDED = "ended"
"""The same where a supervisor only ended it."""

BLOCKED = "blocked"
"""The same where a barred person had opened it."""

KEPT_OPEN = timedelta(hours=1)
"""How long after their last word the conversation of a blocked person is still the same one."""

REVIEWED_WITHIN = timedelta(days=1)
"""Practice of text lines: a block has a reviewer besides whoever made it."""

UNREVIEWED = "block_unreviewed"


# --- ended, barred ----------------------------------------------------------------------------------------


def bar(staff: UUID, conversation: UUID, hours: int, reason: str) -> Block | None:
    """A supervisor ends it; for 0 hours with a goodbye, else without a word, and the person is not answered so long.

    One that is closed already is barred all the same. The block stands at the line by whose door they came. Raises
    NotFound, BadInput `unknown_reason`, or Refused (`open_flag`, `blocked_already`).
    """
    if reason not in REASONS:
        raise BadInput(f"A reason is one of {', '.join(sorted(REASONS))}.", code="unknown_reason")
    with transaction.atomic():
        visitor, row = _locked(staff, conversation)
        now = timezone.now()
        actions.refuse_open_flag(row)
        if hours and visitors.is_blocked(visitor, now):
            raise Refused("They are barred already.", code="blocked_already")
        _end(row, staff, now, barred=bool(hours))
        audit(staff, "bar" if hours else "end", conversation, reason=reason, hours=str(hours))
        return _block(visitor, staff, hours, reason, now) if hours else None


def _locked(staff: UUID, conversation: UUID) -> tuple[Visitor, Conversation]:
    """The visitor first, so that nothing of theirs opens meanwhile."""
    whose = Conversation.objects.filter(id=conversation).values_list("visitor", flat=True).first()
    if whose is None:
        raise NotFound
    visitor = Visitor.objects.select_for_update(no_key=True).get(id=whose)
    row = lock([conversation])[conversation]
    access.require(staff, row.line_id, access.SUPERVISES)
    return visitor, row


def _end(row: Conversation, staff: UUID, now: datetime, *, barred: bool) -> None:
    row.blocked = row.blocked or barred
    if row.state != State.CLOSED:
        if not barred:
            actions.say_goodbye(row, now)
        actions.step(row, State.CLOSED, BARRED if barred else ENDED, now, actor=staff)
    else:
        row.version += 1
    row.save()
    holder = [announce.DeskChanged(row.volunteer_id)] if row.volunteer_id else []
    announce.after_commit(changed(row), *holder, announce.BoardChanged())


def _block(visitor: Visitor, staff: UUID, hours: int, reason: str, now: datetime) -> Block:
    by_web = visitor.fingerprint is None
    return Block.objects.create(
        line_id=visitor.line_id,
        fingerprint=visitor.fingerprint,
        visitor=visitor if by_web else None,
        reason=reason,
        by=staff,
        since=now,
        expires_at=now + timedelta(hours=hours),
    )


# --- reviewed, lifted -------------------------------------------------------------------------------------


def review(staff: UUID, block: int, *, lift: bool) -> None:
    """Another supervisor than whoever made it has looked: it stands, or is over at once.

    Whoever made it may lift it as well. Raises NotFound, or Refused (`needs_another`, `block_over`).
    """
    with transaction.atomic():
        now = timezone.now()
        row = Block.objects.select_for_update().filter(id=block).first()
        if row is None:
            raise NotFound
        access.require(staff, row.line_id, access.SUPERVISES)
        if row.lifted_at or row.expires_at <= now:
            raise Refused("This is over already.", code="block_over")
        if row.by == staff and not lift:
            raise Refused("Somebody else has to look at it.", code="needs_another")
        if row.by != staff:
            row.reviewed_by = staff
        row.lifted_at = now if lift else None
        row.save()
        audit(staff, "lift_block" if lift else "review_block", row.pk)
        announce.after_commit(announce.BoardChanged())


@dataclass(frozen=True, slots=True)
class Barred:
    """A standing block, as supervisors see it; `handle` is empty where nothing is kept of the person any more."""

    block: Block
    handle: str
    by: str
    reviewed_by: str


def barred(lines: Iterable[UUID]) -> list[Barred]:
    """Who is barred from these lines now, those that nobody has reviewed first."""
    now = timezone.now()
    rows = list(
        Block.objects.filter(line__in=list(lines), lifted_at=None, expires_at__gt=now)
        .select_related("line", "visitor")
        .order_by("since")
    )
    people = {one for row in rows for one in (row.by, row.reviewed_by) if one}
    names = dict(Staff.objects.filter(id__in=people).values_list("id", "name"))
    handles = _handles(rows)
    told = [
        Barred(
            block=row,
            handle=handles.get(row.pk, ""),
            by=names.get(row.by, ""),
            reviewed_by=names.get(row.reviewed_by, "") if row.reviewed_by else "",
        )
        for row in rows
    ]
    return sorted(told, key=lambda one: bool(one.reviewed_by))


def _handles(rows: Sequence[Block]) -> dict[int, str]:
    """By block. A texter's is found by their fingerprint, as they themselves are."""
    found = {row.pk: row.visitor.handle for row in rows if row.visitor}
    by_print = {(row.line_id, bytes(row.fingerprint)): row.pk for row in rows if row.fingerprint is not None}
    texters = Visitor.objects.filter(fingerprint__in=[fingerprint for _, fingerprint in by_print])
    for line, fingerprint, handle in texters.values_list("line", "fingerprint", "handle") if by_print else ():
        if block := by_print.get((line, bytes(fingerprint or b""))):
            found[block] = handle
    return found


# --- in time ----------------------------------------------------------------------------------------------


def end_blocked(now: datetime) -> bool:
    """Conversations of blocked people close, or join the queue where no block stands any more; true if any did."""
    open_ones = Conversation.objects.filter(blocked=True, state=State.WAITING)
    done = [_end_blocked(one, whose, now) for one, whose in open_ones.values_list("id", "visitor")]
    return any(done)


def _end_blocked(conversation: UUID, whose: UUID, now: datetime) -> bool:
    with transaction.atomic():
        visitor = Visitor.objects.select_for_update(no_key=True).get(id=whose)
        row = lock([conversation])[conversation]
        if row.state != State.WAITING or not row.blocked:
            return False
        if not visitors.is_blocked(visitor, now):
            row.blocked = False
            row.version += 1
        elif row.open_flags or (row.last_visitor_at or row.opened_at) > now - KEPT_OPEN:
            return False
        else:
            actions.step(row, State.CLOSED, BLOCKED, now)
        row.save()
        announce.after_commit(changed(row), announce.BoardChanged())
        return True


def watch_reviews(now: datetime) -> bool:
    """An alarm for each line where a block stands that nobody has looked at within a day; true if anything changed."""
    late = Block.objects.filter(
        lifted_at=None, expires_at__gt=now, reviewed_by=None, since__lte=now - REVIEWED_WITHIN
    )
    due = set(Line.objects.filter(id__in=late.values("line")).values_list("slug", flat=True))
    raised = set(Alarm.objects.filter(code=UNREVIEWED, cleared_at=None).values_list("subject", flat=True))
    for slug in due - raised:
        raise_alarm(UNREVIEWED, slug)
    for slug in raised - due:
        clear_alarm(UNREVIEWED, slug)
    return due != raised
