"""Daphne with our limits. Needs no settings, so that the bench's bare relay runs on the very same server."""

from collections.abc import Callable
from typing import Any

from daphne.server import Server

from consumers.wire import MAX_FRAME


def run(application: Any, host: str, port: int, ready: Callable[[], None] = lambda: None) -> None:
    """Serves an ASGI application until SIGINT or SIGTERM; `ready` is called once it listens."""
    Server(
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
    ).run()
