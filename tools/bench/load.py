"""The load client, a process of its own: `Load` as JSON on its input, `Figures` as JSON on its output.

Closed loop: a visitor says the next thing when the volunteer's socket has the last one. Every text is different, and
every text is looked for.
"""

import asyncio
import os
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from itertools import cycle
from typing import Any

import msgspec
from websockets.asyncio.client import ClientConnection, connect

from tools.bench.plan import Load, Plan, Seat

WARM_SECONDS = 1.0
"""Not measured: the first messages open keys and fill caches."""

GRACE_SECONDS = 5.0
"""How long what is on its way may take to arrive after the end."""

AT_ONCE = 20
"""Sockets that are opened at the same time."""

TEXTS = cycle(
    [
        "i had the job interview this morning and i think that it went better than i had expected",
        "my sister says that she will call on sunday but she has said that every week since march",
        "ok",
        "we talked about it for a while and then he just went out to walk the dog without a word",
        "school starts again on monday, i have not slept well and i keep going over the timetable in my head",
        "thank you for asking. it helps a little to write it down for somebody instead of thinking it again",
        "no, that was last year, this time it is about the flat and the letter that came from the landlord",
        "sorry i was away for a moment",
    ]
)


class Figures(msgspec.Struct):
    """Times are milliseconds; a share is of one core. `stored` is filled in by who can count the rows."""

    per_second: float
    p50: float
    p99: float
    sent: int
    lost: int
    doubled: int
    strange: int
    unacknowledged: int
    refused: int
    server_share: float
    client_share: float
    stored: int | None = None

    @property
    def cpu_ms(self) -> float:
        """The server's processor time a message, which a busy machine distorts less than its rate."""
        return self.server_share / self.per_second * 1000 if self.per_second else 0.0


class Pair:
    """A visitor, their conversation, and what of it has arrived."""

    def __init__(self, conversation: str) -> None:
        self.conversation = conversation
        self.visitor: ClientConnection
        self.expected: str | None = None
        self.arrived: set[str] = set()
        self.unacknowledged: set[str] = set()
        self.said_at = 0.0


