"""An open flag calls one after another until somebody has it."""

from collections.abc import Iterator
from datetime import timedelta
from importlib.metadata import EntryPoint

import pytest
from django.utils import timezone

from chatline.conversations.models import Conversation
from chatline.conversations.states import Kind
from chatline.lines.ladders import Channel, Whom
from chatline.lines.models import Hook, Rung
from chatline.people.actions import add_staff
from chatline.people.models import Alarm, Membership, Staff
from routing import climbing, escalation, intake, presence, roster
from routing.models import Desk, Flag, FlagState, Page
from routing.reaching import Reach, set_contact, set_on_call
from routing.risk import Assessment
from tests.cast import RISKY, Cast
from tests.routing.calls import SECOND, calls, flagged, moments, pass_seconds, reached

pytestmark = [pytest.mark.both, pytest.mark.django_db]


@pytest.fixture
def people(cast: Cast) -> Cast:
    """Alex is signed in and on call; Alex and Maria can be reached."""
    reached(cast)
    presence.set_ready(cast.alex.id, False)
    return cast


def keep_alex_here() -> None:
    Desk.objects.update(last_seen_at=timezone.now() + timedelta(days=1))


# --- step by step -------------------------------------------------------------------------------------------


def test_a_flag_calls_the_screens_then_everybody_s_e_mail_then_who_is_on_call_then_the_manager(
    people: Cast,
) -> None:
    keep_alex_here()
    flag = flagged(people)
    pass_seconds(flag.raised_at, 200)
    assert calls(people.alex, people.maria) == [
        (1, "screen", "Alex"),
        (2, "screen", "Alex"),
        (2, "email", "Alex"),
        (3, "text", "Alex"),
        (3, "voice", "Alex"),
        (4, "email", "Maria"),
        (4, "text", "Maria"),
        (4, "voice", "Maria"),
    ]
    assert moments(flag) == [0, 30, 60, 120]


def test_it_goes_on_and_on_until_somebody_has_it(people: Cast) -> None:
    keep_alex_here()
    flag = flagged(people)
    pass_seconds(flag.raised_at, 620)
    assert moments(flag) == [0, 30, 60, 120, 240, 270, 300, 360, 480, 510, 540, 600]
    escalation.acknowledge(people.alex.id, flag.id)
    pass_seconds(flag.raised_at, 900, of=621)
    assert len(moments(flag)) == 12


def test_that_nobody_has_answered_is_known_once_everybody_was_called_and_gone_when_somebody_has(
    people: Cast,
) -> None:
    keep_alex_here()
    flag = flagged(people)
    pass_seconds(flag.raised_at, 119)
    flag.refresh_from_db()
    assert flag.unanswered_at is None
    pass_seconds(flag.raised_at, 400, of=120)
    flag.refresh_from_db()
    assert flag.unanswered_at == flag.raised_at + 120 * SECOND
    escalation.acknowledge(people.alex.id, flag.id)
    flag.refresh_from_db()
    assert (flag.unanswered_at, flag.next_at) == (None, None)


def test_a_resolved_flag_climbs_no_more(people: Cast) -> None:
    flag = flagged(people)
    escalation.resolve(people.alex.id, flag.id, "watched", "")
    pass_seconds(flag.raised_at, 200)
    assert calls() == []


def test_where_nobody_can_be_called_the_next_are_called_at_once(people: Cast) -> None:
    """Nobody is signed in and nobody gave an e-mail address: who is on call is called without waiting a minute."""
    Desk.objects.all().delete()
    for who, phone in ((people.alex, "+12025550111"), (people.maria, "+12025550122")):
        set_contact(who.id, who.id, Reach(phone))
    flag = flagged(people)
    pass_seconds(flag.raised_at, 200)
    assert moments(flag) == [0, 120]
    assert calls(people.alex)[:2] == [(3, "text", "Alex"), (3, "voice", "Alex")]


def test_another_system_that_is_told_is_nobody_who_was_called(people: Cast) -> None:
    Desk.objects.all().delete()
    hook = Hook.objects.create(line=people.line, name="The other desk", url="https://example.org/")
    flag = flagged(people)
    pass_seconds(flag.raised_at, 0)
    assert calls(people.alex) == [(1, "hook", str(hook.oid)), (2, "email", "Alex")]


def test_with_nobody_at_all_it_is_known_at_once_that_nobody_has_answered_and_looked_for_again(
    cast: Cast,
) -> None:
    flag = flagged(cast)
    pass_seconds(flag.raised_at, 100)
    flag.refresh_from_db()
    assert (flag.unanswered_at, calls()) == (flag.raised_at, [])
    reached(cast)
    pass_seconds(flag.raised_at, 200, of=101)
    assert moments(flag) == [120, 180]


