"""A bad network between a browser and a server of this machine: slow, stalling, cut, or closed to sockets.

    with Link() as link, demo(folder, port, CHATLINE_PUBLIC_URL=link.url):
        link.leads_to(port)
        link.becomes(rate=50_000, round_trip=0.8, stalls=0.05)

Browsers can slow down requests by themselves, but not sockets; this slows down bytes, whoever sent them.
"""

import asyncio
import random
import threading
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from types import TracebackType
from typing import Any, Self, TypeVar

PACKET = 1_460
"""Bytes that are written at once, as over Ethernet."""

REFUSAL = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

T = TypeVar("T")


class Link:
    """A proxy for TCP on a port of its own; perfect until it `becomes` something else. A context manager.

    `rate` is bits per second each way, shared by all connections (0: as fast as it goes); `round_trip` and `stall` are
    seconds, `stalls` is the share of writes that are held up so long, and with them what follows on their connection.
    A new connection costs a round trip of its own. The same `seed` stalls the same writes, as far as they come alike.
    """

    def __init__(self) -> None:
        self.becomes()
        self.carried = 0
        """Bytes towards the browser so far."""
        self.cuts = 0
        self._target = 0
        self._free_at = {"up": 0.0, "down": 0.0}
        self._open: set[asyncio.StreamWriter] = set()
        self._stranded: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="link", daemon=True)
        self._thread.start()
        self._server = self._in_loop(asyncio.start_server(self._meet, "127.0.0.1", 0))
        self.port = int(self._server.sockets[0].getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"

    def becomes(
        self,
        *,
        rate: float = 0.0,
        round_trip: float = 0.0,
        stalls: float = 0.0,
        stall: float = 1.0,
        seed: int = 1,
        lets_sockets_through: bool = True,
    ) -> None:
        """Another network from now on; without arguments, a perfect one."""
        self.rate, self.round_trip, self.stalls, self.stall = rate, round_trip, stalls, stall
        self.lets_sockets_through = lets_sockets_through
        self._dice = random.Random(seed)

    def leads_to(self, port: int) -> None:
        self._target = port

    def cut(self) -> int:
        """Breaks every connection there is; returns how many there were."""
        return self._in_loop(self._cut())

    def strand(self) -> None:
        """From now on nothing passes on the connections there are, and nobody is told; new ones work."""
        self._stranded |= self._open

    def close(self) -> None:
        self._in_loop(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # --- in the loop of its own -------------------------------------------------------------------------

    def _in_loop(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    async def _cut(self) -> int:
        broken = len(self._open)
        for writer in self._open:
            writer.transport.abort()
        self.cuts += broken // 2
        return broken // 2

    async def _stop(self) -> None:
        self._server.close()
        await self._cut()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _start(self, work: Callable[[], Awaitable[None]]) -> "asyncio.Task[None]":
        async def quietly() -> None:
            with suppress(ConnectionError, OSError):
                await work()

        task = self._loop.create_task(quietly())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._start(lambda: self._connect(reader, writer))

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        far: asyncio.StreamWriter | None = None
        try:
            await asyncio.sleep(self.round_trip)
            answers, far = await asyncio.open_connection("127.0.0.1", self._target)
            self._open.add(far)
            ways = [
                self._start(lambda: self._carry("up", reader, far, writer)),
                self._start(lambda: self._carry("down", answers, writer, writer)),
            ]
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in (writer, far):
                if one is not None:
                    one.close()
                    self._open.discard(one)
                    self._stranded.discard(one)

    async def _carry(
        self,
        way: str,
        reader: asyncio.StreamReader,
        to: asyncio.StreamWriter | None,
        back: asyncio.StreamWriter,
    ) -> None:
        """Reads as fast as it comes, and writes each packet when its time has come."""
        assert to
        under_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        writing = self._start(lambda: self._deliver(way, under_way, to))
        not_before = 0.0
        while packet := await reader.read(PACKET):
            if way == "up" and b"\r\nUpgrade: websocket" in packet and not self.lets_sockets_through:
                back.write(REFUSAL)
                await back.drain()
                break
            now = self._loop.time()
            sent_at = self._free_at[way] = max(now, self._free_at[way]) + self._seconds(packet)
            held = self.stall if self._dice.random() < self.stalls else 0.0
            not_before = max(not_before, sent_at + self.round_trip / 2 + held)
            under_way.put_nowait((not_before, packet))
        under_way.put_nowait((not_before, b""))
        await writing

    async def _deliver(
        self, way: str, under_way: "asyncio.Queue[tuple[float, bytes]]", to: asyncio.StreamWriter
    ) -> None:
        while True:
            at, packet = await under_way.get()
            await asyncio.sleep(at - self._loop.time())
            if to in self._stranded:
                await asyncio.Event().wait()
            if not packet:
                return
            to.write(packet)
            await to.drain()
            if way == "down":
                self.carried += len(packet)

    def _seconds(self, packet: bytes) -> float:
        return len(packet) * 8 / self.rate if self.rate else 0.0