class Run:
    def __init__(self, load: Load) -> None:
        self.load = load
        self.pairs = {one: Pair(one) for seat in load.plan.visitors for one in seat.conversations}
        self.ready = 0
        self.talking = self.over = False
        self.measured: list[float] | None = None
        self.sent = self.doubled = self.strange = self.refused = 0
        self.listening: set[asyncio.Task[None]] = set()

    # --- everybody comes ---------------------------------------------------------------------------------

    async def open(self, plan: Plan) -> None:
        gate = asyncio.Semaphore(AT_ONCE)

        async def one(seat: Seat, hears: Callable[[str], Awaitable[None]]) -> ClientConnection:
            async with gate:
                socket = await self._connect(seat)
            self.listening.add(asyncio.create_task(listen(socket, hears)))
            if seat.hello:
                await send(socket, seat.hello)
            return socket

        visitors = [one(seat, self.visitor_hears) for seat in plan.visitors]
        for seat, socket in zip(plan.visitors, await asyncio.gather(*visitors), strict=True):
            self.pairs[seat.conversations[0]].visitor = socket
        await asyncio.gather(*(one(seat, self.desk_hears) for seat in plan.desks))
        await self._until_all_are_ready(plan)

    async def _connect(self, seat: Seat) -> ClientConnection:
        """As light as it can be, so that what is measured is the server."""
        url = f"ws://127.0.0.1:{self.load.port}{seat.path}"
        return await connect(
            url, additional_headers=seat.headers, compression=None, ping_interval=None, proxy=None
        )

    async def _until_all_are_ready(self, plan: Plan) -> None:
        """Everybody has been shown the state of every conversation of theirs."""
        seats = [seat for seat in [*plan.visitors, *plan.desks] if seat.hello]
        wanted = sum(len(seat.conversations) for seat in seats)
        deadline = time.monotonic() + 30
        while self.ready < wanted:
            if time.monotonic() > deadline or self.refused:
                raise TimeoutError(
                    f"{self.ready} of {wanted} conversations were shown; {self.refused} refusals"
                )
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.3)

    # --- they talk ---------------------------------------------------------------------------------------

    async def say(self, pair: Pair) -> None:
        self.sent += 1
        text = f"{next(TEXTS)} ({self.sent})"
        key = f"{self.sent:08d}-{pair.conversation[:27]}"
        pair.expected = text
        pair.unacknowledged.add(key)
        frame = as_relayed(pair.conversation, key, text) if self.load.plan.relayed else {
            "type": "say", "key": key, "text": text,
        }  # fmt: skip
        pair.said_at = time.perf_counter()
        await send(pair.visitor, frame)

    async def visitor_hears(self, payload: str) -> None:
        frame = self.heard(payload)
        acknowledges = "message" if self.load.plan.relayed else "said"
        if frame["type"] == acknowledges:
            self.pairs[frame["conversation"]].unacknowledged.discard(frame["key"])

    async def desk_hears(self, payload: str) -> None:
        now = time.perf_counter()
        frame = self.heard(payload)
        if frame["type"] != "message" or not self.talking:
            return
        pair, text = self.pairs[frame["conversation"]], frame["text"]
        if text != pair.expected:
            known = text in pair.arrived
            self.doubled, self.strange = self.doubled + known, self.strange + (not known)
            return
        pair.arrived.add(text)
        pair.expected = None
        if self.measured is not None:
            self.measured.append(now - pair.said_at)
        if not self.over:
            await self.say(pair)

    def heard(self, payload: str) -> dict[str, Any]:
        frame: dict[str, Any] = msgspec.json.decode(payload)
        if frame["type"] == "error":
            self.refused += 1
            if self.refused == 1:
                print(f"refused: {frame}", file=sys.stderr)
        elif frame["type"] == "state" and frame["state"] == "active":
            self.ready += not self.talking
        return frame

    async def talk(self) -> Figures:
        self.talking = True
        for pair in self.pairs.values():
            await self.say(pair)
        await asyncio.sleep(WARM_SECONDS)
        measured = self.measured = []
        began, mine, theirs = time.perf_counter(), time.process_time(), cpu_seconds(self.load.server)
        await asyncio.sleep(self.load.seconds)
        self.measured = None
        took = time.perf_counter() - began
        shares = [(cpu_seconds(self.load.server) - theirs) / took, (time.process_time() - mine) / took]
        self.over = True
        await self._until_all_arrived()
        return self.figures(measured, took, *shares)

    async def _until_all_arrived(self) -> None:
        deadline = time.monotonic() + GRACE_SECONDS
        while any(pair.expected or pair.unacknowledged for pair in self.pairs.values()):
            if time.monotonic() > deadline:
                return
            await asyncio.sleep(0.02)
        await asyncio.sleep(0.2)  # whatever comes twice comes now

    def figures(self, measured: list[float], took: float, server: float, client: float) -> Figures:
        pairs = self.pairs.values()
        hundredths = statistics.quantiles(measured, n=100) if len(measured) > 1 else [0.0] * 99
        return Figures(
            per_second=len(measured) / took,
            p50=hundredths[49] * 1000,
            p99=hundredths[98] * 1000,
            sent=self.sent,
            lost=sum(pair.expected is not None for pair in pairs),
            doubled=self.doubled,
            strange=self.strange,
            unacknowledged=sum(len(pair.unacknowledged) for pair in pairs),
            refused=self.refused,
            server_share=server,
            client_share=client,
        )


async def listen(socket: ClientConnection, hears: Callable[[str], Awaitable[None]]) -> None:
    async for payload in socket:
        assert isinstance(payload, str)
        await hears(payload)


async def send(socket: ClientConnection, frame: dict[str, Any]) -> None:
    await socket.send(msgspec.json.encode(frame).decode())


def as_relayed(conversation: str, key: str, text: str) -> dict[str, Any]:
    """What the line would show a volunteer for this, so that both servers deliver as many bytes."""
    return {
        "type": "message",
        "conversation": conversation,
        "seq": 100,
        "version": 100,
        "from": "visitor",
        "name": "",
        "text": text,
        "at": "2026-01-01T12:00:00.000000Z",
        "key": key,
        "delivery": None,
        "level": "none",
    }


def cpu_seconds(process: int) -> float:
    """Time that this process has had on any core so far (fields 14 and 15 of proc(5) stat)."""
    with open(f"/proc/{process}/stat") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def main() -> None:
    load = msgspec.json.decode(sys.stdin.buffer.read(), type=Load)
    run = Run(load)
    await run.open(load.plan)
    figures = await run.talk()
    for task in run.listening:
        task.cancel()
    print(msgspec.json.encode(figures).decode())


if __name__ == "__main__":
    asyncio.run(main())
