"""What desks share: the queue and the flags, read and encoded once for all desks that may see the same lines.

Changes fold: while one read is under way, all further ones make one next read, at most one each `PAUSE` seconds.
"""

import asyncio
import logging
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib.sessions.models import Session
from django.utils import timezone

from chatline.errors import ChatlineError
from chatline.people import access
from chatline.people.models import Membership
from consumers import frames, wire
from routing import board, presence

if TYPE_CHECKING:
    from consumers.hub import Hub
    from consumers.volunteer import DeskSocket

log = logging.getLogger(__name__)

PAUSE = 0.1
"""Seconds between two reads of the board: ten a second is more than anybody can see."""

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
        self._board_behind = False
        self._board_reading = False
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
        self._board_behind = True
        if not self._board_reading and self._desks:
            self._board_reading = True
            self._hub.start(self._send_boards())

    async def _send_boards(self) -> None:
        try:
            while self._board_behind:
                self._board_behind = False
                await self._send_board(list(self._desks))
                await asyncio.sleep(PAUSE)
        except ChatlineError:
            log.warning("board_unread")  # the next look sends it
        finally:
            self._board_reading = False

    async def _send_board(self, sockets: list["DeskSocket"]) -> None:
        by_queue: dict[Lines, list[DeskSocket]] = defaultdict(list)
        by_flags: dict[Lines, list[DeskSocket]] = defaultdict(list)
        for socket in sockets:
            rights = self._desks[socket]
            by_queue[rights.answers].append(socket)
            if rights.supervises:
                by_flags[rights.supervises].append(socket)
        texts = await self._hub.hop.run(boards, list(by_queue), list(by_flags))
        for (kind, lines), text in texts.items():
            for socket in (by_queue if kind == "queue" else by_flags)[lines]:
                if socket in self._desks:
                    socket.show(kind, text)

    async def show_all(self, socket: "DeskSocket") -> None:
        """Everything shared, to one desk that has just said hello."""
        await self._send_board([socket])

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


def boards(queues: list[Lines], flags: list[Lines]) -> dict[tuple[str, Lines], str]:
    """Runs in the hop: the `queue` frame of each set of lines, the `flags` frame of each, encoded."""
    now: datetime = timezone.now()
    texts = {
        ("queue", lines): wire.encode(frames.queue(board.queue(lines), board.SHOWN, now)) for lines in queues
    }
    for lines in flags:
        rows = [frames.flag(one) for one in board.flags(lines)]
        texts["flags", lines] = wire.encode(wire.Flags(flags=rows, alarms=board.alarms(), now=now))
    return texts
