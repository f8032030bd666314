"""Figures of a line beside a plain count of the same people, one by one, in both databases."""

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from chatline.conversations.models import Conversation, Delivery, Visitor
from chatline.errors import BadInput
from chatline.lines import hours
from chatline.lines.models import Hours, Line
from chatline.lines.reads import timetable
from routing import reports
from routing.models import Flag
from routing.reports import Report, counts, few, rows
from routing.reports.clock import OpenClock, milliseconds
from routing.reports.counts import heat
from routing.reports.few import protect
from routing.reports.rows import Ended
from routing.reports.span import Span, between, latest
from tests.cast import Cast, make_cast

NEW_YORK = ZoneInfo("America/New_York")
NEPAL = ZoneInfo("Asia/Kathmandu")  # 5 h 45 min ahead
NOW = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)
SPAN = Span(date(2026, 10, 26), date(2026, 11, 8))
"""Clocks in New York go back on 1 November."""

# --- people of all fates ------------------------------------------------------------------------------------

moments = st.integers(0, 13 * 86_400_000).map(
    lambda ms: datetime(2026, 10, 26, 4, tzinfo=UTC) + timedelta(milliseconds=ms)
)
spells = st.sampled_from((19_999, 20_000, 20_001, 60_000, 299_999, 901_000, 9 * 3_600_000)).map(
    lambda ms: timedelta(milliseconds=ms)
)
maybe_felt = st.none() | st.integers(1, 7)
somebody = st.fixed_dictionaries(
    {
        "opened_at": moments | moments.map(lambda at: at - timedelta(days=20)),
        "answered": st.none() | spells,
        "ended": st.sampled_from(("", "left", "erased", "expired", "quiet", "done")),
        "wrote": st.sampled_from((timedelta(0), timedelta(seconds=20), timedelta(hours=2))),
        "volunteer": st.sampled_from(("", "sam", "robin")),
        "kind": st.sampled_from(("real", "real", "real", "practice")),
        "blocked": st.booleans(),
        "level": st.integers(0, 3),
        "risk_asked": st.sampled_from(("", "asked", "asked", "not_appropriate")),
        "feeling_before": maybe_felt,
        "feeling_after": maybe_felt,
        "flagged": st.none() | spells | st.just("open"),
        "repeat": st.integers(1, 7),
    }
)


def row(cast: Cast, one: dict[str, Any]) -> Conversation:
    opened, ended = one["opened_at"], one["ended"]
    answered = opened + one["answered"] if one["answered"] else None
    volunteer = getattr(cast, one["volunteer"]) if one["volunteer"] else None
    state = "closed" if ended else "active" if volunteer else "waiting"
    over = opened + timedelta(hours=10) if ended else None
    plain = ("kind", "blocked", "level", "risk_asked", "feeling_before", "feeling_after")
    return Conversation(
        line=cast.line,
        visitor=Visitor(line=cast.line, medium="web", handle="Quiet Heron"),
        medium="web",
        state=state,
        volunteer=volunteer,
        rank_at=opened,
        opened_at=opened,
        waiting_since=opened,
        first_answer_at=answered,
        taken_at=answered,
        last_visitor_at=opened + one["wrote"],
        visitor_left_at=over if ended == "left" else None,
        closed_at=over,
        close_reason=ended,
        **{name: one[name] for name in plain},
    )


def stored(cast: Cast, people: list[dict[str, Any]]) -> list[tuple[Conversation, Flag | None]]:
    """As many of each as its `repeat` says, so that not everything is of too few."""
    made = []
    for one in people:
        for _ in range(one["repeat"]):
            conversation = row(cast, one)
            flag = None
            if one["flagged"]:
                raised = conversation.opened_at
                answered = None if one["flagged"] == "open" else raised + one["flagged"]
                flag = Flag(conversation=conversation, level=2, raised_at=raised, acknowledged_at=answered)
            made.append((conversation, flag))
    Visitor.objects.bulk_create([conversation.visitor for conversation, _ in made])
    Conversation.objects.bulk_create([conversation for conversation, _ in made])
    Flag.objects.bulk_create([flag for _, flag in made if flag])
    return made


