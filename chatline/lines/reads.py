"""What lines have set, read for those who decide by it."""

import logging
from collections import defaultdict
from datetime import date
from zoneinfo import ZoneInfo

from chatline.lines.hours import Span, Timetable
from chatline.lines.models import Line

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
