"""The door of every socket: only a page of ours opens one, so that nobody's cookies can open one for another website.

The header is compared as it stands with what `settings.ORIGINS` lists. Channels' own check takes it apart first, lets a
list of two through by its first, and keeps no note of whom it refused.
"""

import logging
from collections.abc import Awaitable, Callable

from django.conf import settings

from consumers.base import Receive, Scope, Send

log = logging.getLogger(__name__)

Application = Callable[[Scope, Receive, Send], Awaitable[None]]


def origins_of(scope: Scope) -> list[str]:
    """What the request says of where it comes from, each header by itself."""
    return [value.decode("latin-1") for name, value in scope["headers"] if name == b"origin"]


def is_ours(scope: Scope) -> bool:
    """Exactly one origin, and one of ours."""
    found = origins_of(scope)
    return len(found) == 1 and found[0] in settings.ORIGINS


def from_our_pages(sockets: Application) -> Application:
    """Refuses (403) every handshake from anywhere else; neither the origin nor the address is logged."""

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        if is_ours(scope):
            return await sockets(scope, receive, send)
        log.warning("socket_refused reason=other_origin path=%s", scope["path"])
        await receive()  # websocket.connect
        await send({"type": "websocket.close", "code": 4403})
        return None

    return guarded
