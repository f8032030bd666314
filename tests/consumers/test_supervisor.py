"""What supervisors see and do on the desk's socket."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.utils import timezone
from pytest_django import Settings

from chatline import announce
from chatline.conversations import leaving
from chatline.conversations.models import Conversation
from chatline.lines.ladders import Channel
from chatline.lines.models import Hook
from chatline.people.actions import clear_alarm, raise_alarm
from consumers import screens
from routing import climbing, dispatcher, intake, pages, reaching
from routing.models import Flag, Page
from routing.reaching import Reach
from tests.cast import A_NUMBER, RISKY, Cast
from tests.clients import Desk, verb
from tests.doors import Door

pytestmark = [pytest.mark.django_db(transaction=True)]


async def alarmed(cast: Cast, door: Door) -> tuple[Desk, dict[str, Any]]:
    """Alex's desk, and the flag that a risky message raised while it was open."""
    alex = await door.desk(cast.alex)
    await verb(cast.visits, RISKY)
    await alex.sees(lambda: flags(alex))
    return alex, flags(alex)[0]


def flags(desk: Desk) -> list[dict[str, Any]]:
    return list(desk.shown.latest["flags"]["flags"])


async def test_a_risky_message_shows_at_once_with_its_words(cast: Cast, door: Door) -> None:
    _, flag = await alarmed(cast, door)
    assert (flag["level"], flag["state"], flag["acknowledged_by"]) == ("imminent", "open", "")
    assert flag["reasons"]
    assert all(reason["quote"] and reason["quote"] in RISKY for reason in flag["reasons"])


async def test_a_volunteer_is_shown_no_flags(cast: Cast, door: Door) -> None:
    desk = await door.desk(cast.sam)
    await verb(cast.visits, RISKY)
    await desk.quiet()
    assert "flags" not in desk.shown.latest


async def test_a_manager_reads_nobodys_words(cast: Cast, door: Door) -> None:
    desk = await door.desk(cast.maria)
    await verb(cast.visits, RISKY)
    await desk.quiet()
    assert desk.waiting == []
    assert "flags" not in desk.shown.latest


async def test_acknowledging_names_who_has_it(cast: Cast, door: Door) -> None:
    alex, flag = await alarmed(cast, door)
    await alex.send("acknowledge", flag=flag["id"])
    answer = await alex.hears("flag")
    assert (answer["id"], answer["state"], answer["acknowledged_by"]) == (flag["id"], "acknowledged", "Alex")
    await alex.sees(lambda: flags(alex)[0]["state"] == "acknowledged")


async def test_acknowledging_twice_is_refused(cast: Cast, door: Door) -> None:
    alex, flag = await alarmed(cast, door)
    await alex.send("acknowledge", flag=flag["id"])
    await alex.hears("flag")
    assert await alex.refusal("acknowledge", flag=flag["id"]) == "already_acknowledged"


async def test_resolving_takes_it_off_the_list(cast: Cast, door: Door) -> None:
    alex, flag = await alarmed(cast, door)
    await alex.send("resolve", flag=flag["id"], outcome="watched", reason="talked it through")
    answer = await alex.hears("flag")
    assert (answer["state"], answer["outcome"]) == ("resolved", "watched")
    await alex.sees(lambda: flags(alex) == [])


async def test_an_outcome_that_does_not_exist_is_refused(cast: Cast, door: Door) -> None:
    alex, flag = await alarmed(cast, door)
    assert await alex.refusal("resolve", flag=flag["id"], outcome="fine") == "unknown_outcome"


async def test_lowering_a_risk_needs_a_reason(cast: Cast, door: Door) -> None:
    alex, flag = await alarmed(cast, door)
    assert await alex.refusal("resolve", flag=flag["id"], outcome="false_flag") == "reason_missing"


async def test_a_flag_cannot_be_resolved_twice(cast: Cast, door: Door) -> None:
    alex, flag = await alarmed(cast, door)
    await alex.send("resolve", flag=flag["id"], outcome="watched")
    await alex.hears("flag")
    assert await alex.refusal("resolve", flag=flag["id"], outcome="watched") == "already_resolved"


