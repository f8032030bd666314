"""A full shift: how soon every screen shows a change of the queue, a claim its history, a supervisor a flag.

    python -m tools.bench desks --desks 500 --rate 10 --seconds 15 --rounds 3

Two servers take turns, never both at once: a relay of Channels in which as many sockets are one group and are sent a
text as long as the queue is, and this line with as many volunteers signed in. People come and leave at the given rate
of changes a second; a change is shown once the last of all desks has it. Then volunteers take people with forty things
said, and people write what raises a flag. Look at each figure beside the bare group send of the same round; the aims
are p95 under 500 ms to every screen, 400 ms from claim to history, 1 s to the supervisor.
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
from websockets.asyncio.client import ClientConnection, connect

from tests import servers
from tests.ports import free_port
from tools.bench.chat import stores
from tools.bench.load import AT_ONCE, send
from tools.bench.plan import Seat, Shift
from tools.bench.processes import Meter, running
from tools.bench.sides import Line, ask

QUIET_SECONDS = 3.0
"""After everybody has come, and between the parts: what they caused is over."""

LATE_SECONDS = 20.0
"""A change that is not everywhere by then counts as this late."""

CLAIMS = FLAGS = 30
"""How many claims and flags are timed in each round, two a second."""

RISKY = "i have the pills here and im going to kill myself tonight"


class Figures(msgspec.Struct):
    """Seconds; `cpu` is the server's processor time a change, `bytes` the length of what each desk is sent for it."""

    changes: list[float]
    cpu: float
    bytes: int
    claims: list[float] = []
    flags: list[float] = []


# --- waiting for what screens show ----------------------------------------------------------------------------


class Screens:
    """All desks of a turn. What is expected is looked for in the text of each frame, which is not taken apart."""

    def __init__(self) -> None:
        self.sockets: list[ClientConnection] = []
        self._expected: dict[str, tuple[str, set[int], asyncio.Future[float], int]] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self.bytes = 0

    async def open(self, port: int, seats: Sequence[Seat]) -> None:
        gate = asyncio.Semaphore(AT_ONCE)

        async def one(seat: Seat) -> ClientConnection:
            async with gate:
                socket = await opened(port, seat)
                if seat.hello:
                    await send(socket, seat.hello)
                return socket

        self.sockets = list(await asyncio.gather(*map(one, seats)))
        self._tasks = [
            asyncio.create_task(self._listen(number, one)) for number, one in enumerate(self.sockets)
        ]
        await asyncio.sleep(QUIET_SECONDS)

    async def _listen(self, number: int, socket: ClientConnection) -> None:
        async for payload in socket:
            assert isinstance(payload, str)
            for sign, (kind, seen, done, wanted) in list(self._expected.items()):
                if number not in seen and payload.startswith(kind) and sign in payload:
                    seen.add(number)
                    self.bytes = len(payload)
                    if len(seen) == wanted and not done.done():
                        done.set_result(time.perf_counter())

    def shown(self, sign: str, kind: str, screens: int = 0) -> asyncio.Future[float]:
        """When so many screens, by default all, have shown a frame that begins with `kind` and holds `sign`."""
        done: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._expected[sign] = (kind, set(), done, screens or len(self.sockets))
        done.add_done_callback(lambda _: self._expected.pop(sign, None))
        return done

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*(socket.close() for socket in self.sockets), return_exceptions=True)


async def opened(port: int, seat: Seat) -> ClientConnection:
    url = f"ws://127.0.0.1:{port}{seat.path}"
    return await connect(
        url, additional_headers=seat.headers, compression=None, ping_interval=None, proxy=None
    )


@asynccontextmanager
async def everybody(port: int, seats: Sequence[Seat]) -> AsyncIterator[Screens]:
    screens = Screens()
    try:
        await screens.open(port, seats)
        yield screens
    finally:
        await screens.close()


async def late(began: float, shown: asyncio.Future[float]) -> float:
    try:
        return await asyncio.wait_for(shown, LATE_SECONDS) - began
    except TimeoutError:
        return LATE_SECONDS


# --- the bare group send --------------------------------------------------------------------------------------


async def bare(port: int, pid: int, options: argparse.Namespace, length: int) -> Figures:
    """A text of this length, sent to one group of all sockets, as often as the line's queue changes."""
    seats = [Seat("/relay/everybody/", []) for _ in range(options.desks)]
    async with everybody(port, seats) as screens:
        sender, meter, waits = screens.sockets[0], Meter({"server": pid}), []
        for number in range(int(options.rate * options.seconds)):
            began, sign = time.perf_counter(), f'"sign-{number}-"'
            waits.append(asyncio.create_task(late(began, screens.shown(sign, "{"))))
            await sender.send(f'{{"text": {sign}, "more": "{"x" * max(0, length - 40)}"}}')
            await asyncio.sleep(max(0, 1 / options.rate - (time.perf_counter() - began)))
        changes = list(await asyncio.gather(*waits))
        return Figures(changes, meter.seconds()["server"] / len(changes), length)


# --- this line ------------------------------------------------------------------------------------------------


class Person:
    """Somebody who comes by web."""

    def __init__(self, port: int, seat: Seat) -> None:
        self._port = port
        self._seat = seat
        self.conversation = ""

    async def says(self, words: str) -> None:
        self._socket = await opened(self._port, self._seat)
        await send(self._socket, self._seat.hello or {})
        await send(self._socket, {"type": "say", "key": uuid4().hex, "text": words})

    async def is_answered(self) -> str:
        """The id of their conversation."""
        async for payload in self._socket:
            frame: dict[str, Any] = msgspec.json.decode(payload)
            if frame["type"] == "said":
                self.conversation = frame["conversation"]
                return self.conversation
        raise ConnectionError("The line ended a socket.")

    async def leaves(self) -> None:
        await send(self._socket, {"type": "end"})
        await self._socket.close()


