"""What both sockets share: frames in by a table, errors out in one place, and reading on from a cursor.

This is an ASGI application of its own and not a Channels consumer, because Channels 4 hops to a thread for every event
of every consumer to look after database connections, which ours (`domain.py`) keep themselves (measured: a quarter of
the cost of a frame, and one slow query delayed every other socket by as long as it took).
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, ClassVar
from uuid import UUID

import msgspec
from django.conf import settings

from chatline import announce
from chatline.conversations.reads import Ask, SaidRow, Stretch
from chatline.errors import ChatlineError, NotFound
from consumers import wire
from consumers.hub import Hub, Outlooks, hub_of_this_loop, read
from routing.throttle import sender_of

log = logging.getLogger(__name__)

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

SIGNED_OUT = 4401
"""Close code: sign in again. Clients do not reconnect on it."""

TURNED_AWAY = 4403
"""Close code: this website may show the chat no longer."""

COME_AGAIN = 1013
"""Close code (IANA registry, "try again later"): this process has as many sockets as it can serve."""

CROWDED = 4409
"""Close code: the same session has opened newer sockets, as many as it may have. Clients come again, not soon."""

BUFFER = 1_000
"""Frames that may wait for a slow client; beyond them nothing is read for it until it has taken them."""


class Closed(Exception):
    """Raised to end a socket with this close code."""

    def __init__(self, code: int):
        super().__init__(code)
        self.code = code


class Socket:
    """One client: who reads, how far they have read, and a table of what they may send."""

    handlers: ClassVar[dict[type, Callable[..., Awaitable[None]]]]

    def __init__(self, scope: Scope, send: Send) -> None:
        self.scope = scope
        self.hub: Hub = hub_of_this_loop()
        self.hop = self.hub.hop
        self.visitor: UUID | None = None
        self.staff: UUID | None = None
        self.site: int | None = None
        # Sockets with the same one are a browser's: a staff session, or the token of a visitor's tab and its copies.
        self.session = ""
        # True while what it was told may change by itself, so that it is read for again at each look.
        self.ages = False
        self.cursors: dict[UUID, int] = {}
        # What the hub tells this desk of (`Hub.reads_along`); empty for visitors.
        self.open_conversations: set[UUID] = set()
        self._told: dict[UUID, wire.Frame] = {}
        self.being_read = False
        self._send = send
        self._greeted = False
        self.stalled = False
        self._outgoing: deque[str] = deque()
        self._writing = False
        self._close_code = 0

    @classmethod
    def as_asgi(cls) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
        async def application(scope: Scope, receive: Receive, send: Send) -> None:
            await cls(scope, send).live(receive)

        return application

    # --- the life of a socket ---------------------------------------------------------------------------

    async def live(self, receive: Receive) -> None:
        await receive()  # websocket.connect
        await self._send({"type": "websocket.accept"})
        self.hub.open_sockets += 1
        try:
            if self.hub.open_sockets > settings.MOST_SOCKETS:
                raise Closed(COME_AGAIN)
            self.check_in()
            while (event := await receive())["type"] == "websocket.receive":
                await self._take(event.get("text"))
        except Closed as closed:
            self.close(closed.code)
        finally:
            self.hub.open_sockets -= 1
            self.hub.leave(self)

    def sender(self) -> str | None:
        """The address that this comes from, if it is the sender's own; for counting alone, and kept nowhere."""
        peer = (self.scope.get("client") or [""])[0]
        noted = [
            value.decode("latin-1") for name, value in self.scope["headers"] if name == b"x-forwarded-for"
        ]
        return sender_of(peer, ",".join(noted), settings.TRUSTED_PROXIES)

    def check_in(self) -> None:
        """Before the first frame; may raise Closed."""

    async def _take(self, text: str | None) -> None:
        """One frame in. This is the only place where a refusal becomes an `error` frame."""
        frame: Any = None
        try:
            frame = self.decode(text or "")
            kind = type(frame).__struct_config__.tag
            if kind != "hello" and not self._greeted:
                raise ChatlineError("Say hello first.", code="hello_first")
            if not self.may_send(kind):
                raise NotFound
            await self.handlers[type(frame)](self, frame)
            self._greeted = True
        except msgspec.DecodeError as wrong:
            self.emit(wire.Error(code="bad_frame", detail=str(wrong)[:200]))
        except ChatlineError as refusal:
            self.emit(
                wire.Error(
                    code=refusal.code,
                    detail=refusal.detail,
                    key=getattr(frame, "key", None),
                    conversation=getattr(frame, "conversation", None),
                    retry_after=refusal.retry_after,
                    proof=getattr(refusal, "challenge", None),
                )
            )
        except (Closed, asyncio.CancelledError):
            raise
        except Exception as error:
            # A defect in one verb must not end the socket of somebody in distress; their client sends again.
            log.error("frame_failed kind=%s", type(frame).__name__, exc_info=error)
            key = getattr(frame, "key", None)
            self.emit(wire.Error(code="try_again", detail="Not saved yet.", key=key, retry_after=2.0))

    def decode(self, text: str) -> Any:
        raise NotImplementedError

    def may_send(self, kind: str) -> bool:
        """Whether there is such a frame for whoever this is (`people/policy.py`), as of the latest look."""
        raise NotImplementedError

    # --- frames out, in order, never waiting for the client ----------------------------------------------

    def emit(self, frame: wire.Frame) -> None:
        self.emit_text(wire.encode(frame))

    def emit_text(self, text: str) -> None:
        self._outgoing.append(text)
        self._write_soon()

    def is_full(self) -> bool:
        """True while the client takes no more; whatever it misses now it gets by `catch_up`."""
        self.stalled = self.stalled or len(self._outgoing) > BUFFER
        return self.stalled

    def catch_up(self) -> None:
        """Reads on from the cursor, now that the client has taken what it had."""
        self.hub.mark(self)

    def close(self, code: int) -> None:
        """After everything that was emitted before."""
        self._close_code = code
        self._write_soon()

    def _write_soon(self) -> None:
        if not self._writing:
            self._writing = True
            self.hub.start(self._write())

    async def _write(self) -> None:
        try:
            while self._outgoing:
                await self._send({"type": "websocket.send", "text": self._outgoing.popleft()})
            if self.stalled:
                self.stalled = False
                self.catch_up()
            if self._close_code:
                await self._send({"type": "websocket.close", "code": self._close_code})
        finally:
            self._writing = False

    # --- reading on, called by the hub ------------------------------------------------------------------

    def ask(self) -> Ask:
        return Ask(visitor=self.visitor, staff=self.staff, cursors=dict(self.cursors))

    async def read_first(self, cursors: dict[UUID, int]) -> tuple[list[Stretch], Outlooks]:
        """What is new since these cursors, to be delivered; the state is new to whoever says hello in any case."""
        self.cursors = dict(cursors)
        # Meanwhile nothing is handed over, or what was read before it would move the cursor back.
        self.being_read = True
        try:
            found, outlooks = await self.hop.run(read, [self.ask()])
        finally:
            self.being_read = False
        self.cursors = {one: after - 1 for one, after in cursors.items()}
        return found[0], outlooks

    def make_room(self) -> None:
        """For newer sockets of the same session: this one is most likely a line that went dead unnoticed."""
        self.hub.leave(self)
        self.close(CROWDED)

    def turn_away(self) -> None:
        """The website whose page this client is in may show the chat no longer."""
        self.emit(wire.Error(code="site_revoked", detail="This website no longer offers this chat."))
        self.close(TURNED_AWAY)

    def hand_over(self, said: SaidRow) -> None:
        """A committed message that is all this socket misses."""
        self.cursors[said.conversation] = said.version
        self.emit(self.message(said))

    def deliver(self, stretches: list[Stretch], outlooks: Outlooks) -> None:
        """What `read_on` found for this socket."""
        for stretch in stretches:
            row, state = stretch.conversation, self.state(stretch, outlooks)
            # A cursor beyond the version is of a database that was restored since: it is shown what there is.
            if row.version != self.cursors.get(row.id, -1):
                for said in stretch.said:
                    self.emit(self.message(said))
                for frame in self.beside(stretch):
                    self.emit(frame)
                self.cursors[row.id] = row.version
            elif state == self._told.get(row.id, state):
                continue
            # Or something changed that nobody did: a wait grew shorter, somebody's page was closed.
            self._told[row.id] = state
            self.emit(state)

    def message(self, said: SaidRow) -> wire.Message:
        raise NotImplementedError

    def beside(self, stretch: Stretch) -> list[wire.Frame]:
        """What stands beside the talk and is new to this reader; nothing for visitors."""
        return []

    def state(self, stretch: Stretch, outlooks: Outlooks) -> wire.Frame:
        raise NotImplementedError

    def typing(self, hint: announce.Typing) -> wire.TypingNow | None:
        """The frame for this socket, or None when it is its own typing or not its conversation."""
        raise NotImplementedError
