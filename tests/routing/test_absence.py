"""Volunteers who are gone while somebody waits for their answer; and when nobody is there at all."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from chatline.conversations import leaving
from chatline.conversations.models import Conversation, Message
from chatline.conversations.states import Medium
from chatline.lines.actions import pause, resume
from chatline.people.models import Alarm, Staff
from routing import absence, dispatcher, escalation, helping, nobody, presence, queue
from routing.models import Desk, Page
from tests.cast import RISKY, Cast
from tests.routing.calls import reached
from tests.routing.times import MINUTE, opened

pytestmark = [pytest.mark.both, pytest.mark.django_db]

SECOND = timedelta(seconds=1)


@pytest.fixture
def start(cast: Cast) -> datetime:
    """Sam talks with somebody who waits for an answer, and was seen just now."""
    cast.talks()
    Conversation.objects.update(told_at=None)
    return timezone.now()


def look(now: datetime) -> bool:
    """As a worker goes round."""
    absence.note_gone(now)
    return absence.return_abandoned(now)


def wait(start: datetime, minutes: int = 6) -> Conversation:
    """Minutes in which a worker goes round, and no page is seen."""
    for second in range(0, minutes * 60 + 1, 15):
        look(start + second * SECOND)
    return Conversation.objects.get()


def away(cast: Cast, now: datetime) -> list[str]:
    return [one.name for one in presence.on_shift([cast.line.id], now) if one.away]


# --- gone -------------------------------------------------------------------------------------------------


def test_somebody_not_seen_for_45_seconds_is_shown_as_away(cast: Cast, start: datetime) -> None:
    assert away(cast, start + 40 * SECOND) == []
    assert away(cast, start + 50 * SECOND) == ["Sam"]


def test_after_the_line_s_minutes_who_waits_for_their_answer_is_back_at_the_front_with_all_that_was_said(
    cast: Cast, start: datetime
) -> None:
    cast.visits("hello", "somebody who came later")
    mine = Conversation.objects.get(volunteer=cast.sam)
    for second in range(0, 290, 15):
        assert not look(start + second * SECOND)
    assert look(start + 5 * MINUTE + 16 * SECOND)
    mine.refresh_from_db()
    assert (mine.state, mine.steps.latest("id").why, mine.steps.latest("id").actor) == (
        "waiting",
        "absent",
        None,
    )
    cast.ready(cast.robin)
    assert queue.take(cast.robin.id).id == mine.id
    assert Message.objects.filter(conversation=mine).first() is not None


@pytest.mark.parametrize("medium", Medium)
def test_they_are_told_so_once(cast: Cast, medium: Medium) -> None:
    cast.talks(medium=medium)
    Conversation.objects.update(told_at=None)
    row = wait(timezone.now(), 20)
    told = Message.objects.filter(conversation=row, purpose="volunteer_gone")
    assert [opened(one).startswith("Demo line:") for one in told] == [True]


def test_the_line_s_own_minutes_count(cast: Cast, start: datetime) -> None:
    cast.line.absence_minutes = 9
    cast.line.save()
    assert wait(start, 8).state == "active"
    assert wait(start, 10).state == "waiting"


def test_nobody_is_taken_from_whose_page_is_open_however_silent(cast: Cast, start: datetime) -> None:
    for second in range(0, 30 * 60, 15):
        Desk.objects.update(last_seen_at=start + second * SECOND)
        assert not look(start + second * SECOND)


def test_whoever_comes_back_in_time_keeps_them(cast: Cast, start: datetime) -> None:
    assert wait(start, 4).state == "active"
    Desk.objects.update(last_seen_at=start + 4 * MINUTE)
    for second in range(4 * 60, 8 * 60, 15):
        assert not look(start + second * SECOND)


def test_who_does_not_wait_for_an_answer_is_left_until_they_write(cast: Cast, start: datetime) -> None:
    cast.answers(Conversation.objects.get(), "Take your time.")
    assert wait(start, 30).state == "active"
    cast.visits("now I know what to say")
    assert look(start + 31 * MINUTE)
    assert Conversation.objects.get().state == "waiting"


def test_who_has_left_waits_for_nothing(cast: Cast, start: datetime) -> None:
    leaving.end(cast.visitor_of())
    assert wait(start).state == "active"


def test_beside_an_open_flag_they_go_back_in_any_case_and_supervisors_are_called_anew(cast: Cast) -> None:
    cast.visits(RISKY)
    cast.ready(cast.sam)
    talk = queue.take(cast.sam.id)
    cast.answers(talk, "I am here.")
    flag = talk.flags.get()
    escalation.acknowledge(cast.alex.id, flag.id)
    assert wait(timezone.now()).state == "waiting"
    flag.refresh_from_db()
    assert (flag.state, flag.reasons[-1]["template"]) == ("open", "absent")


def test_when_nothing_could_be_seen_for_a_while_nobody_is_taken(cast: Cast, start: datetime) -> None:
    """The database was away for an hour, and the worker is the first that is back."""
    later = start + 60 * MINUTE
    assert not look(later)
    Desk.objects.update(last_seen_at=later + 10 * SECOND)
    for second in range(15, 600, 15):
        Desk.objects.update(last_seen_at=later + second * SECOND)
        assert not look(later + second * SECOND)


def test_taking_by_what_was_last_seen_alone_would_take_them(
    cast: Cast, start: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The break."""
    monkeypatch.setattr(absence, "_patience", lambda line: timedelta(0))
    assert look(start + 60 * MINUTE)


