"""What lines have set, read for those who decide by it."""

import logging
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from chatline.lines.hours import Span, Timetable, is_open, next_opening
from chatline.lines.models import Line, Script, Site

log = logging.getLogger(__name__)


def timetable(line: Line) -> Timetable:
    """When this line is open. A zone that this machine does not know counts as UTC: people must be answered."""
    weekly: dict[int, list[Span]] = defaultdict(list)
    for hours in line.hours.all():
        weekly[hours.weekday].append((hours.opens, hours.closes))
    holidays: dict[date, list[Span]] = defaultdict(list)
    for holiday in line.holidays.all():
        spans = holidays[holiday.day]
        if holiday.opens is not None and holiday.closes is not None:
            spans.append((holiday.opens, holiday.closes))
    return Timetable(_zone(line), dict(weekly), dict(holidays))


def _zone(line: Line) -> ZoneInfo:
    try:
        return ZoneInfo(line.time_zone)
    except (LookupError, ValueError, OSError):
        log.error("time_zone_unknown line=%s", line.slug)
        return ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class Service:
    """Whether a line answers now; `opens_at` is when it does next, where it is `closed` and that is known.

    `full` is for newcomers alone (`routing/reception.py`). `words` are a supervisor's, where it is `paused`.
    """

    kind: Literal["open", "closed", "paused", "full"] = "open"
    opens_at: datetime | None = None
    words: str = ""


def service(line: Line, now: datetime) -> Service:
    if line.opened_at is None:
        return Service("closed")
    if line.paused_at:
        return Service("paused", words=line.paused_words)
    table = timetable(line)
    return Service() if is_open(table, now) else Service("closed", next_opening(table, now))


def revoked(sites: Collection[int]) -> set[int]:
    """Which of these sites may no longer show the chat."""
    still = set(Site.objects.filter(id__in=sites, revoked_at=None).values_list("id", flat=True))
    return set(sites) - still


def alternatives(line: Line, language: str) -> str:
    """Other ways to get help: the line's own script of that purpose in this language, else its one wording for all."""
    names = [language, language.split("-")[0]]
    wordings = Script.objects.filter(line=line, purpose="alternatives", language__in=names)
    told = dict(wordings.values_list("language", "text"))
    return next((told[name] for name in names if name in told), line.alternatives)
