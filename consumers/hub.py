"""One subscription a process, whatever the number of its sockets.

A socket is a cursor and a *behind* mark. A hint marks the sockets it concerns; the hub reads on for all that are behind
in one query, and hints that come meanwhile fold into one next read. What many screens share (the queue, the flags) is
read and encoded once a process and change (`screens.py`). Every `LOOK_SECONDS` the versions of everything these sockets
hold are compared with the rows, which repairs any lost hint. The hub knows all sockets and no rules.
"""

import asyncio
import logging
import random
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from uuid import UUID
from weakref import WeakKeyDictionary

from channels.layers import get_channel_layer
from django.conf import settings
from django.utils import timezone

from chatline import announce
from chatline.conversations import presence, reads
from chatline.conversations.reads import Ask, Stretch
from chatline.conversations.states import State
from chatline.errors import ChatlineError
from chatline.lines.reads import revoked
from consumers import wire
from consumers.domain import LIST, Hop
from consumers.screens import Screens
from routing.reception import Outlook, outlook

if TYPE_CHECKING:
    from consumers.base import Socket

log = logging.getLogger(__name__)

RETRY_SECONDS = 1.0
"""After a failed read or a lost bus: how soon it is tried again."""

Outlooks = dict[UUID, Outlook]
"""By line."""


