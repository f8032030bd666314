"""One hub and one hop for all: what is wrong or slow for one must not reach the others."""

import asyncio
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from itertools import count

import pytest
from pytest_django import Settings

from chatline import announce
from chatline.conversations import reads
from chatline.conversations.keys import forget_opened
from chatline.conversations.models import Conversation, Key, Message
from consumers import base, screens, visitor, volunteer, wire
from consumers.hub import hub_of_this_loop
from routing import queue
from tests.cast import RISKY, Cast
from tests.clients import verb
from tests.doors import Door

pytestmark = [pytest.mark.django_db(transaction=True)]


async def test_every_look_proves_the_socket_alive(cast: Cast, door: Door, settings: Settings) -> None:
    settings.LOOK_SECONDS = 0.05
    for client in (await door.visitor(), await door.desk(cast.sam)):
        assert (await client.hears("ping", seconds=1)) == {"type": "ping"}


# --- one defect, many readers -----------------------------------------------------------------------------


async def read_beside(door: Door, spoil_first: Callable[[], object]) -> None:
    """Two visitors are behind at every look; what one of them said cannot be read; the other must not notice."""
    sick, well = await door.visitor(), await door.visitor()
    await sick.say("hello")
    await verb(spoil_first)
    await verb(forget_opened)
    await well.say("hello")
    await well.sees(lambda: well.shown.texts() == ["hello"], seconds=2)
    assert (await well.say("are you there"))["seq"] == 2
    await well.sees(lambda: well.shown.texts() == ["hello", "are you there"], seconds=2)


