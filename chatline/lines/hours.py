"""When a line is open, and how to say when it opens. Pure: `reads.timetable` makes a `Timetable` from its rows.

A stretch of opening belongs to the day on which it begins. One that closes at or before the time it opens ends on the
next day (18:00-02:00; 00:00-00:00 is a whole day), also into a holiday. Clocks that change are the zone's affair: an
hour that happens twice is open twice.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo

Span = tuple[time, time]
DAY = timedelta(days=1)
ALL_DAY: Span = (time(), time())
FAR = 60
"""Days within which a next opening is looked for."""


@dataclass(frozen=True, slots=True)
class Timetable:
    """`weekly` by weekday (0 is Monday), empty for always open; `holidays` take the place of a day, or none at all."""

    zone: ZoneInfo
    weekly: Mapping[int, Sequence[Span]] = field(default_factory=dict)
    holidays: Mapping[date, Sequence[Span]] = field(default_factory=dict)

    def of_day(self, day: date) -> Sequence[Span]:
        if day in self.holidays:
            return self.holidays[day]
        return self.weekly.get(day.weekday(), ()) if self.weekly else (ALL_DAY,)


def is_open(table: Timetable, now: datetime) -> bool:
    return any(opens <= now < closes for opens, closes in _stretches(table, now - DAY, 2))


def next_opening(table: Timetable, now: datetime) -> datetime | None:
    """When it is open next: `now` if it is, None if not within `FAR` days."""
    if is_open(table, now):
        return now
    return min((opens for opens, _ in _stretches(table, now, FAR) if opens > now), default=None)


def open_for(table: Timetable, since: datetime, until: datetime) -> timedelta:
    """How long it was open between these moments, all stretches together."""
    return sum((ends - starts for starts, ends in openings(table, since, until)), timedelta())


def openings(table: Timetable, since: datetime, until: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The stretches in which it was open between these moments, in order, cut to them; none overlaps another."""
    begun = takewhile(lambda one: one[0] < until, _stretches(table, since - DAY, (until - since).days + 3))
    counted = since
    for opens, closes in begun:
        # Stretches of one day may overlap where somebody entered them so.
        starts, ends = max(opens, counted), min(closes, until)
        if ends > starts:
            yield starts, ends
            counted = ends


def _stretches(table: Timetable, since: datetime, days: int) -> Iterator[tuple[datetime, datetime]]:
    """The stretches that begin on these days of the line's own calendar, in order."""
    first = since.astimezone(table.zone).date()
    for day in (first + timedelta(days=one) for one in range(days)):
        for opens, closes in sorted(table.of_day(day)):
            end = day if closes > opens else day + DAY
            yield (
                _moment(table.zone, day, opens),
                max(_moment(table.zone, end, closes, fold) for fold in (0, 1)),
            )


def _moment(zone: ZoneInfo, day: date, at: time, fold: int = 0) -> datetime:
    # In UTC, because times of one zone are compared by their clocks, not by what happens first.
    return datetime.combine(day, at, tzinfo=zone).replace(fold=fold).astimezone(UTC)


# --- in words ---------------------------------------------------------------------------------------------

_DAYS = {
    "en": "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split(),
    "es": "lunes martes miercoles jueves viernes sabado domingo".split(),
}
_MONTHS = {
    "en": "January February March April May June July August September October November December".split(),
    "es": """
        enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre
    """.split(),
}
"""As they are texted: without accents that would cost a second part."""


def in_words(opening: datetime, now: datetime, zone: ZoneInfo, language: str) -> str:
    """`at 4pm`, `tomorrow at 9am`, `on Monday at 9am`; English where the language has none."""
    local, today = opening.astimezone(zone), now.astimezone(zone).date()
    say = _spanish if language.split("-")[0] == "es" else _english
    return say(local, (local.date() - today).days)


def _english(at: datetime, days: int) -> str:
    time_ = f"at {_clock(at)}"
    if days == 0:
        return time_
    if days == 1:
        return f"tomorrow {time_}"
    if days < 7:
        return f"on {_DAYS['en'][at.weekday()]} {time_}"
    return f"on {_MONTHS['en'][at.month - 1]} {at.day} {time_}"


def _spanish(at: datetime, days: int) -> str:
    time_ = f"{'a la' if at.hour % 12 == 1 else 'a las'} {_clock(at)}"
    if days == 0:
        return time_
    if days == 1:
        return f"mañana {time_}"
    if days < 7:
        return f"el {_DAYS['es'][at.weekday()]} {time_}"
    return f"el {at.day} de {_MONTHS['es'][at.month - 1]} {time_}"


def _clock(at: datetime) -> str:
    minutes = f":{at.minute:02}" if at.minute else ""
    return f"{at.hour % 12 or 12}{minutes}{'am' if at.hour < 12 else 'pm'}"
