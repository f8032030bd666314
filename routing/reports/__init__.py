"""Figures of one line over a span of days, for those who supervise or manage it.

Always of one line: its clock and its hours are its own, and a sum over several would tell, less the others, of one.
`rows.py` reads, `counts.py` counts, `few.py` hides what is of too few.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from chatline.lines.models import Line
from chatline.lines.reads import timetable
from routing.reports import counts, few, rows
from routing.reports.clock import OpenClock
from routing.reports.counts import Answers, Carried, Feelings, Flags, Heat
from routing.reports.few import Shown
from routing.reports.rows import Whose
from routing.reports.span import Span


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that may be shown; `load` is None for those who are not to see it."""

    line: Line
    span: Span
    people: Shown
    heat: Heat
    answers: Answers
    flags: Flags
    feelings: Feelings
    asked: dict[str, Shown]
    texts: dict[str, Shown]
    load: list[Carried] | None


def report(line: Line, span: Span, now: datetime, *, with_load: bool) -> Report:
    """Few queries, none of which grows with what was said."""
    table = timetable(line)
    whose = Whose(line.id, *span.moments(table.zone))
    people, over = rows.came(whose), rows.ended(whose)
    clock = OpenClock(table, whose.since, max(now, whose.until) + timedelta(days=1))
    return Report(
        line=line,
        span=span,
        people=few.alone(len(people)),
        heat=counts.heat((one.opened for one in people), table.zone),
        answers=counts.answers(people, clock),
        flags=counts.flags(rows.raised(whose)),
        feelings=counts.feelings(over),
        asked=counts.asked(over),
        texts={
            name: few.alone(count)
            for name, count in rows.trouble([line.id], whose.since, whose.until).items()
        },
        load=counts.carried(over) if with_load else None,
    )