@pytest.fixture
def by_looks_alone(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.LOOK_SECONDS = 0.1
    monkeypatch.setattr(announce, "now", lambda hints: None)


async def test_a_message_that_cannot_be_opened_keeps_nobody_else_from_reading(
    cast: Cast, door: Door, by_looks_alone: None
) -> None:
    await read_beside(door, lambda: spoil(Message, text_sealed=b"\1 spoilt"))


async def test_a_key_that_cannot_be_opened_keeps_nobody_else_from_reading(
    cast: Cast, door: Door, by_looks_alone: None
) -> None:
    await read_beside(door, lambda: spoil(Key, wrapped=b"\1 spoilt"))


def spoil(table: type[Message | Key], **columns: bytes) -> None:
    """Also raises the version, so that whoever said it is behind."""
    table.objects.update(**columns)
    Message.objects.update(version=2)
    Conversation.objects.update(version=2)


async def test_a_key_that_cannot_be_opened_keeps_nobody_else_from_writing(cast: Cast, door: Door) -> None:
    sick, well = await door.visitor(), await door.visitor()
    for one in (sick, well):
        await one.say("hello")
        await one.hears("state")
    await verb(spoil_key_of, str(sick.conversation))
    # At once, so that both are in one list.
    await sick.send_say("theirs", text="are you there")
    await well.send_say("mine", text="are you there")
    assert (await well.said("mine", seconds=2))["seq"] == 2


def spoil_key_of(conversation: str) -> None:
    Key.objects.filter(owner=conversation).update(wrapped=b"\1 spoilt")
    forget_opened()


async def test_a_flag_whose_words_cannot_be_opened_is_still_on_the_supervisors_list(
    cast: Cast, door: Door
) -> None:
    await verb(cast.visits, RISKY)
    await verb(lambda: Message.objects.update(text_sealed=b"\1 spoilt"))
    await verb(forget_opened)
    alex = await door.desk(cast.alex, greet=False)
    await alex.send("hello")
    await alex.sees(lambda: len(alex.shown.latest.get("flags", {}).get("flags", [])) == 1, seconds=2)


async def test_a_look_sends_nobody_the_queue_and_the_shift_that_they_have(cast: Cast, door: Door) -> None:
    await verb(cast.visits, "hello")
    sam = await door.desk(cast.sam)
    await sam.quiet()
    await hub_of_this_loop().look()
    assert {frame["type"] for frame in await sam.quiet()} == {"desk"}
    await verb(cast.visits, "hello", who="another")
    await sam.sees(lambda: len(sam.shown.latest["queue"]["waiting"]) == 2)


async def test_many_who_come_at_once_share_one_reading(
    cast: Cast, door: Door, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SOCKETS_AT_ONCE = 20
    readings = count()
    queues = screens.READS["queue"]

    def counted(of: list[screens.Lines], now: datetime) -> Mapping[screens.Lines, object]:
        next(readings)
        return queues(of, now)

    monkeypatch.setitem(screens.READS, "queue", counted)
    desks = [await door.desk(cast.sam, greet=False) for _ in range(20)]
    await asyncio.gather(*(desk.hello() for desk in desks))
    assert all(desk.shown.latest["queue"]["waiting"] == [] for desk in desks)
    assert next(readings) < 5


async def test_the_look_goes_on_after_a_defect(
    cast: Cast, door: Door, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.LOOK_SECONDS = 0.05
    client = await door.visitor()
    with monkeypatch.context() as broken:
        broken.setattr(reads, "heads", lambda *_: 1 / 0)
        await asyncio.sleep(0.3)
    await client.quiet(0.1)
    assert (await client.hears("ping", seconds=1)) == {"type": "ping"}


async def test_a_socket_whose_frame_cannot_be_made_keeps_nobody_else_from_reading(
    cast: Cast, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    sick, well = await door.visitor(), await door.visitor()
    state = visitor.VisitorSocket.state

    def fails_for_one(socket: visitor.VisitorSocket, *rest: object) -> object:
        if socket.greeting and socket.greeting.token == sick.token:
            raise RuntimeError("a defect")
        return state(socket, *rest)  # type: ignore[arg-type]  # handed on as it came

    monkeypatch.setattr(visitor.VisitorSocket, "state", fails_for_one)
    await sick.send_say("theirs", text="hello")
    await well.send_say("mine", text="hello")
    await well.sees(lambda: well.shown.texts() == ["hello"], seconds=2)


# --- one slow, many quick ---------------------------------------------------------------------------------


async def longest_wait(door: Door, cast: Cast) -> float:
    """The longest of 40 frames that need no database, in seconds, while another socket's `take` is slow."""
    busy, quick = await door.desk(cast.sam), await door.visitor()
    await busy.send("take")
    waits = []
    for _ in range(40):
        began = time.monotonic()
        await quick.transport.send('{"type": "unknown"}')
        await quick.hears("error")
        waits.append(time.monotonic() - began)
    assert (await busy.hears("error"))["code"] == "try_again"
    return max(waits)


async def test_a_slow_query_of_one_socket_holds_up_no_frame_that_needs_no_database(
    cast: Cast, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "take", slow_query)
    wait = await longest_wait(door, cast)
    print(f"40 frames beside a query of 200 ms: the longest took {wait * 1000:.1f} ms")
    assert wait < 0.1


async def test_a_slow_query_in_the_loop_itself_would_be_noticed(
    cast: Cast, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The break: the verb runs where the sockets live."""

    async def take(socket: volunteer.DeskSocket, frame: object) -> None:
        slow_query()

    monkeypatch.setitem(volunteer.DeskSocket.handlers, wire.Take, take)
    wait = await longest_wait(door, cast)
    print(f"40 frames beside a query of 200 ms in the loop: the longest took {wait * 1000:.1f} ms")
    assert wait >= 0.1


def slow_query(*_: object) -> None:
    time.sleep(0.2)
    raise RuntimeError("answered try_again")


# --- a slow client ----------------------------------------------------------------------------------------


async def test_a_client_that_does_not_read_gets_a_fresh_snapshot_when_it_does(
    cast: Cast, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base, "BUFFER", 30)
    visitor, desk = await door.visitor(), await door.desk(cast.sam)
    await desk.ready()
    await visitor.say("hello")
    one = await desk.take()
    await visitor.sees(lambda: visitor.state == "active")
    gate = asyncio.Event()
    stop_reading(monkeypatch, gate)
    for number in range(5):
        await desk.say(one, f"{number}")
    for _ in range(40):
        await desk.send("typing", conversation=one, on=True)
    await desk.say(one, "the last")
    gate.set()
    await visitor.sees(lambda: visitor.shown.texts() == ["hello", "0", "1", "2", "3", "4", "the last"], 2)


async def test_a_history_longer_than_the_buffer_arrives_whole(
    cast: Cast, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """People who text may be with a line for weeks."""
    visitor = await door.visitor()
    for number in range(20):
        await visitor.say(f"{number}")
    monkeypatch.setattr(base, "BUFFER", 10)
    again = await door.visitor(token=visitor.token)
    await again.sees(lambda: again.shown.texts() == [f"{number}" for number in range(20)], seconds=2)


def stop_reading(monkeypatch: pytest.MonkeyPatch, gate: asyncio.Event) -> None:
    """Nothing leaves any visitor's socket until the gate opens."""
    write = base.Socket._write

    async def slowly(socket: base.Socket) -> None:
        if socket.visitor:
            await gate.wait()
        await write(socket)

    monkeypatch.setattr(base.Socket, "_write", slowly)