@pytest.mark.parametrize(("kind", "fields"), [("acknowledge", {}), ("resolve", {"outcome": "watched"})])
async def test_for_anybody_else_the_flag_does_not_exist(
    cast: Cast, door: Door, kind: str, fields: dict[str, str]
) -> None:
    _, flag = await alarmed(cast, door)
    for person in (cast.sam, cast.maria, cast.olive):
        desk = await door.desk(person)
        assert await desk.refusal(kind, flag=flag["id"], **fields) == "not_found"
        assert await desk.refusal(kind, flag=str(uuid4()), **fields) == "not_found"


async def test_a_close_beside_an_open_flag_is_refused_and_possible_after_it(cast: Cast, door: Door) -> None:
    alex, flag = await alarmed(cast, door)
    sam = await door.desk(cast.sam)
    await sam.ready()
    one = await sam.take()
    assert await sam.refusal("close", conversation=one) == "open_flag"
    await alex.send("resolve", flag=flag["id"], outcome="watched")
    await sam.sees(lambda: sam.shown.states[one]["open_flags"] == 0)
    await sam.send("close", conversation=one)
    await sam.sees(lambda: sam.shown.states[one]["closing_at"])


async def test_whoever_leaves_at_risk_stays_visible_until_the_flag_is_resolved(
    cast: Cast, door: Door
) -> None:
    alex, flag = await alarmed(cast, door)
    await verb(lambda: leaving.end(cast.visitor_of()))
    await alex.quiet()
    assert alex.waiting == [flag["conversation"]]
    await alex.send("resolve", flag=flag["id"], outcome="watched")
    await alex.sees(lambda: alex.waiting == [])
    assert (await verb(Conversation.objects.get, id=flag["conversation"])).state == "closed"


async def test_an_erasure_asked_for_at_risk_happens_when_the_flag_is_resolved(cast: Cast, door: Door) -> None:
    alex, flag = await alarmed(cast, door)
    await verb(lambda: leaving.erase(cast.visitor_of()))
    row = await verb(Conversation.objects.get, id=flag["conversation"])
    assert (row.erased_at, row.state) == (None, "waiting")
    await alex.send("resolve", flag=flag["id"], outcome="watched", reason="spoke with them")
    await alex.hears("flag")
    await verb(row.refresh_from_db)
    assert row.erased_at
    assert row.state == "closed"


async def test_an_erasure_held_up_by_a_flag_takes_their_earlier_conversations_with_it(
    cast: Cast, door: Door
) -> None:
    earlier = await verb(an_earlier_conversation, cast)
    alex, flag = await alarmed(cast, door)
    await verb(lambda: leaving.erase(cast.visitor_of()))
    await alex.send("resolve", flag=flag["id"], outcome="watched")
    await alex.hears("flag")
    assert (await verb(Conversation.objects.get, id=earlier)).erased_at


async def test_a_flag_of_words_forgotten_meanwhile_can_still_be_resolved_with_a_reason(
    cast: Cast, door: Door
) -> None:
    """An erasure happens after a day at the latest, also while its flag is open; the reason is then nobody's secret."""
    alex, flag = await alarmed(cast, door)
    await verb(lambda: leaving.erase(cast.visitor_of()))
    assert await verb(dispatcher.erase_overdue, timezone.now() + timedelta(hours=25))
    await alex.send("resolve", flag=flag["id"], outcome="false_flag", reason="a line of a song")
    assert (await alex.hears("flag", "error"))["type"] == "flag"


async def test_a_note_on_words_forgotten_meanwhile_does_not_keep_a_flag_from_being_raised(
    cast: Cast, door: Door
) -> None:
    _, _flag = await alarmed(cast, door)
    sam = await door.desk(cast.sam)
    await sam.ready()
    one = await sam.take()
    await verb(lambda: leaving.erase(cast.visitor_of()))
    await verb(dispatcher.erase_overdue, timezone.now() + timedelta(hours=25))
    await sam.send("flag", conversation=one, note="I worry about them")
    await sam.sees(lambda: sam.shown.states[one]["open_flags"] == 2, seconds=2)


