"""What staff see beyond their own conversations: who waits, and what goes on. Whole, never as deltas, no words."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Case, Q, When
from django.utils import timezone

from chatline.conversations.models import Conversation
from chatline.conversations.presence import absent
from chatline.conversations.states import Kind, State
from chatline.lines.models import Line
from chatline.lines.reads import service
from routing.models import Flag, FlagState

SHOWN = 60
"""People shown by handle; the counts are of everybody. Every change sends the list to every desk."""


@dataclass(frozen=True, slots=True)
class Waiter:
    conversation: UUID
    handle: str
    medium: str
    line: str
    level: int
    since: datetime
    away: bool
    reserved: bool
    choose: bool
    returning: bool
    drill: bool
    flagged: bool


def queue(lines: Iterable[UUID]) -> list[Waiter]:
    """Everybody waiting on these lines, in the stored order. No words, no numbers."""
    rows = (
        Conversation.objects.filter(state=State.WAITING, line__in=list(lines), blocked=False)
        .filter(Q(visitor_left_at=None) | Q(open_flags__gt=0))
        .order_by("tier", "rank_at", "id")
        .annotate(away=Case(When(absent(timezone.now()), then=True), default=False))
        .values_list(
            "id",
            "visitor__handle",
            "medium",
            "line__name",
            "level",
            "waiting_since",
            "away",
            "reserved",
            "line__allow_choosing",
            "previous",
            "kind",
            "open_flags",
        )
    )
    return [
        Waiter(
            one,
            handle,
            medium,
            line,
            level,
            since,
            away,
            reserved,
            choose,
            returning=previous is not None,
            drill=kind != Kind.REAL,
            flagged=open_flags > 0,
        )
        for one, handle, medium, line, level, since, away, reserved, choose, previous, kind, open_flags in rows
    ]


@dataclass(frozen=True, slots=True)
class Unanswered:
    """Flags that nobody has answered after everybody was called once; `since` is when the first was raised.

    `practice` is whether all of them are of a drill or practice.
    """

    count: int = 0
    since: datetime | None = None
    practice: bool = False


def unanswered(lines: Iterable[UUID]) -> Unanswered:
    """Those of these lines, for everybody who answers on them to see: no words, and not whose."""
    # In two steps, of which the first nearly always ends it: a join would look through all conversations of the lines.
    # Whatever climbs has a next step, by which it is found among all flags there ever were.
    climbing = Flag.objects.filter(state=FlagState.OPEN, next_at__isnull=False, unanswered_at__isnull=False)
    raised = list(climbing.values_list("conversation", "raised_at"))
    if not raised:
        return Unanswered()
    theirs = Conversation.objects.filter(id__in={one for one, _ in raised}, line__in=list(lines))
    kinds = dict(theirs.values_list("id", "kind"))
    of_lines = [(kinds[one], at) for one, at in raised if one in kinds]
    real = [at for kind, at in of_lines if kind == Kind.REAL]
    ats = real or [at for _, at in of_lines]
    return Unanswered(len(ats), min(ats, default=None), practice=bool(ats) and not real)


# --- what goes on -----------------------------------------------------------------------------------------


def talks(lines: Iterable[UUID]) -> list[Conversation]:
    """Every conversation that is going on on these lines, the longest unanswered first. No words."""
    rows = Conversation.objects.filter(state=State.ACTIVE, line__in=list(lines)).select_related(
        "visitor__presence", "line", "volunteer__desk"
    )
    return sorted(rows, key=lambda row: (unanswered_since(row) or row.waiting_since, row.id))


def unanswered_since(row: Conversation) -> datetime | None:
    """When the person wrote what nobody has answered yet; None where an answer was the last."""
    if row.last_visitor_at is None or (row.last_answer_at and row.last_answer_at >= row.last_visitor_at):
        return None
    return max(row.last_visitor_at, row.taken_at or row.last_visitor_at)


def paused(lines: Iterable[UUID]) -> list[str]:
    """Slugs of these lines on which nobody new is taken in now."""
    rows = Line.objects.filter(id__in=list(lines), paused_at__isnull=False).order_by("name")
    return list(rows.values_list("slug", flat=True))


def open_lines(now: datetime) -> list[Line]:
    """All lines that answer now."""
    rows = Line.objects.filter(paused_at=None).prefetch_related("hours", "holidays").order_by("name")
    return [line for line in rows if service(line, now).kind == "open"]