def test_a_worker_that_was_away_for_an_hour_calls_everybody_once_in_order_and_no_fifteen_rounds(
    people: Cast,
) -> None:
    flag = flagged(people)
    back = 3600
    Desk.objects.update(last_seen_at=flag.raised_at + back * SECOND)
    pass_seconds(flag.raised_at, back + 119, of=back)
    assert [step for step, _, _ in calls()] == [1, 2, 2, 3, 3, 4, 4, 4]
    pass_seconds(flag.raised_at, back + 150, of=back + 120)
    assert max(step for step, _, _ in calls()) == 6


def test_a_line_s_own_ladder_is_climbed_instead(people: Cast) -> None:
    keep_alex_here()
    Rung.objects.create(line=people.line, after=0, whom=Whom.ON_SHIFT, channel=Channel.SCREEN)
    Rung.objects.create(line=people.line, after=10, whom=Whom.MANAGERS, channel=Channel.TEXT)
    flag = flagged(people)
    pass_seconds(flag.raised_at, 100)
    assert calls(people.alex, people.maria) == [(1, "screen", "Alex"), (2, "text", "Maria")]
    assert moments(flag) == [0, 10]


def test_who_stands_on_two_rungs_of_a_step_is_called_once(people: Cast) -> None:
    for whom in (Whom.SUPERVISORS, Whom.ON_CALL):
        Rung.objects.create(line=people.line, after=0, whom=whom, channel=Channel.TEXT)
    pass_seconds(flagged(people).raised_at, 0)
    assert calls(people.alex) == [(1, "text", "Alex")]


# --- whom ---------------------------------------------------------------------------------------------------


@pytest.fixture
def jo(people: Cast) -> Staff:
    """A second supervisor, who comes first on call."""
    jo = add_staff("jo", "Jo", people.line.id, "supervisor")
    set_contact(jo.id, jo.id, Reach("+12025550133"))
    set_on_call(people.maria.id, people.line.id, [jo.id, people.alex.id])
    return jo


def on_call_texts(people: Cast, jo: Staff) -> list[str]:
    pass_seconds(flagged(people).raised_at, 70)
    return [who for _, channel, who in calls(people.alex, jo) if channel == "text"]


def test_who_is_on_call_is_called_in_the_order_of_the_list(people: Cast, jo: Staff) -> None:
    assert on_call_texts(people, jo) == ["Jo", "Alex"]


def test_somebody_who_left_the_line_is_not_called(people: Cast, jo: Staff) -> None:
    roster.take_role(people.maria.id, people.line.id, jo.id, "supervisor")
    assert on_call_texts(people, jo) == ["Alex"]


def test_somebody_who_was_deactivated_is_not_called(people: Cast, jo: Staff) -> None:
    roster.deactivate(people.maria.id, people.line.id, jo.id)
    assert on_call_texts(people, jo) == ["Alex"]


def test_somebody_on_call_who_is_a_volunteer_now_is_not_called(people: Cast, jo: Staff) -> None:
    Membership.objects.filter(staff=jo).update(role="volunteer")
    assert on_call_texts(people, jo) == ["Alex"]


