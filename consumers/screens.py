"""What desks share: the queue, the shift, what needs a supervisor; each read and encoded once for all desks that may
see the same lines.

Changes fold: while one read is under way, all further ones make one next read, at most one each pause.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib.sessions.models import Session
from django.utils import timezone

from chatline.errors import ChatlineError
from chatline.people import access
from chatline.people.models import Membership
from consumers import frames, wire
from routing import barring, board, inbox, presence

if TYPE_CHECKING:
    from consumers.hub import Hub
    from consumers.volunteer import DeskSocket

log = logging.getLogger(__name__)

PAUSE = 0.1
"""Seconds between two reads of the queue and the flags: ten a second is more than anybody can see."""

CALM = 1.0
"""The same for what only gives an overview: who is on shift, which conversations go on."""

Lines = frozenset[UUID]


@dataclass(slots=True)
class Rights:
    """What a member of staff may see, as of the latest look."""

    name: str = ""
    answers: Lines = field(default_factory=frozenset)
    supervises: Lines = field(default_factory=frozenset)


class Screens:
    def __init__(self, hub: "Hub") -> None:
        self._hub = hub
        self._desks: dict[DeskSocket, Rights] = {}
        self._queue = Shared(self, "queue", PAUSE)
        self._flags = Shared(self, "flags", PAUSE)
        self._shift = Shared(self, "shift", CALM)
        self._talks = Shared(self, "talks", CALM)
        self._desks_behind: dict[DeskSocket, None] = {}
        self._desks_reading = False

    def join(self, socket: "DeskSocket", rights: Rights) -> None:
        self._desks[socket] = rights

    def leave(self, socket: object) -> None:
        self._desks.pop(socket, None)  # type: ignore[call-overload]  # visitors leave too, and are not in it
        self._desks_behind.pop(socket, None)  # type: ignore[call-overload]  # the same

    # --- each desk's own --------------------------------------------------------------------------------

    def desk_changed(self, socket: object) -> None:
        if socket in self._desks:
            self._desks_behind[socket] = None
            if not self._desks_reading:
                self._desks_reading = True
                self._hub.start(self._send_desks())

    async def _send_desks(self) -> None:
        try:
            while self._desks_behind:
                sockets = list(self._desks_behind)
                self._desks_behind.clear()
                found = await self._hub.hop.run(presence.desks, {socket.staff for socket in sockets})
                for socket in sockets:
                    if socket in self._desks and socket.staff:
                        socket.show_desk(found[socket.staff], self._desks[socket])
        except ChatlineError:
            log.warning("desk_unread")  # the next look sends it
        finally:
            self._desks_reading = False

    # --- what they share --------------------------------------------------------------------------------

    def board_changed(self) -> None:
        """Who waits, or what is flagged."""
        self._queue.changed()
        self._flags.changed()
        self._talks.changed()

    def shift_changed(self) -> None:
        self._shift.changed()

    def talks_changed(self) -> None:
        self._talks.changed()

    def desks(self) -> dict["DeskSocket", Rights]:
        return self._desks

    async def show_all(self, socket: "DeskSocket") -> None:
        """Everything shared, to one desk that has just said hello."""
        for shared in (self._queue, self._shift, self._flags, self._talks):
            await shared.send([socket])

    # --- the look ---------------------------------------------------------------------------------------

    async def look(self) -> None:
        """Rights, sessions and everything shown are read anew; who lost their session or rights is signed out."""
        sockets = list(self._desks)
        if not sockets:
            return
        keys = {socket.session for socket in sockets if socket.session}
        rights, sessions = await self._hub.hop.run(
            rights_and_sessions, {socket.staff for socket in sockets if socket.staff}, keys
        )
        for socket in sockets:
            if socket not in self._desks:
                continue
            if socket.staff not in rights or socket.session not in sessions:
                socket.sign_out()
                continue
            self._desks[socket] = rights[socket.staff]
            self.desk_changed(socket)
        self.board_changed()
        self.shift_changed()

    # --- for what is shared -----------------------------------------------------------------------------

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        self._hub.start(work)

    async def run(self, read: Callable[[list[Lines]], dict[Lines, str]], of: list[Lines]) -> dict[Lines, str]:
        return await self._hub.hop.run(read, of)


class Shared:
    """One frame that many desks are shown, `kind` as in `READS`: read anew after changes, at most once a pause."""

    def __init__(self, screens: Screens, kind: str, pause: float) -> None:
        self._screens = screens
        self._kind = kind
        self._pause = pause
        self._behind = False
        self._sending = False

    def changed(self) -> None:
        self._behind = True
        if not self._sending and self._whom(self._screens.desks()):
            self._sending = True
            self._screens.start(self._send_again_and_again())

    async def _send_again_and_again(self) -> None:
        try:
            while self._behind:
                self._behind = False
                await self.send(list(self._screens.desks()))
                await asyncio.sleep(self._pause)
        except ChatlineError:
            log.warning("%s_unread", self._kind)  # the next look sends it
        finally:
            self._sending = False

    async def send(self, sockets: list["DeskSocket"]) -> None:
        whom = self._whom(sockets)
        if not whom:
            return
        texts = await self._screens.run(READS[self._kind], list(whom))
        for lines, text in texts.items():
            for socket in whom[lines]:
                if socket in self._screens.desks():
                    socket.show(self._kind, text)

    def _whom(self, sockets: Iterable["DeskSocket"]) -> dict[Lines, list["DeskSocket"]]:
        """Who of these is shown it, by the lines that they see."""
        found: dict[Lines, list[DeskSocket]] = defaultdict(list)
        for socket in sockets:
            rights = self._screens.desks()[socket]
            lines = rights.supervises if self._kind in FOR_SUPERVISORS else rights.answers
            if lines or self._kind not in FOR_SUPERVISORS:
                found[lines].append(socket)
        return found


def rights_of(staff: set[UUID]) -> dict[UUID, Rights]:
    """The rights of those who are still active, with one query."""
    found: dict[UUID, Rights] = {}
    rows = Membership.objects.filter(staff__in=staff, staff__is_active=True).values_list(
        "staff", "staff__name", "line", "role"
    )
    for one, name, line, role in rows:
        rights = found.setdefault(one, Rights(name=name))
        if role in access.ANSWERS:
            rights.answers |= {line}
        if role in access.SUPERVISES:
            rights.supervises |= {line}
    return found


def rights_and_sessions(staff: set[UUID], keys: set[str]) -> tuple[dict[UUID, Rights], set[str]]:
    """Runs in the hop. Also notes that these people's sockets are open."""
    presence.seen(staff)
    living = Session.objects.filter(session_key__in=keys, expire_date__gt=timezone.now())
    return rights_of(staff), set(living.values_list("session_key", flat=True))


