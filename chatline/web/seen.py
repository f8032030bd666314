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
from chatline.web.language import Choice, opening, place
from routing import reception
from routing.reception import Outlook

Phase = Literal["new", "waiting", "active", "closing", "over"]


@dataclass(frozen=True, slots=True)
class Seen:
    """`wait` is in minutes, `name` who is or was with them, `opens` when the line does by its own clock.

    `receipt` names a conversation that was erased, or will be: eight digits of its id, as on the other page. `asks` is
    which question about how they feel may be asked now, if any. `long` is true once they wait so long that other help
    is told by itself. `said` is newest first.
    """

    phase: Phase
    zone: ZoneInfo
    place: str
    service: Service = field(default_factory=Service)
    opens: str = ""
    wait: tuple[int, int] | None = None
    name: str = ""
    ended: str = ""
    erasure: str = ""
    erased_at: datetime | None = None
    receipt: str = ""
    blocked: bool = False
    long: bool = False
    asks: Literal["", "before", "after"] = ""
    said: Sequence[SaidRow] = ()

    @property
    def over(self) -> bool:
        return self.phase == "over"


def newcomer(line: Line, choice: Choice) -> Seen:
    """Before anything was said."""
    now = timezone.now()
    zone = timetable(line).zone
    service = reception.service_to_newcomers(line, now)
    return Seen("new", zone, place(line), service, _opens(service, now, zone, choice))


def by(line: Line, choice: Choice, visitor: Visitor) -> Seen:
    """Their latest conversation, as they may know it."""
    stretches = reads.read_on([Ask(visitor=visitor.id)])[0]
    if not stretches:
        return newcomer(line, choice)
    row, now = stretches[-1].conversation, timezone.now()
    # They may have been passed on to another line than that of this page.
    line, phase = row.line, _phase(row)
    zone = timetable(line).zone
    outlook = reception.outlook(line.id, now) if phase == "waiting" else Outlook()
    patience = timedelta(minutes=line.alternatives_minutes)
    return Seen(
        phase,
        zone,
        place(line),
        outlook.service,
        _opens(outlook.service, now, zone, choice),
        outlook.wait,
        name=row.volunteer.name if row.volunteer and phase != "waiting" else "",
        ended=leaving.ended_by(row) if phase == "over" else "",
        erasure="asked" if leaving.is_erasure_due(row) else "done" if row.erased_at else "",
        erased_at=row.erased_at,
        receipt=f"{str(row.id)[:4]}\u00a0{str(row.id)[4:8]}".upper(),
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


def _opens(service: Service, now: datetime, zone: ZoneInfo, choice: Choice) -> str:
    return opening(service.opens_at, now, zone, choice) if service.opens_at else ""
