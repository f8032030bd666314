"""What is counted from the rows, and protected at once: what leaves here may be shown (`few.py`). Pure."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from routing.reports import few
from routing.reports.clock import OpenClock
from routing.reports.few import Shown
from routing.reports.rows import Came, Ended, Fate, Raised

# --- when people come -------------------------------------------------------------------------------------

QUARTER = 15 * 60 * 1000
"""Milliseconds; every zone's clock differs from UTC by whole quarters of an hour."""

GRAINS = ((1, 1), (2, 1), (3, 1), (4, 1), (6, 1), (1, 7), (3, 7), (6, 7))
"""Hours and weekdays that one cell holds: single weekdays, or all seven together."""

MOST_HIDDEN = 0.1
"""The share of people in cells that are not shown, above which cells are made coarser."""


@dataclass(frozen=True, slots=True)
class Heat:
    """How many came, by weekday (0 is Monday, or one row for all) and by so many hours of the day."""

    hours: int
    weekdays: int
    cells: list[list[Shown]]


def heat(opened: Iterable[int], zone: ZoneInfo) -> Heat:
    """By the line's own clock, in the finest cells that still show nearly everybody."""
    by_hour: Counter[tuple[int, int]] = Counter()
    for quarter, people in Counter(at // QUARTER for at in opened).items():
        local = datetime.fromtimestamp(quarter * QUARTER / 1000, UTC).astimezone(zone)
        by_hour[local.weekday(), local.hour] += people
    everybody = by_hour.total()
    for hours, weekdays in GRAINS:
        made = _heat(by_hour, hours, weekdays)
        seen = sum(cell or 0 for row in made.cells for cell in row)
        if everybody - seen <= MOST_HIDDEN * everybody:
            break
    return made


def _heat(by_hour: Mapping[tuple[int, int], int], hours: int, weekdays: int) -> Heat:
    across, down = 24 // hours, 7 // weekdays
    counts = [0] * (across * down)
    for (weekday, hour), people in by_hour.items():
        counts[weekday // weekdays * across + hour // hours] += people
    shown = few.protect(counts)
    return Heat(hours, weekdays, [shown[row * across : (row + 1) * across] for row in range(down)])


# --- how long they wait, and who is not answered --------------------------------------------------------------

WAITS = (20, 60, 120, 300, 900)
"""Seconds up to which an answer counts in a row of its own; what is later in one more."""

UNANSWERED = {
    Fate.LEFT: "left",
    Fate.SILENT: "silent",
    Fate.CLOSED: "closed",
    Fate.WAITING: "waiting",
}


@dataclass(frozen=True, slots=True)
class Answers:
    """What became of everybody who came: one table, so that no second one gives away what this one hides.

    `fates` are answered within so many seconds (`20`, ...), `later`, and those of `UNANSWERED`. `late` are those
    answered who wrote nothing more; p50 and p95 are seconds of those who were answered.
    """

    fates: dict[str, Shown]
    late: Shown
    p50: int | None
    p95: int | None

    @property
    def answered(self) -> Shown:
        return few.total(count for name, count in self.fates.items() if name not in UNANSWERED.values())

    @property
    def decided(self) -> Shown:
        """Who was answered, or is gone; of whoever still waits nothing can be said yet."""
        return few.total(count for name, count in self.fates.items() if name != "waiting")

    def within(self, seconds: int) -> Shown:
        return few.total(self.fates[str(one)] for one in WAITS if one <= seconds)


def answers(people: Sequence[Came], clock: OpenClock) -> Answers:
    waits = sorted(clock.waited(one.opened, one.answered) for one in people if one.answered is not None)
    names = [*map(str, WAITS), "later", *UNANSWERED.values()]
    counted = Counter(UNANSWERED[one.fate] for one in people if one.fate in UNANSWERED)
    counted.update(_rows_of(waits, WAITS))
    late = sum(one.fate == Fate.LATE for one in people)
    # Whoever is not late is, so that the two are a table of their own.
    shown_late, _ = few.protect([late, len(waits) - late])
    return Answers(
        few.protected({name: counted[name] for name in names}),
        shown_late,
        _seconds(few.quantile(waits, 50)),
        _seconds(few.quantile(waits, 95)),
    )


def _rows_of(times: Sequence[int], limits: Sequence[int]) -> Iterable[str]:
    names = [*map(str, limits), "later"]
    thousands = [limit * 1000 for limit in limits]
    return (names[bisect_left(thousands, time)] for time in times)


def _seconds(milliseconds: int | None) -> int | None:
    return None if milliseconds is None else round(milliseconds / 1000)


# --- flags ------------------------------------------------------------------------------------------------

ACKNOWLEDGED = (60, 120, 300, 900)
"""Seconds, as `WAITS`."""


@dataclass(frozen=True, slots=True)
class Flags:
    """How soon flags were acknowledged: within so many seconds, `later`, or `open`; p50 and p95 in seconds."""

    fates: dict[str, Shown]
    p50: int | None
    p95: int | None


def flags(all_: Sequence[Raised]) -> Flags:
    """By the clock on the wall: danger keeps no hours."""
    times = sorted(one.acknowledged - one.raised for one in all_ if one.acknowledged is not None)
    counted = Counter(_rows_of(times, ACKNOWLEDGED))
    counted["open"] = len(all_) - len(times)
    names = [*map(str, ACKNOWLEDGED), "later", "open"]
    return Flags(
        few.protected({name: counted[name] for name in names}),
        _seconds(few.quantile(times, 50)),
        _seconds(few.quantile(times, 95)),
    )


# --- how upset they were ------------------------------------------------------------------------------------

QUARTILES = (25, 50, 75)


@dataclass(frozen=True, slots=True)
class Feelings:
    """Of those who answered twice: how many were less or more upset after, and the quartiles of both answers."""

    changes: dict[str, Shown]
    before: tuple[int | None, ...]
    after: tuple[int | None, ...]


def feelings(over: Sequence[Ended]) -> Feelings:
    changed: Counter[str] = Counter()
    befores: list[int] = []
    afters: list[int] = []
    for one in over:
        if one.before is None or one.after is None:
            continue
        sort = "less" if one.after < one.before else "more" if one.after > one.before else "same"
        changed[sort] += one.conversations
        befores += [one.before] * one.conversations
        afters += [one.after] * one.conversations
    befores.sort()
    afters.sort()
    return Feelings(
        few.protected({name: changed[name] for name in ("less", "same", "more")}),
        tuple(few.quantile(befores, one) for one in QUARTILES),
        tuple(few.quantile(afters, one) for one in QUARTILES),
    )


# --- the question of risk, and what volunteers carry ------------------------------------------------------------


def asked(over: Sequence[Ended]) -> dict[str, Shown]:
    """Of those that ended with a volunteer: `asked`, `not_appropriate`, and `unsaid` where nothing was recorded."""
    counted: Counter[str] = Counter()
    for one in over:
        if one.volunteer:
            counted[one.asked or "unsaid"] += one.conversations
    return few.protected({name: counted[name] for name in ("asked", "not_appropriate", "unsaid")})


@dataclass(frozen=True, slots=True)
class Carried:
    """One volunteer's; the hours are hidden with the conversations."""

    name: str
    conversations: Shown
    at_risk: Shown
    hours: float | None


@dataclass(slots=True)
class _Load:
    name: str
    conversations: int = 0
    at_risk: int = 0
    milliseconds: int = 0


def carried(over: Sequence[Ended]) -> list[Carried]:
    """By whom conversations ended with, by name. `asked` shows the total of the list, so it is protected as a whole.

    And across: of two counts, at risk or not, neither is shown where one is small.
    """
    loads = _loads(over)
    conversations = few.protect([one.conversations for one in loads])
    besides = {
        place
        for place, (one, shown) in enumerate(zip(loads, conversations, strict=True))
        if shown is None or few.is_small(one.conversations - one.at_risk)
    }
    at_risk = few.protect([one.at_risk for one in loads], besides)
    return [
        Carried(one.name, shown, risky, None if shown is None else round(one.milliseconds / 3_600_000, 1))
        for one, shown, risky in zip(loads, conversations, at_risk, strict=True)
    ]


def _loads(over: Sequence[Ended]) -> list[_Load]:
    found: dict[UUID, _Load] = {}
    for one in over:
        if one.volunteer is None:
            continue
        load = found.setdefault(one.volunteer, _Load(one.name or ""))
        load.conversations += one.conversations
        load.at_risk += one.conversations if one.at_risk else 0
        load.milliseconds += one.milliseconds
    return sorted(found.values(), key=lambda load: load.name.casefold())
