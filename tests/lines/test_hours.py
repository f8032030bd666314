"""When a line is open, on odd days too, and how that is told."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from chatline.lines.actions import add_line, pause, resume
from chatline.lines.hours import Timetable, in_words, is_open, next_opening, open_for
from chatline.lines.models import Holiday, Hours
from chatline.lines.reads import timetable

NEW_YORK = ZoneInfo("America/New_York")
WEEKDAYS = Timetable(NEW_YORK, {day: [(time(16), time(22))] for day in range(5)})
NIGHTS = Timetable(NEW_YORK, {day: [(time(18), time(2))] for day in range(7)})
CHRISTMAS = date(2026, 12, 25)  # a Friday


def local(*parts: int, fold: int = 0) -> datetime:
    """A moment as clocks in New York show it."""
    return datetime(*parts, tzinfo=NEW_YORK, fold=fold).astimezone(UTC)  # type: ignore[misc,arg-type]  # its parts


def test_a_line_without_hours_is_always_open() -> None:
    always = Timetable(NEW_YORK)
    assert all(is_open(always, local(2026, 11, 24, hour, 0)) for hour in range(24))


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (local(2026, 11, 24, 15, 59), False),
        (local(2026, 11, 24, 16, 0), True),
        (local(2026, 11, 24, 21, 59), True),
        (local(2026, 11, 24, 22, 0), False),
        (local(2026, 11, 28, 18, 0), False),
    ],
)
def test_it_is_open_from_the_first_minute_and_not_in_the_last(moment: datetime, expected: bool) -> None:
    assert is_open(WEEKDAYS, moment) == expected


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (local(2026, 11, 24, 23, 30), True),
        (local(2026, 11, 25, 1, 59), True),
        (local(2026, 11, 25, 2, 0), False),
        (local(2026, 11, 25, 17, 59), False),
    ],
)
def test_a_night_goes_on_after_midnight(moment: datetime, expected: bool) -> None:
    assert is_open(NIGHTS, moment) == expected


def test_a_holiday_is_closed() -> None:
    table = Timetable(NEW_YORK, WEEKDAYS.weekly, {CHRISTMAS: []})
    assert not is_open(table, local(2026, 12, 25, 18, 0))
    assert next_opening(table, local(2026, 12, 25, 18, 0)) == local(2026, 12, 28, 16, 0)


def test_a_holiday_may_have_other_hours() -> None:
    table = Timetable(NEW_YORK, WEEKDAYS.weekly, {CHRISTMAS: [(time(10), time(12))]})
    assert is_open(table, local(2026, 12, 25, 11, 0))
    assert not is_open(table, local(2026, 12, 25, 18, 0))


def test_a_line_that_is_always_open_may_have_a_holiday() -> None:
    table = Timetable(NEW_YORK, {}, {CHRISTMAS: []})
    assert is_open(table, local(2026, 12, 24, 23, 59))
    assert not is_open(table, local(2026, 12, 25, 0, 0))
    assert next_opening(table, local(2026, 12, 25, 9, 0)) == local(2026, 12, 26, 0, 0)


def test_the_night_before_a_holiday_is_finished() -> None:
    table = Timetable(NEW_YORK, NIGHTS.weekly, {CHRISTMAS: []})
    assert is_open(table, local(2026, 12, 25, 1, 0))
    assert not is_open(table, local(2026, 12, 25, 19, 0))


def test_a_line_that_never_opens_says_so() -> None:
    table = Timetable(NEW_YORK, {0: []})
    assert next_opening(table, local(2026, 11, 24, 9, 0)) is None


def test_when_it_is_open_the_next_opening_is_now() -> None:
    now = local(2026, 11, 24, 17, 0)
    assert next_opening(WEEKDAYS, now) == now


def test_an_hour_that_happens_twice_is_open_twice() -> None:
    """On 1 November 2026 clocks go back from 2:00 to 1:00."""
    table = Timetable(NEW_YORK, {6: [(time(0), time(1, 30))]})
    assert is_open(table, local(2026, 11, 1, 1, 15))
    assert is_open(table, local(2026, 11, 1, 1, 15, fold=1))
    assert open_for(table, local(2026, 11, 1, 0, 0), local(2026, 11, 2, 0, 0)) == timedelta(hours=2.5)


def test_opening_in_an_hour_that_is_left_out_is_opening_after_it() -> None:
    """On 8 March 2026 clocks go on from 2:00 to 3:00."""
    table = Timetable(NEW_YORK, {6: [(time(2, 30), time(6))]})
    assert next_opening(table, local(2026, 3, 8, 0, 0)) == local(2026, 3, 8, 3, 30)


def test_opening_hours_keep_to_the_clock_when_it_changes() -> None:
    assert next_opening(WEEKDAYS, local(2026, 10, 30, 23, 0)) == local(2026, 11, 2, 16, 0)
    assert local(2026, 10, 30, 16, 0).hour + 1 == local(2026, 11, 2, 16, 0).hour


def test_only_open_time_counts() -> None:
    friday, monday = local(2026, 11, 27, 21, 0), local(2026, 11, 30, 17, 30)
    assert open_for(WEEKDAYS, friday, monday) == timedelta(hours=2.5)


def test_hours_that_overlap_count_once() -> None:
    table = Timetable(NEW_YORK, {1: [(time(9), time(12)), (time(11), time(13)), (time(9), time(10))]})
    assert open_for(table, local(2026, 11, 24, 0, 0), local(2026, 11, 25, 0, 0)) == timedelta(hours=4)


def test_a_line_that_is_always_open_is_open_all_the_time() -> None:
    since = local(2026, 11, 24, 13, 7)
    assert open_for(Timetable(NEW_YORK), since, since + timedelta(days=3)) == timedelta(days=3)


@pytest.mark.parametrize(
    ("opening", "english", "spanish"),
    [
        (local(2026, 11, 24, 16, 0), "at 4pm", "a las 4pm"),
        (local(2026, 11, 24, 13, 30), "at 1:30pm", "a la 1:30pm"),
        (local(2026, 11, 25, 9, 0), "tomorrow at 9am", "mañana a las 9am"),
        (local(2026, 11, 25, 0, 0), "tomorrow at 12am", "mañana a las 12am"),
        (local(2026, 11, 30, 9, 0), "on Monday at 9am", "el lunes a las 9am"),
        (local(2026, 11, 28, 12, 0), "on Saturday at 12pm", "el sabado a las 12pm"),
        (local(2026, 12, 7, 9, 5), "on December 7 at 9:05am", "el 7 de diciembre a las 9:05am"),
    ],
)
def test_an_opening_is_told_in_words(opening: datetime, english: str, spanish: str) -> None:
    now = local(2026, 11, 24, 8, 0)
    assert in_words(opening, now, NEW_YORK, "en") == english
    assert in_words(opening, now, NEW_YORK, "es") == spanish


def test_tomorrow_is_the_lines_own() -> None:
    """Late in New York it is the next day in UTC already."""
    assert (
        in_words(local(2026, 11, 25, 9, 0), local(2026, 11, 24, 22, 0), NEW_YORK, "en") == "tomorrow at 9am"
    )


@pytest.mark.django_db
def test_a_timetable_is_read_from_the_rows_of_a_line() -> None:
    line = add_line("A line", time_zone="America/New_York")
    Hours.objects.create(line=line, weekday=1, opens=time(16), closes=time(22))
    Holiday.objects.create(line=line, day=CHRISTMAS)
    Holiday.objects.create(line=line, day=CHRISTMAS + timedelta(days=1), opens=time(10), closes=time(12))
    table = timetable(line)
    assert (table.zone, table.weekly) == (NEW_YORK, {1: [(time(16), time(22))]})
    assert table.holidays == {CHRISTMAS: [], CHRISTMAS + timedelta(days=1): [(time(10), time(12))]}


@pytest.mark.parametrize("zone", ["America/New_Yrok", "", "../etc/passwd"])
@pytest.mark.django_db
def test_a_zone_that_nobody_knows_keeps_nobody_from_being_answered(zone: str) -> None:
    assert timetable(add_line("A line", time_zone=zone)).zone == ZoneInfo("UTC")


@pytest.mark.django_db
def test_a_line_is_paused_and_goes_on() -> None:
    line = add_line("A line")
    pause(line.id)
    line.refresh_from_db()
    assert line.paused_at
    resume(line.id)
    line.refresh_from_db()
    assert line.paused_at is None
    assert line.resumed_at
