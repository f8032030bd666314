"""Web in, take, reply: in real frames; and what a socket gathered bit by bit is what a fresh one is told at once."""

import random
import time
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from pytest_django import Settings

from chatline import announce
from chatline.conversations import leaving
from chatline.conversations.models import Conversation
from consumers.hub import Hub
from routing import escalation, queue
from routing.models import Flag, Outcome
from tests.cast import RISKY, Cast, new_key
from tests.clients import Desk, Visitor, verb
from tests.doors import Door

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]

WALKS = 12
BESIDE: dict[str, dict[str, Any]] = {
    "note": {"text": "they like dogs"},
    "answer": {"question": "thoughts", "reply": "yes"},
    "plan": {"parts": {"coping": "music"}},
}
"""What Sam writes beside the talk."""

SETTLED = 3.0
"""Seconds after which both must be the same; some looks, where hints are lost."""


async def test_web_in_take_reply(cast: Cast, door: Door) -> None:
    visitor, desk = await door.visitor(), await door.desk(cast.sam)
    await desk.ready()
    assert (await visitor.say("hello"))["seq"] == 1
    assert visitor.conversation
    await desk.sees(lambda: visitor.conversation in desk.waiting)
    assert await desk.take() == visitor.conversation
    await desk.sees(lambda: desk.shown.texts() == ["hello"])
    assert (await desk.say(visitor.conversation, "hello, I am Sam"))["seq"] == 2
    await visitor.sees(lambda: visitor.shown.texts() == ["hello", "hello, I am Sam"])
    await visitor.sees(lambda: (visitor.state, visitor.shown.latest["state"]["name"]) == ("active", "Sam"))
    await desk.sees(lambda: desk.waiting == [])
    print("1 conversation walked: said, waited, taken, read, answered, shown")


async def test_what_a_socket_gathered_is_what_a_fresh_one_is_told(cast: Cast, door: Door) -> None:
    differences, steps = await walks(cast, door)
    print(f"{steps} steps in {WALKS} walks, each compared with two fresh loads: {len(differences)} differ")
    assert not differences


async def test_it_is_so_with_a_third_of_all_hints_lost(
    cast: Cast, door: Door, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose_a_third(settings, monkeypatch)
    differences, steps = await walks(cast, door)
    print(f"{steps} steps in {WALKS} walks, a third of all hints lost: {len(differences)} differ")
    assert not differences


async def test_a_message_handed_to_who_is_further_behind_would_be_noticed(
    cast: Cast, door: Door, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The break: the hub hands committed messages over without asking whether one before was missed."""
    lose_a_third(settings, monkeypatch)
    monkeypatch.setattr(Hub, "_exactly_one_behind", lambda *_: True)
    differences, steps = await walks(cast, door, count=4)
    print(f"{steps} steps in 4 walks with the break: {len(differences)} differ")
    assert differences


def lose_a_third(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.LOOK_SECONDS = 0.2
    dice, hear = random.Random(7), announce.hear
    monkeypatch.setattr(announce, "hear", lambda hints: hear([one for one in hints if dice.random() > 0.33]))


async def walks(cast: Cast, door: Door, count: int = WALKS) -> tuple[list[str], int]:
    """Which side of which walk, if any, gathered something else than a fresh load tells; and the number of steps."""
    differences: list[str] = []
    steps = 0
    desk = await door.desk(cast.sam)
    await desk.ready()
    for seed in range(count):
        visitor = await door.visitor()
        await visitor.say("hello")
        conversation = await desk.take()
        steps += await walk(visitor, desk, conversation, random.Random(seed))
        for side, gathered in (("visitor", visitor), ("desk", desk)):
            if difference := await differs(cast, door, gathered, conversation):
                differences.append(f"{side} {seed}: {difference}")
        await verb(put_away, cast, UUID(conversation))
    return differences, steps


async def differs(cast: Cast, door: Door, gathered: Visitor | Desk, conversation: str) -> str:
    """What is still different from a fresh load after `SETTLED` seconds."""
    deadline = time.monotonic() + SETTLED
    while True:
        await gathered.quiet(0.05)
        fresh: Visitor | Desk
        if isinstance(gathered, Visitor):
            fresh = await door.visitor(token=gathered.token)
        else:
            fresh = await door.desk(cast.sam)
        await fresh.sees(partial(fresh.shown.states.get, conversation))
        await fresh.close()
        if gathered.shown.picture() == fresh.shown.picture():
            return ""
        if time.monotonic() > deadline:
            return f"{gathered.shown.picture()} is not {fresh.shown.picture()}"


async def walk(visitor: Visitor, desk: Desk, conversation: str, dice: random.Random) -> int:
    """Both sides say and do things in random order, some of them at once; returns how many."""
    steps = dice.randint(6, 16)
    for number in range(steps):
        one = dice.choice(
            ["visitor", "visitor", "sam", "sam", "both", "close", "undo", "flag", "risky", *BESIDE]
        )
        if one in {"visitor", "both"}:
            await visitor.send("say", key=new_key(), text=f"{number} from the visitor")
        if one in {"sam", "both"}:
            await desk.send("say", conversation=conversation, key=new_key(), text=f"{number} from Sam")
        if one == "risky":
            await visitor.send("say", key=new_key(), text=RISKY)
        if one in {"close", "undo"}:
            await desk.send("close", conversation=conversation, undo=one == "undo")
        if one in BESIDE:
            await desk.send(one, conversation=conversation, **BESIDE[one])
        if one == "flag" and dice.random() < 0.3:
            await desk.send("flag", conversation=conversation, note="I worry about them")
        if dice.random() < 0.6:
            await visitor.quiet(0.01)
            await desk.quiet(0.01)
    return steps


def put_away(cast: Cast, conversation: UUID) -> None:
    """Ends a walk, so that the next person in the queue is the next visitor."""
    for flag in Flag.objects.filter(conversation=conversation):
        escalation.resolve(cast.alex.id, flag.id, Outcome.WATCHED, "")
    queue.release(cast.sam.id, conversation)
    leaving.end(Conversation.objects.get(id=conversation).visitor_id)
