"""What desks share: the queue, the shift, what needs a supervisor; each read and encoded once for all desks that may
see the same lines.

Changes fold: while one read is under way, all further ones make one next read, at most one each pause.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.utils import timezone
from msgspec import structs

from chatline.errors import ChatlineError
from chatline.people import access, factors, sessions
from chatline.people.models import Membership
from consumers import frames, wire
from routing import barring, board, inbox, pages, presence

if TYPE_CHECKING:
    from consumers.hub import Hub
    from consumers.volunteer import DeskSocket

log = logging.getLogger(__name__)

PAUSE = 0.1
"""Seconds between two reads of the queue and the flags: ten a second is more than anybody can see."""

CALM = 1.0
"""The same for what only gives an overview: who is on shift, which conversations go on."""

A_SCREEN = 0.0005
"""Seconds that each desk adds to a pause: 500 of them are shown four changes of the queue a second, and the frames of
conversations pass in between (`tools/bench/desks.py`)."""

Lines = frozenset[UUID]
Encoded = tuple[str, int]
"""A frame, and a sign that is the same for frames that differ in nothing but their time."""


@dataclass(slots=True)
class Rights:
    """What a member of staff may see, as of the latest look."""

    name: str = ""
    roles: frozenset[str] = field(default_factory=frozenset)
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
        self._shared = (self._queue, self._flags, self._shift, self._talks)
        self._desks_behind: dict[DeskSocket, None] = {}
        self._desks_reading = False

    def join(self, socket: "DeskSocket", rights: Rights) -> None:
        self._desks[socket] = rights

    def leave(self, socket: object) -> None:
        self._desks.pop(socket, None)  # type: ignore[call-overload]  # visitors leave too, and are not in it
        self._desks_behind.pop(socket, None)  # type: ignore[call-overload]  # the same
        for shared in self._shared:
            shared.forget(socket)

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
        await asyncio.gather(*(shared.show_first(socket) for shared in self._shared))

    # --- the look ---------------------------------------------------------------------------------------

    async def look(self) -> None:
        """Rights, sessions and everything shown are read anew; who lost their session or rights is signed out."""
        if not self._desks:
            return
        await self.look_at(list(self._desks))
        self.board_changed()
        self.shift_changed()

    async def look_at_those_of(self, staff: UUID) -> None:
        """At the sockets of somebody whose sessions or rights have changed, without waiting for the next look."""
        await self.look_at([socket for socket in self._desks if socket.staff == staff])

    async def look_at(self, sockets: Iterable["DeskSocket"]) -> None:
        """The same for some of them, and without what they share."""
        asked = [socket for socket in sockets if socket in self._desks]
        if not asked:
            return
        opened = {socket.session: socket.staff for socket in asked}
        acted = {socket.session for socket in asked if socket.has_acted()}
        rights, living = await self._hub.hop.run(rights_and_sessions, opened, acted)
        for socket in asked:
            if socket not in self._desks:
                continue
            if socket.staff not in rights or socket.session not in living:
                socket.sign_out()
                continue
            self._desks[socket] = rights[socket.staff]
            self.desk_changed(socket)

    # --- for what is shared -----------------------------------------------------------------------------

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        self._hub.start(work)

    async def run(self, read: "Read", of: list[Lines]) -> dict[Lines, Encoded]:
        return await self._hub.hop.run(encoded, read, of)


class Shared:
    """One frame that many desks are shown, `kind` as in `READS`: read anew after changes and for who has just come, at
    most once a pause. A desk is sent only what differs from what it has.
    """

    def __init__(self, screens: Screens, kind: str, pause: float) -> None:
        self._screens = screens
        self._kind = kind
        self._pause = pause
        self._behind = False
        self._newcomers: dict[DeskSocket, asyncio.Future[None]] = {}
        self._sending = False
        self._shown: dict[DeskSocket, int] = {}

    def changed(self) -> None:
        self._behind = True
        self._send_soon()

    async def show_first(self, socket: "DeskSocket") -> None:
        """To a desk that has just said hello; many who come at once share one reading."""
        self._newcomers[socket] = shown = asyncio.get_running_loop().create_future()
        self._send_soon()
        await shown

    def forget(self, socket: object) -> None:
        self._shown.pop(socket, None)  # type: ignore[call-overload]  # visitors leave too, and are not in it

    def _send_soon(self) -> None:
        if not self._sending and (self._newcomers or self._whom(self._screens.desks())):
            self._sending = True
            self._screens.start(self._send_again_and_again())

    async def _send_again_and_again(self) -> None:
        due, clock = 0.0, asyncio.get_running_loop().time
        try:
            while self._behind or self._newcomers:
                desks = list(self._newcomers)
                if self._behind and clock() >= due:
                    self._behind = False
                    desks = list(self._screens.desks())
                    due = clock() + max(self._pause, len(desks) * A_SCREEN)
                await self._send(desks)
                self._greeted(desks)
                await asyncio.sleep(PAUSE)
        finally:
            self._sending = False
            self._greeted(list(self._newcomers))

    def _greeted(self, desks: list["DeskSocket"]) -> None:
        for socket in desks:
            if (shown := self._newcomers.pop(socket, None)) and not shown.done():
                shown.set_result(None)

    async def _send(self, sockets: list["DeskSocket"]) -> None:
        if not (whom := self._whom(sockets)):
            return
        try:
            found = await self._screens.run(READS[self._kind], list(whom))
        except ChatlineError:
            log.warning("%s_unread", self._kind)  # the next look sends it
            return
        for lines, (text, sign) in found.items():
            for socket in whom[lines]:
                if socket not in self._screens.desks() or self._shown.get(socket) == sign:
                    continue
                if socket.show(text):
                    self._shown[socket] = sign

    def _whom(self, sockets: Iterable["DeskSocket"]) -> dict[Lines, list["DeskSocket"]]:
        """Who of these is shown it, by the lines that they see."""
        found: dict[Lines, list[DeskSocket]] = defaultdict(list)
        for socket in sockets:
            if (rights := self._screens.desks().get(socket)) is None:
                continue
            lines = rights.supervises if self._kind in FOR_SUPERVISORS else rights.answers
            if lines or self._kind not in FOR_SUPERVISORS:
                found[lines].append(socket)
        return found


def rights_of(staff: set[UUID]) -> dict[UUID, Rights]:
    """The rights of those who are still active, and lack nothing that sign-in asks of them."""
    found: dict[UUID, Rights] = {}
    staff = staff - factors.lacking(staff).keys()
    rows = Membership.objects.filter(staff__in=staff, staff__is_active=True).values_list(
        "staff", "staff__name", "line", "role"
    )
    for one, name, line, role in rows:
        rights = found.setdefault(one, Rights(name=name))
        rights.roles |= {role}
        if role in access.ANSWERS:
            rights.answers |= {line}
        if role in access.SUPERVISES:
            rights.supervises |= {line}
    return found


def rights_and_sessions(opened: dict[str, UUID], acted: set[str]) -> tuple[dict[UUID, Rights], set[str]]:
    """Runs in the hop, for the sessions with which sockets were opened, and those of them in which somebody did
    something. Also notes that these people's sockets are open, and keeps the sessions of whoever is at work.

    Whoever supervises is at work while their desk is open: flags come to it, in the quietest night too.
    """
    staff = set(opened.values())
    presence.seen(staff)
    rights, duty = rights_of(staff), presence.on_duty(staff)
    working = {one for one, theirs in rights.items() if theirs.supervises} | duty
    sessions.touch([key for key, one in opened.items() if key in acted or one in working])
    return rights, sessions.living(opened)


# --- reading what is shared, in the hop -----------------------------------------------------------------------


def encoded(read: "Read", of: list[Lines]) -> dict[Lines, Encoded]:
    now = timezone.now()
    return {lines: (wire.encode(frame), sign(frame)) for lines, frame in read(of, now).items()}


def sign(frame: Any) -> int:
    return hash(wire.encode(structs.replace(frame, now=EPOCH)))


def queues(of: list[Lines], now: datetime) -> dict[Lines, wire.Queue]:
    return {
        lines: frames.queue(board.queue(lines), board.unanswered(lines), board.SHOWN, now) for lines in of
    }


def shifts(of: list[Lines], now: datetime) -> dict[Lines, wire.Shift]:
    answering = [wire.OpenLine(line.slug, line.name) for line in board.open_lines(now)]
    return {
        lines: frames.shift(presence.on_shift(lines, now), board.paused(lines), answering, board.SHOWN, now)
        for lines in of
    }


def flags(of: list[Lines], now: datetime) -> dict[Lines, wire.Flags]:
    return {
        lines: wire.Flags(
            flags=[frames.flag(one) for one in inbox.flags(lines)],
            alarms=inbox.alarms(lines),
            helps=[frames.help_asked(one) for one in inbox.helps(lines)],
            emergencies=[frames.emergency_told(one) for one in inbox.emergencies(lines)],
            barred=[frames.barred(one) for one in barring.barred(lines)],
            dead=[frames.dead(one) for one in pages.dead(lines)],
            now=now,
        )
        for lines in of
    }


def talks(of: list[Lines], now: datetime) -> dict[Lines, wire.Talks]:
    return {
        lines: wire.Talks(talks=[frames.talk(one, now) for one in board.talks(lines)], now=now)
        for lines in of
    }


Read = Callable[[list[Lines], datetime], Mapping[Lines, Any]]

READS: dict[str, Read] = {
    "queue": queues,
    "shift": shifts,
    "flags": flags,
    "talks": talks,
}
"""By the type of the frame."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

FOR_SUPERVISORS = frozenset({"flags", "talks"})