@pytest.fixture
def cast(db: None) -> Cast:
    """One for all examples; each clears away its people."""
    cast = make_cast()
    Line.objects.filter(id=cast.line.id).update(time_zone="America/New_York")
    cast.line.refresh_from_db()
    for weekday in range(7):
        Hours.objects.create(line=cast.line, weekday=weekday, opens=time(9), closes=time(2))
    return cast


def clear() -> None:
    for model in (Flag, Conversation, Visitor):
        model._default_manager.all().delete()


def in_span(at: datetime) -> bool:
    return SPAN.first <= at.astimezone(NEW_YORK).date() <= SPAN.last


def named(seconds: float, limits: tuple[int, ...]) -> str:
    return next((str(limit) for limit in limits if seconds <= limit), "later")


# --- counted plainly ----------------------------------------------------------------------------------------


def fate(one: Conversation, table: hours.Timetable) -> str:
    if one.first_answer_at:
        waited = hours.open_for(table, one.opened_at, one.first_answer_at) or (
            one.first_answer_at - one.opened_at
        )
        return named(waited.total_seconds(), counts.WAITS)
    if one.visitor_left_at or one.close_reason in ("left", "erased"):
        return "left"
    if one.close_reason == "expired":
        return "silent"
    return "closed" if one.state == "closed" else "waiting"


def is_late(one: Conversation) -> bool:
    assert one.last_visitor_at
    return bool(
        one.first_answer_at
        and one.state == "closed"
        and not one.visitor_left_at
        and one.last_visitor_at <= one.first_answer_at
    )