def an_earlier_conversation(cast: Cast) -> object:
    """One that the same tab had, closed by now."""
    received = cast.visits("hello")
    assert received.stored
    row = Conversation.objects.get(id=received.stored.conversation)
    row.state, row.closed_at = "closed", row.opened_at
    row.save()
    return row.id


async def test_a_screen_that_fails_shows_one_flag_and_an_alarm_that_stays_until_mended(
    cast: Cast, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    alex = await door.desk(cast.alex)
    monkeypatch.setattr(intake, "assess", lambda *_: 1 / 0)
    for text in ("hello", "is anybody there"):
        await verb(cast.visits, text)
    await alex.sees(
        lambda: len(flags(alex)) == 1 and alex.shown.latest["flags"]["alarms"] == ["screen_failed"]
    )
    assert await verb(Flag.objects.count) == 1
    await verb(clear_alarm, "screen_failed")
    await alex.sees(lambda: alex.shown.latest["flags"]["alarms"] == [])


async def test_an_alarm_reaches_an_open_desk(cast: Cast, door: Door) -> None:
    alex = await door.desk(cast.alex)
    await verb(raise_alarm, "unknown_number", "57231")
    await alex.sees(lambda: alex.shown.latest["flags"]["alarms"] == ["unknown_number"])


async def test_a_new_supervisor_sees_flags_without_signing_in_anew(
    cast: Cast, door: Door, settings: Settings
) -> None:
    settings.LOOK_SECONDS = 0.1
    sam = await door.desk(cast.sam)
    await verb(cast.visits, RISKY)
    await verb(cast.sam.memberships.create, line=cast.line, role="supervisor")
    await sam.sees(lambda: "flags" in sam.shown.latest and flags(sam))


# --- the ladder -------------------------------------------------------------------------------------------


def climb(cast: Cast, rounds: int = 1) -> None:
    """All steps of the open flag's ladder are taken, as if their time had come, again and again."""
    for _ in range(rounds * 4):
        Flag.objects.filter(state="open").update(next_at=timezone.now())
        climbing.climb_due(timezone.now())


def unanswered(desk: Desk) -> tuple[int, str | None, bool]:
    queue = desk.shown.latest["queue"]
    return queue["unanswered"], queue["unanswered_since"], queue["unanswered_practice"]


async def test_a_flag_says_at_which_step_it_is_and_who_was_called(cast: Cast, door: Door) -> None:
    await verb(reaching.set_contact, cast.alex.id, cast.alex.id, Reach(A_NUMBER, "alex@example.org"))
    await verb(reaching.set_on_call, cast.maria.id, cast.line.id, [cast.alex.id])
    alex, flag = await alarmed(cast, door)
    assert (flag["step"], flag["calls"], flag["unanswered"]) == (0, [], False)
    await verb(climb, cast)
    await alex.sees(lambda: flags(alex)[0]["step"] >= flags(alex)[0]["steps"] > 0)
    called = {(one["name"], one["channel"]): one["state"] for one in flags(alex)[0]["calls"]}
    assert called == {
        ("Alex", "screen"): "called",
        ("Alex", "email"): "calling",
        ("Alex", "text"): "calling",
        ("Alex", "voice"): "calling",
    }
    assert A_NUMBER not in str(flags(alex))


async def test_whoever_was_called_in_vain_is_seen_to_be(cast: Cast, door: Door) -> None:
    await verb(reaching.set_contact, cast.alex.id, cast.alex.id, Reach(email="alex@example.org"))
    alex, _ = await alarmed(cast, door)
    await verb(climb, cast)
    await verb(lambda: Page.objects.filter(channel="email").update(state="failed"))
    await verb(announce.now, [announce.BoardChanged()])
    await alex.sees(lambda: "failed" in {one["state"] for one in flags(alex)[0]["calls"]})


async def test_what_became_of_a_call_is_shown_as_soon_as_it_is_known(cast: Cast, door: Door) -> None:
    await verb(reaching.set_contact, cast.alex.id, cast.alex.id, Reach(email="alex@example.org"))
    alex, _ = await alarmed(cast, door)
    await verb(climb, cast)
    await alex.sees(lambda: "email" in by_channel(alex))
    page = await verb(pages.claim, [Channel.EMAIL], timezone.now())
    assert page
    await verb(pages.sent, page.oid, "an id")
    await alex.sees(lambda: by_channel(alex)["email"] == "called")
    await verb(pages.delivered, page.oid, "an id")
    await alex.sees(lambda: by_channel(alex)["email"] == "arrived")


def by_channel(desk: Desk) -> dict[str, str]:
    return {one["channel"]: one["state"] for one in flags(desk)[0]["calls"]}


async def test_every_desk_of_the_line_shows_that_nobody_has_answered_until_somebody_has(
    cast: Cast, door: Door
) -> None:
    alex, flag = await alarmed(cast, door)
    sam, olive = await door.desk(cast.sam), await door.desk(cast.olive)
    assert unanswered(sam) == (0, None, False)
    await verb(climb, cast)
    await sam.sees(lambda: unanswered(sam) == (1, flag["raised_at"], False))
    await alex.sees(lambda: unanswered(alex)[0] == 1 and flags(alex)[0]["unanswered"])
    await alex.send("acknowledge", flag=flag["id"])
    await sam.sees(lambda: unanswered(sam) == (0, None, False))
    await alex.sees(lambda: unanswered(alex)[0] == 0 and not flags(alex)[0]["unanswered"])
    assert unanswered(olive) == (0, None, False)


async def test_nothing_about_an_unanswered_flag_changes_while_only_time_passes(
    cast: Cast, door: Door
) -> None:
    """Else 500 desks would be sent the same every second."""
    await alarmed(cast, door)
    sam = await door.desk(cast.sam)
    await verb(climb, cast)
    await sam.sees(lambda: unanswered(sam)[0] == 1)
    before = await verb(queue_sign, cast)
    with time_machine.travel(timezone.now() + timedelta(seconds=5)):
        assert await verb(queue_sign, cast) == before


def queue_sign(cast: Cast) -> int:
    lines = frozenset({cast.line.id})
    return screens.encoded(screens.READS["queue"], [lines])[lines][1]


async def test_a_practice_flag_is_told_from_a_real_one_wherever_it_is_seen(cast: Cast, door: Door) -> None:
    alex, _ = await alarmed(cast, door)
    await verb(lambda: Conversation.objects.update(kind="practice"))
    await verb(climb, cast)
    await alex.sees(lambda: flags(alex)[0]["drill"] and unanswered(alex)[2])


async def test_what_another_system_did_not_take_is_tried_again_by_a_supervisor(
    cast: Cast, door: Door
) -> None:
    await verb(lambda: Hook.objects.create(line=cast.line, name="Pager", url="https://pager.example.org/"))
    alex, _ = await alarmed(cast, door)
    await verb(climb, cast)
    await verb(lambda: Page.objects.filter(channel="hook").update(state="dead", error="timeout"))
    await verb(announce.now, [announce.BoardChanged()])
    await alex.sees(lambda: bool(dead(alex)))
    assert (dead(alex)[0]["name"], dead(alex)[0]["error"]) == ("Pager", "timeout")
    page, left = dead(alex)[0]["page"], len(dead(alex)) - 1
    for person in (cast.sam, cast.maria):
        desk = await door.desk(person)
        assert await desk.refusal("try_again", page=page) == "not_found"
    await alex.send("try_again", page=page)
    await alex.sees(lambda: len(dead(alex)) == left)
    assert await alex.refusal("try_again", page=page) == "not_dead"


def dead(desk: Desk) -> list[dict[str, Any]]:
    return list(desk.shown.latest["flags"]["dead"])


async def test_a_volunteer_is_told_that_the_screen_did_not_read_it(
    cast: Cast, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    sam = await door.desk(cast.sam)
    await verb(cast.visits, "hello")
    await sam.ready()
    one = await sam.take()
    assert not sam.shown.states[one]["unscreened"]
    monkeypatch.setattr(intake, "assess", lambda *_: 1 / 0)
    await verb(cast.visits, "is anybody there")
    await sam.sees(lambda: sam.shown.states[one]["unscreened"])