def test_who_signs_in_within_the_first_half_minute_is_on_the_second_step(people: Cast) -> None:
    Desk.objects.all().delete()
    Hook.objects.create(line=people.line, name="The other desk", url="https://example.org/")
    jo = add_staff("jo", "Jo", people.line.id, "supervisor")
    presence.set_ready(jo.id, False)
    flag = flagged(people)
    pass_seconds(flag.raised_at, 20)
    presence.set_ready(people.alex.id, False)
    pass_seconds(flag.raised_at, 31, of=21)
    assert (2, "screen", "Alex") in calls(people.alex)


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A package is installed that offers to take pages."""
    offers = [EntryPoint("pager", "somebody.elses:page", climbing.PLUGINS)]
    monkeypatch.setattr(climbing, "entry_points", lambda group: offers)
    climbing.plugins.cache_clear()
    yield
    climbing.plugins.cache_clear()


@pytest.mark.usefixtures("installed")
def test_other_systems_of_the_line_and_plug_ins_are_told_with_the_first_step(people: Cast) -> None:
    hook = Hook.objects.create(line=people.line, name="Ours", url="https://example.org/")
    Hook.objects.create(line=people.other_line, name="Theirs", url="https://example.org/")
    pass_seconds(flagged(people).raised_at, 0)
    assert {one for one in calls(people.alex) if one[1] != "screen"} == {
        (1, "hook", str(hook.oid)),
        (1, "plugin", "pager"),
    }


# --- again, and together ------------------------------------------------------------------------------------


def test_many_risky_messages_of_one_conversation_are_one_flag_and_one_climb(people: Cast) -> None:
    for _ in range(5):
        flag = flagged(people)
        pass_seconds(flag.raised_at, 1)
    assert (Flag.objects.count(), flag.climb) == (1, 1)
    assert calls(people.alex) == [(1, "screen", "Alex")]


def worse(flag: Flag) -> Flag:
    """Something happens beside the flag that must be acknowledged anew, at the given moment."""
    escalation.call_again(flag.conversation, "absent", "Their volunteer is gone")
    flag.refresh_from_db()
    return flag


def test_an_acknowledged_flag_that_grew_worse_climbs_anew_from_the_bottom(people: Cast) -> None:
    flag = flagged(people)
    pass_seconds(flag.raised_at, 60)
    escalation.acknowledge(people.alex.id, flag.id)
    keep_alex_here()
    flag = worse(flag)
    assert (flag.state, flag.climb, flag.step) == ("open", 2, 0)
    assert flag.climbs_since
    pass_seconds(flag.climbs_since, 40)
    assert [one[0] for one in calls(climb=2)] == [1, 2, 2]


def test_growing_worse_while_it_climbs_calls_again_at_once_and_keeps_nobody_waiting_longer(
    people: Cast,
) -> None:
    keep_alex_here()
    flag = flagged(people)
    Flag.objects.update(climbs_since=flag.raised_at - 100 * SECOND)
    pass_seconds(flag.raised_at, 2)
    assert [one[0] for one in calls()] == [1, 2, 2, 3, 3]
    pass_seconds(worse(flag).raised_at, 25, of=3)
    assert [one[0] for one in calls(climb=2)] == [1, 2, 2, 3, 3, 4, 4, 4]
    managers = Page.objects.filter(climb=2, step=4).values_list("made_at", flat=True)
    assert managers[0] == flag.raised_at + 20 * SECOND


def test_growing_worse_between_two_rounds_begins_one_at_once(people: Cast) -> None:
    keep_alex_here()
    flag = flagged(people)
    pass_seconds(flag.raised_at, 130)
    Flag.objects.update(climbs_since=timezone.now() + 60 * SECOND)
    flag = worse(flag)
    assert flag.climbs_since == flag.next_at
    assert flag.unanswered_at


def test_what_is_said_after_a_flag_was_resolved_is_a_flag_of_its_own(people: Cast) -> None:
    first = flagged(people)
    escalation.resolve(people.alex.id, first.id, "watched", "")
    people.visits(RISKY)
    second = Flag.objects.get(state=FlagState.OPEN)
    pass_seconds(second.raised_at, 0)
    assert Page.objects.get().flag == second


def test_a_flood_is_climbed_worst_first_then_oldest(people: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(climbing, "TOGETHER", 2)
    flags = [flagged(people, f"visitor {number}") for number in range(6)]
    levels = [2, 3, 2, 3, 2, 3]
    for flag, level in zip(flags, levels, strict=True):
        Flag.objects.filter(id=flag.id).update(level=level)
    pass_seconds(timezone.now(), 1)
    climbed = list(Page.objects.order_by("id").values_list("flag", flat=True))
    assert climbed == [flags[place].id for place in (1, 3, 5, 0, 2, 4)]


def test_a_drill_climbs_like_any_other_and_its_pages_know_it(people: Cast) -> None:
    flag = flagged(people)
    Conversation.objects.update(kind=Kind.DRILL)
    pass_seconds(flag.raised_at, 0)
    assert [one.flag.conversation.kind for one in Page.objects.all() if one.flag] == ["drill"]


# --- what could not be screened -----------------------------------------------------------------------------


def test_a_screen_that_fails_on_every_message_is_one_alarm_and_one_flag_a_conversation(
    people: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> Assessment:
        raise RuntimeError("a defect")

    monkeypatch.setattr(intake, "assess", crash)
    for _ in range(10):
        people.visits("hello", "somebody")
        people.visits("hello", "somebody else")
    alarm = Alarm.objects.get(code="screen_failed")
    assert (alarm.count, alarm.pages.count()) == (20, 0)
    assert list(Flag.objects.values_list("kind", "climb")) == [("unscreened", 1)] * 2
    pass_seconds(timezone.now(), 1)
    assert calls(people.alex) == [(1, "screen", "Alex")] * 2