# --- reading what is shared, in the hop -----------------------------------------------------------------------


def queues(of: list[Lines]) -> dict[Lines, str]:
    now = timezone.now()
    return {lines: wire.encode(frames.queue(board.queue(lines), board.SHOWN, now)) for lines in of}


def shifts(of: list[Lines]) -> dict[Lines, str]:
    now = timezone.now()
    answering = [wire.OpenLine(line.slug, line.name) for line in board.open_lines(now)]
    return {
        lines: wire.encode(
            wire.Shift(
                colleagues=[frames.colleague(one) for one in presence.on_shift(lines, now)],
                paused=board.paused(lines),
                open_lines=answering,
                now=now,
            )
        )
        for lines in of
    }


def flags(of: list[Lines]) -> dict[Lines, str]:
    now = timezone.now()
    return {
        lines: wire.encode(
            wire.Flags(
                flags=[frames.flag(one) for one in inbox.flags(lines)],
                alarms=inbox.alarms(lines),
                helps=[frames.help_asked(one) for one in inbox.helps(lines)],
                emergencies=[frames.emergency_told(one) for one in inbox.emergencies(lines)],
                barred=[frames.barred(one) for one in barring.barred(lines)],
                now=now,
            )
        )
        for lines in of
    }


def talks(of: list[Lines]) -> dict[Lines, str]:
    now = timezone.now()
    return {
        lines: wire.encode(wire.Talks(talks=[frames.talk(one, now) for one in board.talks(lines)], now=now))
        for lines in of
    }


READS: dict[str, Callable[[list[Lines]], dict[Lines, str]]] = {
    "queue": queues,
    "shift": shifts,
    "flags": flags,
    "talks": talks,
}
"""By the type of the frame."""

FOR_SUPERVISORS = frozenset({"flags", "talks"})
