"""Which days a report is about: whole days of the line's own calendar, of which none is still going on. Pure."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from chatline.errors import BadInput

USUAL = (7, 30, 90)
"""Days up to yesterday that can be had with one choice."""

SHORTEST, LONGEST = 7, 366
"""Days. What one day adds would be known by comparing two spans; of a whole week it says little about anybody."""


@dataclass(frozen=True, slots=True)
class Span:
    """From the first day to the last, both included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    def moments(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """When it begins, and when the day after it does; a day of changing clocks has 23 or 25 hours."""
        return _begins(self.first, zone), _begins(self.last + timedelta(days=1), zone)


def _begins(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)


def latest(days: int, now: datetime, zone: ZoneInfo) -> Span:
    """So many days, up to yesterday."""
    yesterday = now.astimezone(zone).date() - timedelta(days=1)
    return Span(yesterday - timedelta(days=days - 1), yesterday)


def between(first: date, last: date, now: datetime, zone: ZoneInfo) -> Span:
    """Raises BadInput `days_too_few`, `days_too_many` or `days_not_over`."""
    span = Span(first, last)
    if span.days < SHORTEST:
        raise BadInput("A report is of seven days at least.", code="days_too_few")
    if span.days > LONGEST:
        raise BadInput("A report is of a year at most.", code="days_too_many")
    if last >= now.astimezone(zone).date():
        raise BadInput("The last day must be over.", code="days_not_over")
    return span
