"""Every hint is dropped in `announce`: all that anybody learns, they learn from the rows, within the look."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from chatline import announce
from chatline.conversations import deliveries
from chatline.conversations.deliveries import News
from chatline.conversations.models import Delivery
from chatline.conversations.states import DeliveryState
from consumers.hub import Hub
from routing import dispatcher, queue
from routing.carrier_words import Keyword
from tests.cast import RISKY, Cast
from tests.clients import Desk, Visitor, verb
from tests.doors import Door

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]

LOOK = 0.2
WITHIN = 2.0
"""Some looks, on a machine that is busy with other things."""


@pytest.fixture
def no_hints(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.LOOK_SECONDS = LOOK
    monkeypatch.setattr(announce, "now", lambda hints: None)
    monkeypatch.setattr(announce, "hear", lambda hints: None)


async def web(door: Door, cast: Cast) -> tuple[Visitor, Desk, str]:
    visitor, desk = await door.visitor(), await door.desk(cast.sam)
    await desk.send("ready", on=True, seats=2)
    await visitor.say("hello")
    await desk.sees(lambda: desk.waiting == [visitor.conversation], WITHIN)
    await desk.sees(lambda: desk.shown.latest["desk"]["ready"], WITHIN)
    await desk.send("take")
    one = (await desk.hears("taken"))["conversation"]
    await desk.sees(lambda: one in desk.shown.states and one in desk.held and desk.waiting == [], WITHIN)
    return visitor, desk, one


async def test_both_sides_still_see_everything_in_order(cast: Cast, door: Door, no_hints: None) -> None:
    visitor, desk, one = await web(door, cast)
    said = ["hello"]
    for number in range(10):
        said += [f"visitor {number}", f"Sam {number}"]
        assert (await visitor.say(said[-2]))["seq"] == len(said) - 1
        assert (await desk.say(one, said[-1]))["seq"] == len(said)
    await visitor.sees(lambda: visitor.shown.texts() == said, WITHIN)
    await desk.sees(lambda: desk.shown.texts(one) == said, WITHIN)
    for client in (visitor, desk):
        seqs = [frame["seq"] for frame in client.shown.frames if frame["type"] == "message"]
        assert seqs == sorted(set(seqs)), "shown twice, or out of order"
    await visitor.sees(lambda: visitor.state == "active", WITHIN)
    print(f"{len(said)} messages of both sides without a single hint")


async def test_a_close_reaches_both_sides(cast: Cast, door: Door, no_hints: None) -> None:
    visitor, desk, one = await web(door, cast)
    await desk.send("close", conversation=one)
    await desk.sees(lambda: desk.shown.states[one]["closing_at"], WITHIN)
    await visitor.sees(lambda: visitor.shown.states.get(one, {}).get("closing_at"), WITHIN)
    await verb(dispatcher.carry_out_closes, timezone.now() + queue.UNDO + timedelta(seconds=1))
    await desk.sees(lambda: desk.held == [], WITHIN)
    await visitor.sees(lambda: visitor.state == "closed", WITHIN)


async def test_a_release_reaches_the_desk_and_the_queue_of_others(
    cast: Cast, door: Door, no_hints: None
) -> None:
    visitor, desk, one = await web(door, cast)
    robin = await door.desk(cast.robin)
    await desk.send("release", conversation=one)
    await robin.sees(lambda: robin.waiting == [one], WITHIN)
    await desk.sees(lambda: desk.held == [], WITHIN)
    await visitor.sees(lambda: visitor.state == "waiting", WITHIN)


async def test_delivery_marks_reach_the_desk(cast: Cast, door: Door, no_hints: None) -> None:
    await verb(cast.texts, "hello")
    await verb(cast.ready, cast.sam)
    await verb(queue.take, cast.sam.id)
    desk = await door.desk(cast.sam)
    await desk.sees(lambda: desk.shown.states)
    (one,) = desk.shown.states
    seq = (await desk.say(one, "hello, I am Sam"))["seq"]
    for state in (DeliveryState.ACCEPTED, DeliveryState.SENT, DeliveryState.DELIVERED):
        await verb(report, state)
        await desk.sees_mark(one, seq, state, WITHIN)
    print("3 delivery marks without a single hint")


def report(state: DeliveryState) -> None:
    deliveries.record(News(Delivery.objects.get(purpose="reply").oid, state))


async def test_stop_reaches_the_desk(cast: Cast, door: Door, no_hints: None) -> None:
    await verb(cast.texts, "hello")
    await verb(cast.ready, cast.sam)
    await verb(queue.take, cast.sam.id)
    desk = await door.desk(cast.sam)
    await desk.sees(lambda: desk.shown.states)
    (one,) = desk.shown.states
    seq = (await desk.say(one, "hello, I am Sam"))["seq"]
    await desk.sees(lambda: seq in desk.shown.messages[one], WITHIN)
    await verb(cast.texts, "STOP", keyword=Keyword.STOP)
    await desk.sees(lambda: not desk.shown.states[one]["reachable"], WITHIN)
    await desk.sees_mark(one, seq, "dropped", WITHIN)


async def test_a_flag_reaches_the_supervisor_and_its_end_reaches_the_volunteer(
    cast: Cast, door: Door, no_hints: None
) -> None:
    visitor, desk, one = await web(door, cast)
    alex = await door.desk(cast.alex)
    await visitor.say(RISKY)
    await alex.sees(lambda: alex.shown.latest["flags"]["flags"], WITHIN)
    await desk.sees(lambda: desk.shown.states[one]["open_flags"] == 1, WITHIN)
    await alex.send("resolve", flag=alex.shown.latest["flags"]["flags"][0]["id"], outcome="watched")
    await alex.sees(lambda: alex.shown.latest["flags"]["flags"] == [], WITHIN)
    await desk.sees(lambda: desk.shown.states[one]["open_flags"] == 0, WITHIN)


async def test_leaving_and_erasing_reach_both_sides(cast: Cast, door: Door, no_hints: None) -> None:
    visitor, desk, one = await web(door, cast)
    second_tab = await door.visitor(token=visitor.token)
    await visitor.send("end")
    await desk.sees(lambda: desk.shown.states[one]["left"], WITHIN)
    await second_tab.send("erase")
    await desk.sees(lambda: desk.held == [], WITHIN)
    await visitor.sees(lambda: visitor.state == "closed", WITHIN)


async def test_erased_words_are_blank_although_the_key_is_still_in_memory(
    cast: Cast, door: Door, no_hints: None
) -> None:
    """The hint that a key was destroyed is lost too, and an opened key may stay in memory for a minute."""
    visitor, _, _ = await web(door, cast)
    second_tab = await door.visitor(token=visitor.token)
    await second_tab.sees(lambda: second_tab.shown.texts() == ["hello"])
    await visitor.send("erase")
    await second_tab.sees(lambda: second_tab.shown.texts() == [""], WITHIN)


async def test_nothing_would_arrive_without_the_look_either(
    cast: Cast, door: Door, no_hints: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The break: with the look taken away as well, the same walk stops at its first step."""

    async def no_look(hub: Hub) -> None:
        """Nothing."""

    monkeypatch.setattr(Hub, "look", no_look)
    with pytest.raises(AssertionError, match="not within"):
        await web(door, cast)
    print("1 walk with the break: stopped")
