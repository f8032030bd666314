"""What both sockets do with frames that are wrong, early, or meet a defect: answer, and stay open."""

from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from chatline.conversations import actions
from consumers import domain, frames
from routing import intake, presence
from tests.cast import Cast
from tests.clients import Client
from tests.doors import Door

pytestmark = [pytest.mark.requirement("R-21"), pytest.mark.django_db(transaction=True)]

WRONG = {
    "an unknown type": '{"type": "dance"}',
    "no type": '{"text": "hello"}',
    "an unknown field": '{"type": "hello", "colour": "blue"}',
    "a field of another type": '{"type": "say", "key": 7, "text": "hello"}',
    "a missing field": '{"type": "say", "key": "k"}',
    "an empty key": '{"type": "say", "key": "", "text": "hello"}',
    "a key beyond 64 characters": '{"type": "say", "key": "%s", "text": "hello"}' % ("k" * 65),
    "a frame of the server's": '{"type": "welcome", "token": "t", "conversation": null, "state": "new"}',
    "a name of a method": '{"type": "live"}',
    "a list": "[]",
    "no JSON": "hello",
    "nothing": "",
    "half a surrogate": '{"type": "say", "key": "k", "text": "\\ud800"}',
}


@pytest.fixture(params=["visitor", "desk"])
async def client(request: pytest.FixtureRequest, cast: Cast, door: Door) -> Client:
    return await (door.visitor() if request.param == "visitor" else door.desk(cast.sam))


@pytest.mark.parametrize("frame", WRONG.values(), ids=WRONG.keys())
async def test_a_wrong_frame_is_answered_bad_frame_and_the_socket_stays_open(
    client: Client, frame: str
) -> None:
    await client.transport.send(frame)
    assert (await client.hears("error"))["code"] == "bad_frame"
    await client.send("hello")
    assert await client.hears("welcome", "desk", "error")


@pytest.mark.parametrize("who", ["visitor", "desk"])
async def test_anything_before_hello_is_refused_and_hello_still_works(
    cast: Cast, door: Door, who: str
) -> None:
    client: Client = (
        await door.visitor(greet=False) if who == "visitor" else await door.desk(cast.sam, greet=False)
    )
    kind, fields = ("end", {}) if who == "visitor" else ("ready", {"on": True})
    assert await client.refusal(kind, **fields) == "hello_first"
    await client.send("hello")
    assert (await client.hears("welcome", "desk", "error"))["type"] in {"desk", "error"}


async def test_a_text_is_refused_only_beyond_2000_code_points(cast: Cast, door: Door) -> None:
    visitor = await door.visitor()
    longest = "\N{PENSIVE FACE}" * 2_000
    assert (await visitor.say(longest))["seq"] == 1
    await visitor.sees(lambda: visitor.shown.texts() == [longest])
    refusal = await visitor.say(longest + "!", key="one too many")
    assert (refusal["code"], refusal["key"]) == ("too_long", "one too many")


async def test_a_text_of_blanks_is_refused_as_empty(cast: Cast, door: Door) -> None:
    visitor = await door.visitor()
    assert (await visitor.say(" \n\t"))["code"] == "empty"


async def test_a_volunteers_text_is_held_to_the_same_limits(cast: Cast, door: Door) -> None:
    visitor, desk = await door.visitor(), await door.desk(cast.sam)
    await desk.ready()
    await visitor.say("hello")
    one = await desk.take()
    assert (await desk.say(one, "x" * 2_001))["code"] == "too_long"
    assert (await desk.say(one, ""))["code"] == "empty"


async def test_a_defect_in_a_verb_is_answered_try_again_and_the_socket_lives(
    cast: Cast, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = await door.desk(cast.sam)
    with monkeypatch.context() as broken:
        broken.setattr(presence, "set_ready", defect)
        await desk.send("ready", on=True)
        answer = await desk.hears("error")
    assert (answer["code"], answer["retry_after"]) == ("try_again", 2.0)
    assert (await desk.ready())["ready"]


async def test_a_defect_in_first_words_is_answered_with_their_key(
    cast: Cast, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor = await door.visitor()
    with monkeypatch.context() as broken:
        broken.setattr(intake, "receive", defect)
        assert (await visitor.say("hello", key="mine"))["code"] == "try_again"
    assert (await visitor.say("hello", key="mine"))["seq"] == 1


async def test_a_defect_in_a_list_is_answered_and_the_thread_goes_on(
    cast: Cast, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor = await door.visitor()
    await visitor.say("hello")
    await visitor.sees(lambda: visitor.conversation in visitor.shown.states)
    with monkeypatch.context() as broken:
        broken.setattr(domain, "RECEIVE", domain.Listed(defect, defect))
        assert (await visitor.say("are you there", key="mine"))["code"] == "try_again"
    assert (await visitor.say("are you there", key="mine"))["seq"] == 2


async def test_a_defect_in_a_list_alone_leaves_each_of_it_its_own_answer(
    cast: Cast, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor, desk = await door.visitor(), await door.desk(cast.sam)
    await desk.ready()
    await visitor.say("hello")
    one = await desk.take()
    monkeypatch.setattr(domain, "SAY", domain.Listed(actions.say, defect))
    assert (await desk.say(one, "hello, I am Sam"))["seq"] == 2


@pytest.mark.both
async def test_a_zero_in_a_key_is_refused_for_good(cast: Cast, door: Door) -> None:
    """No database stores it in a text column, so sending it again must not be what is advised."""
    visitor = await door.visitor()
    await visitor.send("say", key="a\0b", text="hello")
    answer = await visitor.hears("error", "said")
    assert answer["type"] == "said" or answer["retry_after"] is None


def defect(*_: object) -> Any:
    raise RuntimeError("a defect")


def test_of_very_many_on_shift_supervisors_and_who_is_ready_are_listed() -> None:
    def one(number: int) -> presence.OnShift:
        name, kind = f"Volunteer {number}", number % 10
        return presence.OnShift(uuid4(), name, kind == 0, kind == 1, seats=2, held=0, away=False)

    told = frames.shift([one(number) for number in range(100)], [], [], 25, timezone.now())
    assert (len(told.colleagues), told.more) == (25, 75)
    assert sum(one.supervises for one in told.colleagues) == 10
    assert sum(one.ready for one in told.colleagues) == 10
