"""What a page without scripts tells of a conversation: what was said, and how it stands. Reads, and decides no more."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from django.utils import timezone

from chatline.conversations import leaving, reads
from chatline.conversations.models import Conversation, Visitor
from chatline.conversations.reads import Ask, SaidRow
from chatline.conversations.states import State
from chatline.lines.models import Line
from chatline.lines.reads import Service, timetable
from routing import reception
from routing.reception import Outlook

Phase = Literal["new", "waiting", "active", "closing", "over"]


@dataclass(frozen=True, slots=True)
class Seen:
    """`wait` is in minutes, `name` whose turn it is, `opens_in` days from today in the line's own `zone`.

    `asks` is which question about how they feel may be asked now (`before` or `after`), if any. `long` is true once
    they wait so long that other help is told by itself. `said` is newest first.
    """

    phase: Phase
    zone: ZoneInfo
    service: Service = field(default_factory=Service)
    opens_in: int | None = None
    wait: tuple[int, int] | None = None
    name: str = ""
    ended: str = ""
    erasure: str = ""
    blocked: bool = False
    long: bool = False
    asks: Literal["", "before", "after"] = ""
    said: Sequence[SaidRow] = ()

    @property
    def over(self) -> bool:
        return self.phase == "over"


def newcomer(line: Line) -> Seen:
    """Before anything was said."""
    now = timezone.now()
    zone = timetable(line).zone
    service = reception.service_to_newcomers(line, now)
    return Seen("new", zone, service, _days_until(service.opens_at, now, zone))


def by(line: Line, visitor: Visitor) -> Seen:
    """Their latest conversation, as they may know it."""
    stretches = reads.read_on([Ask(visitor=visitor.id)])[0]
    if not stretches:
        return newcomer(line)
    row, now, zone = stretches[-1].conversation, timezone.now(), timetable(line).zone
    phase = _phase(row)
    outlook = reception.outlook(line.id, now) if phase == "waiting" else Outlook()
    patience = timedelta(minutes=line.alternatives_minutes)
    return Seen(
        phase,
        zone,
        outlook.service,
        _days_until(outlook.service.opens_at, now, zone),
        outlook.wait,
        name=row.volunteer.name if row.volunteer and phase in {"active", "closing"} else "",
        ended=leaving.ended_by(row) if phase == "over" else "",
        erasure="asked" if leaving.is_erasure_due(row) else "done" if row.erased_at else "",
        blocked=row.blocked,
        long=phase == "waiting" and row.waiting_since < now - patience,
        asks=_asks(row, phase),
        said=stretches[-1].said[::-1],
    )


def _phase(row: Conversation) -> Phase:
    if leaving.is_over(row):
        return "over"
    if row.state == State.WAITING:
        return "waiting"
    return "closing" if row.closing_at else "active"


def _asks(row: Conversation, phase: Phase) -> Literal["", "before", "after"]:
    if phase == "waiting" and row.feeling_before is None:
        return "before"
    return "after" if phase == "over" and row.feeling_after is None and not row.erased_at else ""


def _days_until(opens_at: datetime | None, now: datetime, zone: ZoneInfo) -> int | None:
    return (opens_at.astimezone(zone).date() - now.astimezone(zone).date()).days if opens_at else None
