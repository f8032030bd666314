"""`POST /poll/<line>/`: the visitor's frames by single requests, for where sockets are not let through.

    {"frames": [{"type": "hello", ...}, ...], "wait": 15}   ->   [{"type": "welcome", ...}, ...]

A request is a visitor's socket that lives as long as the request: it takes the frames in order, and answers with those
that came. Nothing is kept between requests, because each begins with `hello` and so reads on from the cursor. If there
is nothing new it waits for something, at most `wait` seconds, and ends at once when the client hangs up.

Frames after a `hello` that was not accepted, or was answered with another token, are left for the next request: what
somebody says must belong to a token that they know of. A refusal of the request itself is `{"code", "detail"}`.
"""

import asyncio
from typing import Annotated, Any, ClassVar

import msgspec
from django.conf import settings

from chatline.errors import ChatlineError
from consumers import wire
from consumers.base import Closed, Receive, Scope, Send
from consumers.origins import is_ours
from consumers.visitor import Greeting, VisitorSocket

MAX_FRAMES = 20
MAX_WAIT = 25.0
"""Seconds; proxies commonly give up on a request after 30 or 60."""

HEADERS = {
    **settings.HEADERS,
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Content-Type": "application/json",
    "Cross-Origin-Opener-Policy": settings.SECURE_CROSS_ORIGIN_OPENER_POLICY,
    "Referrer-Policy": settings.SECURE_REFERRER_POLICY,
    "X-Content-Type-Options": "nosniff",
    **({"Strict-Transport-Security": f"max-age={settings.SECURE_HSTS_SECONDS}"} if settings.HTTPS else {}),
}
"""What Django's middleware gives to pages; these answers do not pass it."""


class Asked(msgspec.Struct, forbid_unknown_fields=True):
    """`wait` is seconds, 0 for an answer at once."""

    frames: Annotated[list[msgspec.Raw], msgspec.Meta(min_length=1, max_length=MAX_FRAMES)]
    wait: Annotated[float, msgspec.Meta(ge=0, le=MAX_WAIT)] = 0.0


class NotAllowed(ChatlineError):
    """Not a request that a page of ours makes."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(detail, code=code)
        self.status = status


class HungUp(Exception):
    """Nobody waits for the answer any more."""


class Listener(VisitorSocket):
    """A visitor's socket that gathers what it would send; `news` is set once that is worth an answer."""

    def __init__(self, scope: Scope) -> None:
        super().__init__(scope, _nowhere)
        self.gathered: list[str] = []
        self.news = asyncio.Event()
        self._cursor: tuple[object, int] | None = None
        self._shown = ""

    async def greeted(self, frame: wire.VisitorHello) -> None:
        self._cursor, self._shown = (frame.conversation, frame.after), frame.token or ""
        await self.hello(frame)

    def session_of(self, greeting: Greeting) -> str:
        """Nobody's: a request ends by itself, and whoever was ended would only ask again at once."""
        return ""

    handlers: ClassVar[dict[type, Any]] = {**VisitorSocket.handlers, wire.VisitorHello: greeted}

    async def take(self, frames: list[msgspec.Raw]) -> None:
        for frame in frames:
            await self._take(bytes(frame).decode())
            if self.greeting is None or self.greeting.token != self._shown:
                break
        # From here on, a state of the same version tells what changed by itself.
        self._cursor = None

    def emit(self, frame: wire.Frame) -> None:
        if isinstance(frame, wire.Ping | wire.TypingNow):
            return  # these are true for a moment only
        self.gathered.append(wire.encode(frame))
        known = isinstance(frame, wire.VisitorState) and (frame.conversation, frame.version) == self._cursor
        if not isinstance(frame, wire.Welcome) and not known:
            self.news.set()

    def close(self, code: int) -> None:
        self.news.set()


async def _nowhere(event: Any) -> None:
    """All that a listener would send, it gathers."""


async def poll(scope: Scope, receive: Receive, send: Send) -> None:
    """The ASGI application."""
    try:
        _check(scope)
        asked = _understand(await _body(receive))
        answer = await _listen(Listener(scope), asked, receive)
    except NotAllowed as refusal:
        told = {"code": refusal.code, "detail": refusal.detail}
        await _answer(send, refusal.status, msgspec.json.encode(told))
    except HungUp:
        return
    else:
        await _answer(send, 200, answer)


def _check(scope: Scope) -> None:
    """Raises NotAllowed unless a page of our own made this request, with what only a script can send."""
    if scope["method"] != "POST":
        raise NotAllowed(405, "post_only", "Only POST is answered here.")
    headers = scope["headers"]
    if not is_ours(scope):
        raise NotAllowed(403, "other_origin", "Only our own pages may ask here.")
    kinds = [value.partition(b";")[0].strip().lower() for name, value in headers if name == b"content-type"]
    if kinds != [b"application/json"]:
        raise NotAllowed(415, "not_json", "Only JSON is read here.")


async def _body(receive: Receive) -> bytes:
    """Raises NotAllowed if it is too long, HungUp."""
    body, more = b"", True
    while more:
        event = await receive()
        if event["type"] == "http.disconnect":
            raise HungUp
        body += event.get("body", b"")
        if len(body) > wire.MAX_FRAME:
            raise NotAllowed(413, "too_large", "This is too much at once.")
        more = event.get("more_body", False)
    return body


def _understand(body: bytes) -> Asked:
    try:
        return msgspec.json.decode(body.decode(), type=Asked)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise NotAllowed(400, "bad_request", "This is not a request of ours.") from None


async def _listen(listener: Listener, asked: Asked, receive: Receive) -> bytes:
    """The frames for the client, as a JSON array. Raises HungUp."""
    try:
        # What was said is heard to its end, whether or not somebody waits for the answer.
        await listener.take(asked.frames)
        if asked.wait and not listener.news.is_set():
            await _wait(listener.news, asked.wait, receive)
    except Closed:
        pass  # the frames before it say why
    finally:
        listener.hub.leave(listener)
    return f"[{','.join(listener.gathered)}]".encode()


async def _wait(news: asyncio.Event, seconds: float, receive: Receive) -> None:
    """Until there is news, at most so long. Raises HungUp."""
    coming, leaving = asyncio.ensure_future(news.wait()), asyncio.ensure_future(receive())
    try:
        await asyncio.wait({coming, leaving}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if leaving.done():
            raise HungUp
    finally:
        coming.cancel()
        leaving.cancel()


async def _answer(send: Send, status: int, body: bytes) -> None:
    told = {**HEADERS, "Content-Length": str(len(body)), **({"Allow": "POST"} if status == 405 else {})}
    headers = [(name.encode(), value.encode()) for name, value in told.items()]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