class Hub:
    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.hop = Hop(loop)
        self.screens = Screens(self)
        # Those that said nothing yet are among them: they cost as much.
        self.open_sockets = 0
        self._sockets: set[Socket] = set()
        self._of_visitor: dict[UUID, set[Socket]] = defaultdict(set)
        self._of_staff: dict[UUID, set[Socket]] = defaultdict(set)
        # The oldest first.
        self._of_session: dict[str, dict[Socket, None]] = defaultdict(dict)
        # Desks by conversation that they have open, as holder or as supervisor: hints name the holder alone.
        self._reading_along: dict[UUID, set[Socket]] = defaultdict(set)
        self._behind: dict[Socket, None] = {}
        self._reading = False
        self._tasks: set[asyncio.Task[None]] = set()
        announce.listen(self.on_hints)
        self.start(self._look_again_and_again())
        if settings.REDIS_URL:
            self.start(self._listen_to_the_bus())

    def start(self, work: Any) -> None:
        """Runs `work` beside everything else, keeping hold of it until it is done."""
        task = self.loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("hub_task_failed", exc_info=error)

    def say_goodbye(self, code: int) -> None:
        """This process ends: clients come back at once, to another one."""
        for socket in list(self._sockets):
            socket.close(code)

    async def stop(self) -> None:
        """Ends the hub's own tasks; for tests, whose loops end before the process does."""
        announce.unlisten(self.on_hints)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # --- who is here ------------------------------------------------------------------------------------

    def join(self, socket: "Socket") -> None:
        """From now on the hub reads on for this socket; again after it learned who it is."""
        self._sockets.add(socket)
        if socket.visitor:
            self._of_visitor[socket.visitor].add(socket)
        if socket.staff:
            self._of_staff[socket.staff].add(socket)
        if socket.session:
            together = self._of_session[socket.session]
            together[socket] = None
            for oldest in list(together)[: -settings.SOCKETS_AT_ONCE]:
                oldest.make_room()

    def leave(self, socket: "Socket") -> None:
        self._sockets.discard(socket)
        self._behind.pop(socket, None)
        self.screens.leave(socket)
        for index, owner in ((self._of_visitor, socket.visitor), (self._of_staff, socket.staff)):
            if owner and owner in index:
                index[owner].discard(socket)
                if not index[owner]:
                    del index[owner]
        if together := self._of_session.get(socket.session):
            together.pop(socket, None)
            if not together:
                del self._of_session[socket.session]
        self.reads_along(socket, ())

    def reads_along(self, socket: "Socket", conversations: Collection[UUID]) -> None:
        """These conversations, and no others, are open on this desk."""
        for one in socket.open_conversations.difference(conversations):
            self._reading_along[one].discard(socket)
            if not self._reading_along[one]:
                del self._reading_along[one]
        for one in conversations:
            self._reading_along[one].add(socket)
        socket.open_conversations = set(conversations)

    # --- hints in ---------------------------------------------------------------------------------------

    def on_hints(self, hints: Sequence[announce.Hint]) -> None:
        """Called from any thread, after a commit or from the bus."""
        with suppress(RuntimeError):  # the loop is closed: this process is ending
            self.loop.call_soon_threadsafe(self._hear, hints)

    def _hear(self, hints: Sequence[announce.Hint]) -> None:
        for hint in hints:
            if isinstance(hint, announce.Changed):
                self._changed(hint)
            elif isinstance(hint, announce.Typing):
                self._typing(hint)
            elif isinstance(hint, announce.DeskChanged):
                self.screens.shift_changed()
                for socket in self._of_staff.get(hint.staff, ()):
                    self.screens.desk_changed(socket)
                    self.mark(socket)
            elif isinstance(hint, announce.StandingChanged):
                self.start(self.screens.look_at_those_of(hint.staff))
            elif isinstance(hint, announce.BoardChanged):
                self.screens.board_changed()

    def _concerned(
        self, conversation: UUID, visitor: UUID, staff: Sequence[UUID | None]
    ) -> Iterable["Socket"]:
        """Each of them once."""
        found = dict.fromkeys(self._of_visitor.get(visitor, ()))
        for one in staff:
            if one:
                found |= dict.fromkeys(self._of_staff.get(one, ()))
        return found | dict.fromkeys(self._reading_along.get(conversation, ()))

    def _changed(self, hint: announce.Changed) -> None:
        self.screens.talks_changed()
        for socket in self._concerned(hint.conversation, hint.visitor, hint.staff):
            if hint.said is not None and self._exactly_one_behind(socket, hint):
                socket.hand_over(hint.said)
            else:
                self.mark(socket)

    def _exactly_one_behind(self, socket: "Socket", hint: announce.Changed) -> bool:
        if socket.being_read or socket in self._behind or socket.is_full():
            return False
        return socket.cursors.get(hint.conversation) == hint.version - 1

    def _typing(self, hint: announce.Typing) -> None:
        for socket in self._concerned(hint.conversation, hint.visitor, [hint.staff]):
            if not socket.is_full() and (frame := socket.typing(hint)):
                socket.emit(frame)

    # --- reading on -------------------------------------------------------------------------------------

    def mark(self, socket: "Socket") -> None:
        """This socket is behind; it reads on as soon as the thread is free and its client can take more."""
        if socket.is_full():
            return
        self._behind[socket] = None
        if not self._reading:
            self._reading = True
            self.start(self._read_all_behind())

    async def _read_all_behind(self) -> None:
        try:
            while self._behind:
                sockets = list(self._behind)[:LIST]
                for socket in sockets:
                    del self._behind[socket]
                    socket.being_read = True
                try:
                    await self._read(sockets)
                finally:
                    for socket in sockets:
                        socket.being_read = False
        finally:
            self._reading = False

    async def _read(self, sockets: list["Socket"]) -> None:
        try:
            found, outlooks = await self.hop.run(read, [socket.ask() for socket in sockets])
        except ChatlineError:
            # The database is away: they stay behind, and nobody is told anything that is not so.
            await asyncio.sleep(RETRY_SECONDS)
            self._behind.update({socket: None for socket in sockets if socket in self._sockets})
            return
        except Exception as error:
            # A defect met with one of them must not keep the others from reading; it is met again at the next look.
            log.error("read_failed sockets=%s", len(sockets), exc_info=error)
            for socket in sockets if len(sockets) > 1 else ():
                await self._read([socket])
            return
        for socket, stretches in zip(sockets, found, strict=True):
            if socket in self._sockets:
                self._deliver(socket, stretches, outlooks)

    def _deliver(self, socket: "Socket", stretches: list[Stretch], outlooks: Outlooks) -> None:
        try:
            socket.deliver(stretches, outlooks)
        except Exception as error:
            # The same: this socket's misfortune alone.
            log.error("deliver_failed", exc_info=error)

    # --- the look at the versions -----------------------------------------------------------------------

    async def _look_again_and_again(self) -> None:
        while True:
            await asyncio.sleep(settings.LOOK_SECONDS * random.uniform(0.9, 1.1))  # noqa: S311  # spreads load
            try:
                await self.look()
            except ChatlineError:
                continue  # the database is away; the next look finds what this one did not
            except Exception as error:
                # The look is what repairs everything else, so nothing may end it.
                log.error("look_failed", exc_info=error)

    async def look(self) -> None:
        """Finds whoever is behind although no hint said so, and proves all sockets alive."""
        visitors, staff = list(self._of_visitor), list(self._of_staff)
        heads = await self.hop.run(reads.heads, visitors, staff)
        if visitors:
            await self.hop.run(presence.seen, visitors)
        for socket in list(self._sockets):
            owner = socket.visitor or socket.staff
            if owner and (socket.ages or heads.get(owner, {}) != socket.cursors):
                self.mark(socket)
            socket.emit(wire.Ping())
        await self._turn_away()
        await self.screens.look()

    async def _turn_away(self) -> None:
        """Whoever chats in a page of a website that may show the chat no longer."""
        sites = {socket.site for socket in self._sockets if socket.site}
        gone = await self.hop.run(revoked, sites) if sites else set()
        for socket in [one for one in self._sockets if one.site in gone]:
            socket.turn_away()

    # --- the bus ----------------------------------------------------------------------------------------

    async def _listen_to_the_bus(self) -> None:
        while True:
            try:
                layer = get_channel_layer()
                channel = await layer.new_channel()
                await layer.group_add(announce.GROUP, channel)
                while True:
                    self._from_bus(await layer.receive(channel))
            except Exception:  # noqa: BLE001
                # Whatever the bus's client raises: hints are only hints, and the look finds what was missed.
                log.warning("bus_lost")
                await asyncio.sleep(RETRY_SECONDS)

    def _from_bus(self, event: dict[str, Any]) -> None:
        if event.get("process") == announce.PROCESS:
            return
        hints = []
        for parts in event.get("hints", ()):
            with suppress(ValueError, KeyError, IndexError, TypeError):  # from a newer version, mid-upgrade
                hints.append(announce.decode(parts))
        announce.hear(hints)


def read(asks: list[Ask]) -> tuple[list[list[Stretch]], Outlooks]:
    """Runs in the hop: reads on for these readers, and what those who wait may expect."""
    found = reads.read_on(asks)
    lines = {
        stretch.conversation.line_id
        for ask, stretches in zip(asks, found, strict=True)
        for stretch in stretches
        if ask.visitor and stretch.conversation.state == State.WAITING
    }
    now = timezone.now()
    return found, {line: outlook(line, now) for line in lines}


_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


def hub_of_this_loop() -> Hub:
    """The process's hub, made by its first socket (Daphne tells nobody when it starts)."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        _hubs[loop] = Hub(loop)
    return _hubs[loop]


def say_goodbye(code: int) -> None:
    """Every socket of this process is closed with this code; to be called in their loop."""
    for hub in list(_hubs.values()):
        hub.say_goodbye(code)