async def ours(port: int, pid: int, options: argparse.Namespace, shift: Shift) -> Figures:
    people = iter([Person(port, seat) for seat in shift.people])
    async with everybody(port, shift.desks) as screens:
        meter = Meter({"server": pid})
        changes = await come_and_go(screens, people, options)
        figures = Figures(changes, meter.seconds()["server"] / (2 * len(changes)), screens.bytes)
        await asyncio.sleep(QUIET_SECONDS)
        figures.claims = await claims(screens, shift)
        await asyncio.sleep(QUIET_SECONDS)
        figures.flags = await flags(screens, people)
        return figures


async def come_and_go(screens: Screens, people: Iterator[Person], options: argparse.Namespace) -> list[float]:
    """Everybody who comes also leaves, so that each of them is two changes."""
    waits = []
    for _ in range(int(options.rate * options.seconds / 2)):
        began = time.perf_counter()
        waits.append(asyncio.create_task(comes_and_goes(screens, next(people), began)))
        await asyncio.sleep(max(0, 2 / options.rate - (time.perf_counter() - began)))
    return list(await asyncio.gather(*waits))


async def comes_and_goes(screens: Screens, person: Person, began: float) -> float:
    # The id is known only when they are answered; screens show it a moment later, at the earliest.
    await person.says("hello, is anybody there")
    shown = screens.shown(await person.is_answered(), '{"type":"queue"')
    took = await late(began, shown)
    await person.leaves()
    return took


async def claims(screens: Screens, shift: Shift) -> list[float]:
    """From `take` to the last of forty things said, each by another volunteer."""
    took = []
    for desk, socket in enumerate(screens.sockets[1 : CLAIMS + 1], 1):
        began, last = time.perf_counter(), shift.last_words
        shown = screens.shown(last, '{"type":"message"', 1)
        await send(socket, {"type": "take"})
        took.append(await late(began, shown))
        await asyncio.sleep(0.5)
        if took[-1] == LATE_SECONDS:
            print(f"desk {desk} was given nobody", file=sys.stderr)
    return took


async def flags(screens: Screens, people: Iterator[Person]) -> list[float]:
    """From what a visitor sends to the first desk, which is a supervisor's."""
    took = []
    for person in (next(people) for _ in range(FLAGS)):
        began = time.perf_counter()
        await person.says(RISKY)
        shown = screens.shown(await person.is_answered(), '{"type":"flags"', 1)
        took.append(await late(began, shown))
        await asyncio.sleep(0.5)
    return took


# --- turns ----------------------------------------------------------------------------------------------------


@contextmanager
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="chatline-bench-") as name:
        yield Path(name)


def turn_of_ours(scratch: Path, store: Any, options: argparse.Namespace) -> Figures:
    line = Line(scratch, store)
    line.port = free_port()
    environment = line.surroundings(scratch / uuid4().hex)
    comers = int(options.rate * options.seconds / 2) + FLAGS
    numbers = [str(options.desks), str(CLAIMS), str(comers)]
    shift = msgspec.json.decode(ask(["tools.bench.line", "shift", *numbers], environment), type=Shift)
    with running(
        "tools.bench.line", "serve", str(line.port), environment=environment, log=scratch / "log", port=line.port
    ) as server:  # fmt: skip
        return asyncio.run(ours(line.port, server.pid, options, shift))


def turn_of_the_relay(scratch: Path, options: argparse.Namespace, length: int) -> Figures:
    port = free_port()
    environment = servers.inherited()
    with running(
        "tools.bench.relay", str(port), environment=environment, log=scratch / "log", port=port
    ) as server:
        return asyncio.run(bare(port, server.pid, options, length))


def main(arguments: Sequence[str]) -> None:
    options = parse(arguments)
    with folder() as scratch, stores(options.postgres) as store:
        for number in range(1, options.rounds + 1):
            mine = turn_of_ours(scratch, store, options)
            theirs = turn_of_the_relay(scratch, options, mine.bytes)
            print(told(number, options, mine, theirs), flush=True)


def told(number: int, options: argparse.Namespace, mine: Figures, theirs: Figures) -> str:
    return (
        f"round {number}, {options.desks} desks, {options.rate:g} changes a second, {mine.bytes} bytes a screen\n"
        f"  bare group send, to every screen   {milliseconds(theirs.changes)}, {theirs.cpu * 1000:.0f} ms cpu each\n"
        f"  ours, change to every screen       {milliseconds(mine.changes)}, {mine.cpu * 1000:.0f} ms cpu each\n"
        f"  ours, claim to readable history    {milliseconds(mine.claims)}\n"
        f"  ours, flag on a supervisor's       {milliseconds(mine.flags)}"
    )


def milliseconds(seconds: Sequence[float]) -> str:
    hundredths = statistics.quantiles(seconds, n=100, method="inclusive")
    return f"p50 {hundredths[49] * 1000:6.0f} ms, p95 {hundredths[94] * 1000:6.0f} ms"


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    words = (__doc__ or "").split("\n\n")
    parser = argparse.ArgumentParser(
        prog="python -m tools.bench desks",
        description=f"{words[0]}\n\n{words[2]}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--desks", type=int, default=500, help="volunteers who are signed in (500)")
    parser.add_argument("--rate", type=float, default=10.0, help="changes of the queue a second (10)")
    parser.add_argument("--seconds", type=float, default=15.0, help="how long the queue changes (15)")
    parser.add_argument("--rounds", type=int, default=3, help="turns of each server (3)")
    parser.add_argument(
        "--postgres", action="store_true", help="ours on a private PostgreSQL and Redis instead of SQLite"
    )
    return parser.parse_args(arguments)
