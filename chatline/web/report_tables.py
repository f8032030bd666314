"""A report as tables with words, for its page and for spreadsheets alike, and the plots beside them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from chatline.conversations.models import FEELINGS
from chatline.web import plots
from chatline.web.plots import Words
from routing.reports import Report, few
from routing.reports.counts import ACKNOWLEDGED, WAITS, Flags, Heat
from routing.reports.few import Shown

Cell = str | int | float | None
"""None is what is not shown."""

WEEKDAYS = (
    lazy("Monday"),
    lazy("Tuesday"),
    lazy("Wednesday"),
    lazy("Thursday"),
    lazy("Friday"),
    lazy("Saturday"),
    lazy("Sunday"),
)
HIDDEN = lazy("not shown")
"""Never "under 5": of two such cells one may be larger."""


@dataclass(frozen=True, slots=True)
class Table:
    """`facts` are what to know first, `note` how it was counted."""

    name: str
    title: str
    note: str
    head: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    facts: Sequence[tuple[str, str]] = field(default_factory=list)
    plot: SafeString | str = ""

    @property
    def body(self) -> list[list[tuple[str, bool]]]:
        """The rows as they are read: each cell in letters, and whether it is shown."""
        return [[(written(cell), cell is not None) for cell in row] for row in self.rows]


def written(cell: Cell) -> str:
    return str(HIDDEN) if cell is None else f"{cell:,}" if isinstance(cell, int) else str(cell)


def percent(part: Shown, whole: Shown) -> str | None:
    share = few.percent(part, whole)
    return None if share is None else f"{share} %"


def duration(seconds: int | None) -> str | None:
    """`41 s`, `4 min 28 s`, `1 h 5 min`."""
    if seconds is None or seconds < 60:
        return None if seconds is None else _("{s} s").format(s=seconds)
    minutes, rest = divmod(seconds, 60)
    if minutes < 60:
        return _("{m} min {s} s").format(m=minutes, s=rest) if rest else _("{m} min").format(m=minutes)
    return _("{h} h {m} min").format(h=minutes // 60, m=minutes % 60)


def tables(report: Report) -> list[Table]:
    """In the order in which they are read; that of the volunteers only where the report has it."""
    return [
        contacts(report),
        answers(report),
        left(report),
        flags(report.flags),
        feelings(report),
        asked(report),
        *([load(report)] if report.load is not None else []),
        texts(report),
    ]


# --- when people come -------------------------------------------------------------------------------------


def contacts(report: Report) -> Table:
    heat = report.heat
    names = [str(name) for name in WEEKDAYS] if heat.weekdays == 1 else [_("Every day")]
    title = _("When people came")
    return Table(
        name="contacts",
        title=title,
        note=_(
            "People who began a conversation, by the line's own clock ({zone}). A dot is not shown."
        ).format(zone=report.line.time_zone),
        facts=[(_("People who came"), written(report.people))],
        head=[_("Day"), *(_hours(start, heat.hours) for start in range(0, 24, heat.hours))],
        rows=[[name, *row] for name, row in zip(names, heat.cells, strict=True)],
        plot=plots.heat(
            Words("contacts", title, _busiest(heat, names)),
            [name[:3] for name in names] if heat.weekdays == 1 else [_("All")],
            heat.cells,
            heat.hours,
        ),
    )


def _hours(start: int, hours: int) -> str:
    return f"{start:02}" if hours == 1 else f"{start:02}-{start + hours:02}"


def _busiest(heat: Heat, names: Sequence[str]) -> str:
    cells = [
        (cell or 0, names[row], place * heat.hours)
        for row, of_row in enumerate(heat.cells)
        for place, cell in enumerate(of_row)
    ]
    most, name, hour = max(cells, key=lambda one: one[0])
    if not most:
        return _("Too few people came to show when.")
    return _("Most came on {day} from {start}:00 to {end}:00: {n}.").format(
        day=name, start=hour, end=hour + heat.hours, n=most
    )


# --- how long they wait, and who is not answered --------------------------------------------------------------


def _limits(limits: Sequence[int]) -> dict[str, str]:
    """The words of rows that `counts` names by seconds."""
    ends = [duration(limit) or "" for limit in limits]
    starts = ["", *ends]
    words = {
        str(limit): _("{start} to {end}").format(start=start, end=end)
        if start
        else _("up to {end}").format(end=end)
        for limit, start, end in zip(limits, starts, ends, strict=False)
    }
    return words | {"later": _("later than {end}").format(end=ends[-1])}


def answers(report: Report) -> Table:
    told = report.answers
    words = _limits(WAITS)
    title = _("Time to answer")
    rows = [
        (words[name], count, percent(count, told.decided))
        for name, count in told.fates.items()
        if name in words
    ]
    return Table(
        name="answers",
        title=title,
        note=_(
            "From somebody's first words to the first answer by a person, counted while the line was open by its "
            "present hours. Shares are of everybody who came and does not still wait."
        ),
        facts=[
            *(
                (
                    _("Answered within {time}").format(time=duration(limit)),
                    _or_hidden(percent(told.within(limit), told.decided)),
                )
                for limit in (20, 60, 300)
            ),
            (_("Half were answered within"), _or_hidden(duration(told.p50))),
            (_("95 of 100 were answered within"), _or_hidden(duration(told.p95))),
        ],
        head=[_("Answered after"), _("People"), _("Share")],
        rows=rows,
        plot=_bars("answers", title, rows),
    )


def left(report: Report) -> Table:
    told = report.answers
    words = {
        "left": _("Went before an answer, and said so"),
        "silent": _("Fell silent before an answer"),
        "closed": _("Closed by staff without an answer"),
        "waiting": _("Still waiting"),
    }
    title = _("Left before an answer")
    rows: list[tuple[str, Shown, str | None]] = [
        (words[name], told.fates[name], percent(told.fates[name], told.decided))
        for name in ("left", "silent", "closed")
    ]
    rows.append((words["waiting"], told.fates["waiting"], ""))
    late = (_("Answered, and wrote nothing more"), told.late, percent(told.late, told.answered))
    return Table(
        name="left",
        title=title,
        note=_(
            "Silent is whose waiting expired without another word. Who was answered and wrote nothing more may have "
            "been gone by then, or one answer was enough: that number is the most that it can have been. Its share is "
            "of those answered, the others are of everybody who came and does not still wait."
        ),
        head=[_("What happened"), _("People"), _("Share")],
        rows=[*rows, late],
        plot=_bars("left", title, [*rows[:3], late]),
    )


def _or_hidden(word: str | None) -> str:
    return word if word is not None else str(HIDDEN)


def _bars(name: str, title: str, rows: Sequence[tuple[str, Shown, str | None]]) -> SafeString:
    told = [(word, count, written(count) + (f" · {share}" if share else "")) for word, count, share in rows]
    seen = "; ".join(f"{word}: {value}" for word, _count, value in told)
    return plots.bars(Words(name, title, seen), told)


# --- risk -------------------------------------------------------------------------------------------------


def flags(told: Flags) -> Table:
    words = _limits(ACKNOWLEDGED) | {"open": _("not yet")}
    all_ = few.total(told.fates.values())
    rows = [(words[name], count, percent(count, all_)) for name, count in told.fates.items()]
    title = _("Flags")
    return Table(
        name="flags",
        title=title,
        note=_("From raising a flag to a supervisor's “I've got this”, by day and night."),
        facts=[
            (_("Flags raised"), written(all_)),
            (_("Half were acknowledged within"), _or_hidden(duration(told.p50))),
            (_("95 of 100 were acknowledged within"), _or_hidden(duration(told.p95))),
        ],
        head=[_("Acknowledged after"), _("Flags"), _("Share")],
        rows=rows,
        plot=_bars("flags", title, rows),
    )


def asked(report: Report) -> Table:
    words = {
        "asked": _("Asked"),
        "not_appropriate": _("Not appropriate, with a reason"),
        "unsaid": _("Nothing recorded"),
    }
    all_ = few.total(report.asked.values())
    rows = [(words[name], count, percent(count, all_)) for name, count in report.asked.items()]
    title = _("Was suicide asked about?")
    return Table(
        name="asked",
        title=title,
        note=_("Conversations that ended with a volunteer, as recorded when they were closed."),
        head=[_("Question"), _("Conversations"), _("Share")],
        rows=rows,
        plot=_bars("asked", title, rows),
    )


# --- how upset they were ------------------------------------------------------------------------------------


def feelings(report: Report) -> Table:
    told = report.feelings
    words = {"less": _("Less upset after"), "same": _("As upset as before"), "more": _("More upset after")}
    all_ = few.total(told.changes.values())
    rows = [(words[name], count, percent(count, all_)) for name, count in told.changes.items()]
    title = _("How upset people were, before and after")
    before, after = told.before[1], told.after[1]
    seen = (
        _("The middle of their answers went from {before} to {after}.").format(before=before, after=after)
        if before is not None and after is not None
        else _("Too few people answered twice to show this.")
    )
    return Table(
        name="feelings",
        title=title,
        note=_(
            "From 1, not upset at all, to 7, by those who answered both times. The line joins the middle answers; half "
            "of all answers lie within the bands."
        ),
        facts=[
            (_("Middle answer before"), written(before)),
            (_("Middle answer after"), written(after)),
        ],
        head=[_("Change"), _("People"), _("Share")],
        rows=rows,
        plot=plots.slope(
            Words("feelings", title, seen), (_("before"), _("after")), told.before, told.after, FEELINGS
        ),
    )


# --- volunteers and texts -----------------------------------------------------------------------------------


def load(report: Report) -> Table:
    carried = report.load or []
    title = _("What volunteers carried")
    return Table(
        name="load",
        title=title,
        note=_(
            "For their care, not to compare them. A conversation counts for whom it ended with, from when they took "
            "it; at risk are those of level high and above."
        ),
        head=[_("Volunteer"), _("Conversations"), _("At risk"), _("Hours held")],
        rows=[(one.name, one.conversations, one.at_risk, one.hours) for one in carried],
        plot=plots.bars(
            Words(
                "load",
                title,
                ngettext("{n} volunteer", "{n} volunteers", len(carried)).format(n=len(carried)),
            ),
            [(one.name, one.conversations, written(one.conversations)) for one in carried],
        ),
    )


TROUBLE: Mapping[str, object] = {
    "unsure": lazy("May not have arrived: nobody knows"),
    "failed": lazy("Did not arrive"),
    "dropped": lazy("Not sent: too late, or erased"),
}


def texts(report: Report) -> Table:
    return Table(
        name="texts",
        title=_("Texts that went wrong"),
        note=_("Texts of this line to phones, as far as is known today."),
        head=[_("What happened"), _("Texts")],
        rows=[(str(TROUBLE[name]), count) for name, count in report.texts.items()],
    )