def check(told: Report, made: list[tuple[Conversation, Flag | None]], cast: Cast) -> None:
    came = [
        one
        for one, _ in made
        if one.kind == "real" and in_span(one.opened_at) and (not one.blocked or one.first_answer_at)
    ]
    over = [one for one in came if one.state == "closed"]
    held = [one for one in over if one.volunteer]
    table = timetable(cast.line)

    fates = Counter(fate(one, table) for one in came)
    assert told.answers.fates == few.protected({name: fates[name] for name in told.answers.fates})
    answered = sum(one.first_answer_at is not None for one in came)
    late = sum(map(is_late, came))
    assert told.answers.late == protect([late, answered - late])[0]
    assert told.people == few.alone(len(came))

    by_hour = Counter(
        (at.weekday() // told.heat.weekdays, at.hour // told.heat.hours)
        for at in (one.opened_at.astimezone(NEW_YORK) for one in came)
    )
    across = range(24 // told.heat.hours)
    places = [(day, block) for day in range(7 // told.heat.weekdays) for block in across]
    assert [cell for of_row in told.heat.cells for cell in of_row] == protect(
        [by_hour[place] for place in places]
    )

    asked = Counter(one.risk_asked or "unsaid" for one in held)
    assert told.asked == few.protected({name: asked[name] for name in told.asked})

    pairs = [
        (one.feeling_before, one.feeling_after) for one in over if one.feeling_before and one.feeling_after
    ]
    signs = Counter("less" if b > a else "more" if a > b else "same" for b, a in pairs)
    assert told.feelings.changes == few.protected({name: signs[name] for name in told.feelings.changes})

    times = [
        (flag.acknowledged_at - flag.raised_at).total_seconds() if flag.acknowledged_at else None
        for one, flag in made
        if flag and one.kind == "real" and in_span(flag.raised_at)
    ]
    flags = Counter("open" if one is None else named(one, counts.ACKNOWLEDGED) for one in times)
    assert told.flags.fates == few.protected({name: flags[name] for name in told.flags.fates})

    assert told.load is not None
    names = sorted({one.volunteer.name for one in held if one.volunteer})
    by_name = Counter(one.volunteer.name for one in held if one.volunteer)
    assert [one.name for one in told.load] == names
    assert [one.conversations for one in told.load] == protect([by_name[name] for name in names])
    for load in told.load:
        if load.conversations is not None:
            theirs = [one for one in held if one.volunteer and one.volunteer.name == load.name]
            lengths = [(one.closed_at or NOW) - (one.taken_at or one.closed_at or NOW) for one in theirs]
            assert load.hours == pytest.approx(sum(lengths, timedelta()) / timedelta(hours=1), abs=0.06)
            risky = sum(one.level >= 2 for one in theirs)
            assert load.at_risk in (None, risky)
            assert load.at_risk is None or not few.is_small(len(theirs) - risky)


@pytest.mark.both
def test_figures_are_those_of_a_plain_count(cast: Cast) -> None:
    # Without shrinking, which would store some hundred lines of people before it tells what failed.
    @settings(max_examples=20, phases=(Phase.generate,), suppress_health_check=list(HealthCheck))
    @given(st.lists(somebody, max_size=30))
    def counted(people: list[dict[str, Any]]) -> None:
        clear()
        made = stored(cast, people)
        check(reports.report(cast.line, SPAN, NOW, with_load=True), made, cast)

    counted()


@pytest.mark.both
def test_nothing_of_another_line_and_no_load_unasked(cast: Cast) -> None:
    people = [{**PLAIN, "opened_at": datetime(2026, 10, 28, 12, tzinfo=UTC), "repeat": 7}]
    stored(cast, people)
    told = reports.report(cast.other_line, SPAN, NOW, with_load=False)
    assert (told.people, told.load) == (0, None)
    assert reports.report(cast.line, SPAN, NOW, with_load=False).people == 7


PLAIN: dict[str, Any] = {
    "answered": timedelta(seconds=20),
    "ended": "done",
    "wrote": timedelta(hours=1),
    "volunteer": "sam",
    "kind": "real",
    "blocked": False,
    "level": 0,
    "risk_asked": "asked",
    "feeling_before": 6,
    "feeling_after": 4,
    "flagged": None,
    "repeat": 1,
}


@pytest.mark.both
def test_texts_that_went_wrong_are_counted_by_what_is_wrong(cast: Cast) -> None:
    visitor = Visitor.objects.create(line=cast.line, medium="sms", handle="Quiet Heron")
    states = ["unknown"] * 6 + ["failed"] * 3 + ["undelivered"] * 3 + ["dropped"] * 4 + ["delivered"] * 9
    for state in states:
        Delivery.objects.create(visitor=visitor, purpose="reply", state=state, not_before=NOW)
    day = timedelta(days=1)
    here = datetime.now(UTC)
    assert rows.trouble([cast.line.id], here - day, here + day) == {"unsure": 6, "failed": 6, "dropped": 4}
    assert rows.trouble([cast.other_line.id], here - day, here + day) == dict.fromkeys(rows.TROUBLE, 0)
    assert rows.trouble([cast.line.id], here - 2 * day, here - day) == dict.fromkeys(rows.TROUBLE, 0)


# --- what volunteers carried ----------------------------------------------------------------------------------


def ended(name: str, conversations: int, at_risk: int) -> list[Ended]:
    who = uuid4()
    quiet = Ended(who, name, False, "asked", None, None, conversations - at_risk, 3_600_000)
    return [quiet, quiet._replace(at_risk=True, conversations=at_risk)]


def test_who_carried_few_is_hidden_with_somebody_else() -> None:
    told = counts.carried(
        [*ended("Ann", 3, 0), *ended("Bo", 40, 8), *ended("Cy", 20, 9), *ended("Di", 30, 0)]
    )
    assert [(one.conversations, one.at_risk, one.hours) for one in told] == [
        (None, None, None),
        (40, None, 2.0),
        (None, None, None),
        (30, 0, 2.0),
    ]


def test_how_many_were_not_at_risk_cannot_be_worked_out_either() -> None:
    told = counts.carried([*ended("Ann", 20, 18), *ended("Bo", 40, 8), *ended("Cy", 50, 20)])
    assert [(one.conversations, one.at_risk) for one in told] == [(20, None), (40, None), (50, 20)]


# --- clocks and days ----------------------------------------------------------------------------------------


def test_an_hour_that_comes_twice_counts_in_one_cell() -> None:
    """On 1 November 2026 at 2:00 clocks in New York go back to 1:00."""
    twice = [datetime(2026, 11, 1, hour, 30, tzinfo=UTC) for hour in (5, 6)]
    told = heat([milliseconds(at) for at in twice * 5], NEW_YORK)
    assert (told.hours, told.weekdays) == (1, 1)
    assert told.cells[6][1] == 10


def test_the_clock_is_the_lines_own_to_the_quarter_hour() -> None:
    told = heat([milliseconds(datetime(2026, 11, 1, 18, 20, tzinfo=UTC))] * 5, NEPAL)
    assert told.cells[0][0] == 5  # five past midnight on Monday


def test_cells_are_made_coarser_until_nearly_everybody_is_seen() -> None:
    spread = [milliseconds(datetime(2026, 11, 2, hour, tzinfo=UTC)) for hour in range(24)]
    told = heat(spread * 2, ZoneInfo("UTC"))
    assert (told.hours, told.weekdays) == (3, 1)
    assert told.cells[0] == [6] * 8


def test_a_day_of_changing_clocks_has_its_25_hours() -> None:
    since, until = Span(date(2026, 11, 1), date(2026, 11, 1)).moments(NEW_YORK)
    assert until - since == timedelta(hours=25)


def test_the_latest_days_end_with_yesterday_there() -> None:
    late = datetime(2026, 11, 24, 3, tzinfo=UTC)
    assert latest(7, late, NEW_YORK) == Span(date(2026, 11, 16), date(2026, 11, 22))
    assert latest(7, late, ZoneInfo("UTC")).last == date(2026, 11, 23)


@pytest.mark.parametrize(
    ("first", "last", "why"),
    [
        (date(2026, 11, 2), date(2026, 11, 7), "days_too_few"),
        (date(2026, 11, 9), date(2026, 11, 2), "days_too_few"),
        (date(2025, 11, 2), date(2026, 11, 7), "days_too_many"),
        (date(2026, 11, 2), date(2026, 11, 24), "days_not_over"),
    ],
)
def test_days_that_cannot_be_had_are_refused(first: date, last: date, why: str) -> None:
    with pytest.raises(BadInput) as refused:
        between(first, last, NOW, NEW_YORK)
    assert refused.value.code == why


NINE_TO_FIVE = hours.Timetable(NEW_YORK, {day: [(time(9), time(17))] for day in range(5)})


@pytest.mark.parametrize(
    ("came", "answered", "minutes"),
    [
        ((6, 16, 59), (6, 17, 0), 1),
        ((6, 16, 59), (9, 9, 1), 2),  # a weekend between
        ((6, 18, 0), (6, 18, 3), 3),  # closed, and somebody was there all the same
        ((6, 18, 0), (9, 9, 4), 4),
        ((6, 10, 0), (6, 10, 30), 30),
    ],
)
def test_a_wait_is_counted_while_the_line_is_open(
    came: tuple[int, int, int], answered: tuple[int, int, int], minutes: int
) -> None:
    clock = OpenClock(NINE_TO_FIVE, NOW - timedelta(days=40), NOW)
    at = [milliseconds(datetime(2026, 11, *one, tzinfo=NEW_YORK)) for one in (came, answered)]
    assert clock.waited(*at) == minutes * 60_000
