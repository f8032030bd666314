"""Daphne with our limits and our end. Needs no settings, so that the bench's bare relay runs on the same server."""

import asyncio
import signal
from collections.abc import Callable
from typing import Any

from daphne.server import Server
from daphne.ws_protocol import WebSocketFactory, WebSocketProtocol
from twisted.internet import reactor

from consumers.wire import MAX_FRAME

GOING = 1012
"""Service restart (IANA's registry of WebSocket close codes): come back, elsewhere if there is another."""

DRAIN_SECONDS = 30.0
"""How long whoever was asked before a stop may still be answered."""


def run(
    application: Any,
    host: str,
    port: int,
    ready: Callable[[], None] = lambda: None,
    say_goodbye: Callable[[int], None] = lambda code: None,
) -> None:
    """Serves an ASGI application until SIGINT or SIGTERM; `ready` is called once it listens.

    Then nobody new is let in, `say_goodbye` closes every socket with `GOING`, and what was asked before is answered
    first, for at most `DRAIN_SECONDS`. A second signal ends it at once.
    """
    server = _Draining(
        application,
        endpoints=[f"tcp:port={port}:interface={host.replace(':', chr(92) + ':')}"],
        # No access log: it would keep the address of everybody who came.
        action_logger=None,
        websocket_max_message_size=MAX_FRAME,
        websocket_max_frame_size=MAX_FRAME,
        websocket_timeout=-1,
        server_name="chatline",
        verbosity=0,
        ready_callable=ready,
        signal_handlers=False,
    )
    server.say_goodbye = say_goodbye
    for one in (signal.SIGINT, signal.SIGTERM):
        # By the loop: a plain handler would wait for whatever wakes the main thread next.
        reactor._asyncioEventloop.add_signal_handler(one, server.wind_down)
    server.run()


class _Protocol(WebSocketProtocol):
    """As Daphne's, but clients are told why a socket ends."""

    def connectionMade(self) -> None:  # noqa: N802  # Twisted's name
        super().connectionMade()
        self.failByDrop = False  # a frame that is too large is answered with 1009

    def dataReceived(self, data: bytes) -> None:  # noqa: N802  # the same
        too_large = self.wasMaxFramePayloadSizeExceeded or self.wasMaxMessagePayloadSizeExceeded
        if not too_large:  # nobody reads the rest of such a frame
            super().dataReceived(data)

    def serverClose(self, code: int | None = None) -> None:  # noqa: N802  # Daphne's name
        if code == GOING:  # Autobahn lets an application close with codes of its own only
            self.sendCloseFrame(code=code)
        else:
            super().serverClose(code=code)


WebSocketFactory.protocol = _Protocol


class _Draining(Server):
    say_goodbye: Callable[[int], None]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._ports: list[Any] = []
        self._ending: asyncio.Task[None] | None = None

    def listen_success(self, port: Any) -> None:
        super().listen_success(port)
        self._ports.append(port)

    def wind_down(self) -> None:
        if self._ending:
            self.stop()
            return
        for port in self._ports:
            port.stopListening()
        self._ending = asyncio.get_running_loop().create_task(self._drain())

    async def _drain(self) -> None:
        self.say_goodbye(GOING)
        running = {one.get("application_instance") for one in self.connections.values()} - {None}
        if running:
            await asyncio.wait(running, timeout=DRAIN_SECONDS)
        self.stop()