def test_a_worker_does_it_by_itself(cast: Cast) -> None:
    cast.talks()
    long_ago = timezone.now() - timedelta(hours=1)
    Desk.objects.update(last_seen_at=long_ago, gone_at=long_ago + MINUTE)
    assert dispatcher.run_due()
    assert Conversation.objects.get().state == "waiting"


# --- nobody there -----------------------------------------------------------------------------------------


def alarms() -> list[tuple[str, str]]:
    return list(Alarm.objects.filter(cleared_at=None).order_by("code").values_list("code", "subject"))


def unseen(*people: Staff) -> None:
    Desk.objects.filter(staff__in=people).update(
        last_seen_at=timezone.now() - timedelta(hours=1), gone_at=timezone.now() - timedelta(minutes=58)
    )


def test_who_waits_with_nobody_on_shift_is_an_alarm_at_once_and_pages_each_supervisor_once(
    cast: Cast,
) -> None:
    reached(cast)
    cast.visits("hello")
    now = timezone.now()
    assert [nobody.watch(now), nobody.watch(now)] == [True, False]
    assert alarms() == [("nobody_on_shift", "demo")]
    pages = Page.objects.order_by("id")
    assert [(one.staff, one.channel, one.state, one.made_at, one.flag) for one in pages] == [
        (cast.alex, "text", "due", now, None),
        (cast.alex, "email", "due", now, None),
    ]
    assert Alarm.objects.get().count == 1


def test_a_supervisor_who_gave_no_number_and_no_address_sees_the_alarm_and_is_not_paged(cast: Cast) -> None:
    cast.visits("hello")
    nobody.watch(timezone.now())
    assert alarms() == [("nobody_on_shift", "demo")]
    assert not Page.objects.exists()


def test_it_is_cleared_by_itself_when_somebody_comes_and_raised_anew_later(cast: Cast) -> None:
    reached(cast)
    cast.visits("hello")
    nobody.watch(timezone.now())
    cast.ready(cast.sam)
    assert nobody.watch(timezone.now())
    assert alarms() == []
    unseen(cast.sam)
    nobody.watch(timezone.now())
    assert alarms() == [("nobody_on_shift", "demo")]
    assert Page.objects.values("alarm").distinct().count() == 2


@pytest.mark.parametrize(
    ("ready", "seats", "answered"), [(True, 1, True), (False, 2, True), (False, 1, False)]
)
def test_on_shift_is_who_is_ready_or_has_a_seat(cast: Cast, ready: bool, seats: int, answered: bool) -> None:
    cast.talks()
    presence.set_ready(cast.sam.id, ready, seats)
    cast.visits("hello", "somebody else")
    nobody.watch(timezone.now())
    assert (alarms() == []) == answered


def test_a_line_that_is_paused_or_where_nobody_waits_raises_nothing(cast: Cast) -> None:
    assert not nobody.watch(timezone.now())
    cast.visits("hello")
    pause(cast.line.id)
    nobody.watch(timezone.now())
    assert alarms() == []
    resume(cast.line.id)
    nobody.watch(timezone.now())
    assert alarms() == [("nobody_on_shift", "demo")]


def test_a_volunteer_of_another_line_helps_nobody_here(cast: Cast) -> None:
    cast.ready(cast.olive)
    cast.visits("hello")
    nobody.watch(timezone.now())
    assert alarms() == [("nobody_on_shift", "demo")]


def test_who_was_given_up_needs_a_supervisor(cast: Cast) -> None:
    talk = cast.talks()
    helping.ask(cast.sam.id, talk.id, "abuse")
    nobody.watch(timezone.now())
    assert alarms() == [("nobody_on_shift", "demo")]
    presence.set_ready(cast.alex.id, False)
    nobody.watch(timezone.now())
    assert alarms() == []


def test_an_open_flag_while_no_supervisor_is_signed_in_is_an_alarm_and_its_ladder_does_the_calling(
    cast: Cast,
) -> None:
    reached(cast)
    cast.ready(cast.sam)
    cast.visits(RISKY)
    nobody.watch(timezone.now())
    nobody.watch(timezone.now())
    assert alarms() == [("flag_unseen", "demo")]
    assert not Page.objects.exists()
    presence.set_ready(cast.alex.id, False)
    nobody.watch(timezone.now())
    assert alarms() == []


def test_an_acknowledged_flag_is_seen(cast: Cast) -> None:
    cast.ready(cast.sam)
    cast.visits(RISKY)
    flag = Conversation.objects.get().flags.get()
    escalation.acknowledge(cast.alex.id, flag.id)
    nobody.watch(timezone.now())
    assert alarms() == []


def test_those_just_found_gone_may_still_be_coming_back(cast: Cast) -> None:
    """When nothing could be seen for a while, everybody is found gone at once, and is seen at the next look."""
    cast.ready(cast.sam)
    cast.visits("hello")
    later = timezone.now() + timedelta(hours=1)
    absence.note_gone(later)
    nobody.watch(later + SECOND)
    assert alarms() == []
    nobody.watch(later + 21 * SECOND)
    assert alarms() == [("nobody_on_shift", "demo")]
