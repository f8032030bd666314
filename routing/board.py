"""What staff see beyond their own conversations: who waits, and which flags are unresolved. Whole, never as deltas."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Case, Q, When
from django.utils import timezone

from chatline.conversations import keys
from chatline.conversations.models import Conversation, Message
from chatline.conversations.presence import absent
from chatline.conversations.reads import words
from chatline.conversations.states import State
from chatline.people import access
from chatline.people.models import Alarm
from routing.models import Flag, FlagState

SHOWN = 200
"""People shown by handle; the counts are of everybody."""


@dataclass(frozen=True, slots=True)
class Waiter:
    conversation: UUID
    handle: str
    medium: str
    line: str
    level: int
    since: datetime
    returning: bool
    flagged: bool
    away: bool


@dataclass(frozen=True, slots=True)
class Quote:
    label: str
    quote: str


@dataclass(frozen=True, slots=True)
class Flagged:
    """An unresolved flag with the words that raised it; for supervisors alone."""

    flag: Flag
    quotes: list[Quote]


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
            "previous",
            "open_flags",
            "away",
        )
    )
    return [
        Waiter(one, handle, medium, line, level, since, previous is not None, open_flags > 0, away)
        for one, handle, medium, line, level, since, previous, open_flags, away in rows
    ]


def flags(lines: Iterable[UUID]) -> list[Flagged]:
    """Unresolved flags of these lines, worst and oldest first, each with its quotes opened."""
    rows = list(
        Flag.objects.exclude(state=FlagState.RESOLVED)
        .filter(conversation__line__in=list(lines))
        .select_related(
            "conversation__visitor", "conversation__line", "conversation__volunteer", "acknowledged_by"
        )
        .order_by("-level", "raised_at")
    )
    return [Flagged(row, quotes) for row, quotes in zip(rows, _quotes(rows), strict=True)]


def flag(staff: UUID, flag_id: UUID) -> Flagged | None:
    """One flag as a supervisor of its line sees it, resolved or not."""
    row = (
        Flag.objects.filter(id=flag_id, conversation__line__in=access.lines_of(staff, access.SUPERVISES))
        .select_related(
            "conversation__visitor", "conversation__line", "conversation__volunteer", "acknowledged_by"
        )
        .first()
    )
    return Flagged(row, _quotes([row])[0]) if row else None


def _quotes(rows: list[Flag]) -> list[list[Quote]]:
    wanted = {(row.conversation_id, reason["seq"]) for row in rows for reason in row.reasons}
    sealed = {
        (conversation, seq): bytes(text)
        for conversation, seq, text in Message.objects.filter(
            conversation__in={one for one, _ in wanted}, seq__in={seq for _, seq in wanted}
        ).values_list("conversation", "seq", "text_sealed")
    }
    erased = {row.conversation_id for row in rows if row.conversation.erased_at}
    sealers = keys.sealers({row.conversation_id for row in rows}, erased=erased)

    def quote(conversation: UUID, reason: dict[str, int]) -> str:
        seq = reason["seq"]
        if (conversation, seq) not in sealed:
            return ""
        said = words(sealers.get(conversation), sealed[conversation, seq], conversation, seq)
        return said[reason["start"] : reason["end"]]

    return [
        [Quote(reason["label"], quote(row.conversation_id, reason)) for reason in row.reasons] for row in rows
    ]


def alarms() -> list[str]:
    """Codes of what an operator has to mend."""
    return list(Alarm.objects.filter(cleared_at=None).order_by("first_at").values_list("code", flat=True))
