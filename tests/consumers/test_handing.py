"""Passing on, asking and barring in frames: what each desk is shown, and that no words come before somebody accepts."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from chatline.conversations.models import Conversation
from chatline.people.actions import raise_alarm
from routing import absence, passing
from routing.models import Desk as DeskRow
from tests.cast import Cast
from tests.clients import Desk, verb
from tests.consumers.desks import answering
from tests.doors import Door

pytestmark = [pytest.mark.django_db(transaction=True)]


def offers(desk: Desk) -> list[dict[str, Any]]:
    return list(desk.shown.latest["desk"]["offers"])


def state(desk: Desk, one: str) -> dict[str, Any]:
    return desk.shown.states.get(one, {})


async def asks(desk: Desk, one: str, kind: str) -> None:
    await desk.transport.send(json.dumps({"type": "help", "conversation": one, "kind": kind}))


async def offering(cast: Cast, door: Door) -> tuple[Desk, Desk, str]:
    """Sam offers a person to Robin, who has just seen it."""
    sam, one = await answering(cast, door, "grey mornings again")
    robin = await door.desk(cast.robin)
    await sam.send("transfer", conversation=one, to=str(cast.robin.id))
    await robin.sees(lambda: offers(robin))
    return sam, robin, one


# --- to a colleague ---------------------------------------------------------------------------------------


async def test_an_offer_shows_who_it_is_and_who_offers_and_not_a_word(cast: Cast, door: Door) -> None:
    sam, robin, one = await offering(cast, door)
    (offer,) = offers(robin)
    assert (offer["conversation"], offer["by"], offer["medium"], offer["level"], offer["line"]) == (
        one,
        "Sam",
        "web",
        "none",
        "Demo line",
    )
    await sam.sees(lambda: state(sam, one)["offered_to"] == "Robin")
    assert state(sam, one)["offered_until"] == offer["expires_at"]
    assert "grey" not in str(robin.shown.frames)


async def test_accepting_moves_it_between_the_desks_and_the_visitor_sees_the_new_name(
    cast: Cast, door: Door
) -> None:
    visitor = await door.visitor()
    await visitor.say("grey mornings again")
    sam, robin = await door.desk(cast.sam), await door.desk(cast.robin)
    await sam.ready()
    one = await sam.take()
    await visitor.sees(lambda: visitor.shown.latest.get("state", {}).get("name") == "Sam")
    await sam.send("transfer", conversation=one, to=str(cast.robin.id))
    await robin.sees(lambda: offers(robin))
    await robin.send("accept", conversation=one)
    assert (await robin.hears("taken"))["conversation"] == one
    await robin.sees(lambda: robin.held == [one] and robin.shown.texts(one) == ["grey mornings again"])
    await sam.sees(lambda: sam.held == [])
    await visitor.sees(lambda: visitor.shown.latest.get("state", {}).get("name") == "Robin")
    assert offers(robin) == []
    assert (await sam.say(one, "one more word"))["code"] == "not_found"
    assert (await robin.say(one, "I am Robin."))["type"] == "said"


@pytest.mark.parametrize("how", ["declined", "withdrawn", "expired"])
async def test_an_offer_that_is_over_goes_from_both_desks(cast: Cast, door: Door, how: str) -> None:
    sam, robin, one = await offering(cast, door)
    if how == "declined":
        await robin.send("accept", conversation=one, yes=False)
    elif how == "withdrawn":
        await sam.send("transfer", conversation=one)
    else:
        await verb(passing.lapse, timezone.now() + timedelta(minutes=3))
    await sam.sees(lambda: state(sam, one)["offered_to"] == "")
    await robin.sees(lambda: offers(robin) == [])
    assert sam.held == [one]


async def test_refusals_name_the_conversation(cast: Cast, door: Door) -> None:
    sam, robin, one = await offering(cast, door)
    await sam.send("transfer", conversation=one, to=str(cast.robin.id))
    refusal = await sam.hears("error")
    assert (refusal["code"], refusal["conversation"]) == ("offered_already", one)
    assert await sam.refusal("transfer", conversation=one, line="other") == "consent_missing"
    assert await robin.refusal("transfer", conversation=one, to=str(cast.sam.id)) == "not_found"


async def test_to_another_line_takes_consent_and_lines_that_answer_are_listed(cast: Cast, door: Door) -> None:
    olive = await door.desk(cast.olive)
    sam, one = await answering(cast, door)
    await sam.sees(lambda: "shift" in sam.shown.latest)
    assert {line["slug"] for line in sam.shown.latest["shift"]["open_lines"]} == {"demo", "other"}
    await sam.send("transfer", conversation=one, line="other", consent=True)
    await olive.sees(lambda: olive.waiting == [one])
    await sam.sees(lambda: sam.held == [] and sam.waiting == [])


# --- a supervisor -----------------------------------------------------------------------------------------


async def test_asking_shows_on_both_sides_who_asks_and_who_comes(cast: Cast, door: Door) -> None:
    alex = await door.desk(cast.alex)
    sam, one = await answering(cast, door)
    await sam.send("help", conversation=one, note="what may I say")
    await alex.sees(lambda: alex.shown.latest["flags"]["helps"])
    (asked,) = alex.shown.latest["flags"]["helps"]
    assert (asked["kind"], asked["note"], asked["asked_by"], asked["answered_by"]) == (
        "advice",
        "what may I say",
        "Sam",
        "",
    )
    await sam.sees(lambda: state(sam, one)["help"] == "advice")
    assert await sam.refusal("help", conversation=one) == "help_asked_already"
    await alex.send("answer_help", help=asked["id"])
    await sam.sees(lambda: state(sam, one)["help_by"] == "Alex")
    await alex.send("answer_help", help=asked["id"], over=True)
    await sam.sees(lambda: (state(sam, one)["help"], state(sam, one)["help_by"]) == ("", ""))
    await alex.sees(lambda: alex.shown.latest["flags"]["helps"] == [])


async def test_whoever_asked_takes_it_back(cast: Cast, door: Door) -> None:
    sam, one = await answering(cast, door)
    await asks(sam, one, "hand_over")
    await sam.sees(lambda: state(sam, one)["help"] == "hand_over")
    await sam.send("help", conversation=one, over=True)
    await sam.sees(lambda: state(sam, one)["help"] == "")


async def test_giving_up_frees_the_desk_and_a_supervisor_ends_and_bars(cast: Cast, door: Door) -> None:
    alex = await door.desk(cast.alex)
    sam, one = await answering(cast, door)
    await asks(sam, one, "abuse")
    await sam.sees(lambda: sam.held == [])
    await sam.sees(lambda: [one["reserved"] for one in sam.shown.latest["queue"]["waiting"]] == [True])
    assert await sam.refusal("take") == "queue_empty"
    await alex.sees(lambda: alex.shown.latest["flags"]["helps"])
    assert await sam.refusal("bar", conversation=one, hours=24, reason="abuse") == "not_found"
    await alex.send("bar", conversation=one, hours=24, reason="abuse")
    await alex.sees(lambda: alex.shown.latest["flags"]["barred"])
    (barred,) = alex.shown.latest["flags"]["barred"]
    assert (barred["by"], barred["reason"], barred["reviewed_by"]) == ("Alex", "abuse", "")
    await alex.sees(lambda: alex.waiting == [] and alex.shown.latest["flags"]["helps"] == [])
    assert await alex.refusal("review_block", block=barred["id"]) == "needs_another"
    await alex.send("review_block", block=barred["id"], lift=True)
    await alex.sees(lambda: alex.shown.latest["flags"]["barred"] == [])


async def test_a_visitor_who_is_barred_is_told_that_nobody_answers(cast: Cast, door: Door) -> None:
    visitor = await door.visitor()
    await visitor.say("hello")
    sam = await door.desk(cast.sam)
    await sam.ready()
    one = await sam.take()
    await asks(sam, one, "abuse")
    await sam.sees(lambda: sam.held == [])
    alex = await door.desk(cast.alex)
    await alex.send("bar", conversation=one, hours=24, reason="abuse")
    await visitor.sees(lambda: visitor.shown.latest.get("state", {}).get("blocked"))
    assert visitor.shown.latest["state"]["state"] == "closed"


# --- gone, and back by phone ------------------------------------------------------------------------------


async def test_a_volunteer_whose_laptop_dies_goes_on_by_phone_with_the_same_people(
    cast: Cast, door: Door, settings: Settings
) -> None:
    settings.LOOK_SECONDS = 0.1
    laptop, one = await answering(cast, door, "are you there")
    phone = await door.desk(cast.sam)
    await phone.sees(lambda: phone.held == [one] and phone.shown.texts(one) == ["are you there"])
    await laptop.close()
    long_ago = timezone.now() - timedelta(hours=1)
    await verb(DeskRow.objects.update, last_seen_at=long_ago, gone_at=long_ago + timedelta(minutes=1))
    await phone.quiet(0.5)
    assert not await verb(absence.return_abandoned, timezone.now())
    assert (await phone.say(one, "I am on my phone now"))["type"] == "said"


async def test_signing_in_counts_as_being_there_at_once(cast: Cast, door: Door, settings: Settings) -> None:
    settings.LOOK_SECONDS = 3600
    _, one = await answering(cast, door)
    long_ago = timezone.now() - timedelta(hours=1)
    await verb(DeskRow.objects.update, last_seen_at=long_ago, gone_at=long_ago + timedelta(minutes=1))
    phone = await door.desk(cast.sam)
    assert not await verb(absence.return_abandoned, timezone.now())
    assert phone.held == [one]


async def test_who_is_gone_finds_their_people_with_the_queue_and_the_person_is_told(
    cast: Cast, door: Door
) -> None:
    visitor, robin = await door.visitor(), await door.desk(cast.robin)
    await visitor.say("hello")
    sam = await door.desk(cast.sam)
    await sam.ready()
    one = await sam.take()
    await sam.close()
    long_ago = timezone.now() - timedelta(hours=1)
    await verb(Conversation.objects.update, told_at=None)
    await verb(DeskRow.objects.update, last_seen_at=long_ago, gone_at=long_ago + timedelta(minutes=1))
    assert await verb(absence.return_abandoned, timezone.now())
    await robin.sees(lambda: robin.waiting == [one])
    await visitor.sees(
        lambda: any(said["purpose"] == "volunteer_gone" for said in visitor.shown.messages[one].values())
    )
    await visitor.sees(lambda: visitor.state == "waiting")
    back = await door.desk(cast.sam)
    assert back.held == []


async def test_a_supervisor_sees_that_the_holder_is_away(cast: Cast, door: Door, settings: Settings) -> None:
    settings.LOOK_SECONDS = 3600
    alex = await door.desk(cast.alex)
    await answering(cast, door)
    await alex.sees(lambda: away(alex) == [False])
    await verb(
        DeskRow.objects.filter(staff=cast.sam).update, last_seen_at=timezone.now() - timedelta(hours=1)
    )
    await verb(absence.note_gone, timezone.now())
    await alex.sees(lambda: away(alex) == [True])


def away(desk: Desk) -> list[bool]:
    return [talk["holder_away"] for talk in desk.shown.latest.get("talks", {"talks": []})["talks"]]


async def test_an_alarm_of_a_line_is_shown_to_its_supervisors_alone(cast: Cast, door: Door) -> None:
    alex = await door.desk(cast.alex)
    await verb(raise_alarm, "nobody_on_shift", "other")
    await alex.quiet()
    assert alex.shown.latest["flags"]["alarms"] == []
    await verb(raise_alarm, "nobody_on_shift", "demo")
    await alex.sees(lambda: alex.shown.latest["flags"]["alarms"] == ["nobody_on_shift"])
