"""The only sender on the channel layer: hints, after commit.

A hint says that something changed, never what: ids and versions only. Losing one loses nothing, because every
screen rebuilds itself from rows and every process looks at the versions by itself (`settings.LOOK_SECONDS`).
A hint goes straight to the listener of this process (the hub) and, with Redis, to all other processes.
"""

import asyncio
import logging
import threading
import uuid
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from channels.layers import get_channel_layer
from django.conf import settings
from django.db import transaction

log = logging.getLogger(__name__)

GROUP = "hints"
PROCESS = uuid.uuid4().hex
"""Marks our own hints on the bus, so that they are not heard twice."""

BACKLOG = 10_000
"""Hints kept while the bus is away; older ones are dropped, which the look at the versions repairs."""


@dataclass(frozen=True, slots=True)
class Changed:
    """A conversation has a new `version`. Concerns its `visitor` and those `staff`.

    `said` is what was committed when a message is all that changed, for readers in this process who are exactly one
    version behind (`consumers/hub.py`). It holds words and therefore never travels.
    """

    conversation: UUID
    version: int
    visitor: UUID
    staff: tuple[UUID, ...] = ()
    said: Any = None


@dataclass(frozen=True, slots=True)
class BoardChanged:
    """Who waits, or which flags are unresolved, has changed."""


@dataclass(frozen=True, slots=True)
class DeskChanged:
    """What this person holds, or their readiness, has changed."""

    staff: UUID


@dataclass(frozen=True, slots=True)
class StandingChanged:
    """A session of this person has ended, or what they may do has changed: their sockets ask whether they may stay."""

    staff: UUID


@dataclass(frozen=True, slots=True)
class Typing:
    """Somebody types; may be lost. `by` is `visitor`, `volunteer` or `supervisor`; `staff` is who types, or holds."""

    conversation: UUID
    visitor: UUID
    staff: UUID | None
    by: str
    on: bool


@dataclass(frozen=True, slots=True)
class KeyDestroyed:
    """Whoever keeps this key opened in memory must drop it now."""

    owner: UUID


Hint = Changed | BoardChanged | DeskChanged | StandingChanged | Typing | KeyDestroyed
Listener = Callable[[Sequence[Hint]], None]

_listeners: list[Listener] = []


def listen(listener: Listener) -> None:
    """Called with every list of hints, in whatever thread committed; must not block or raise."""
    if listener not in _listeners:
        _listeners.append(listener)


def unlisten(listener: Listener) -> None:
    if listener in _listeners:
        _listeners.remove(listener)


def after_commit(*hints: Hint) -> None:
    """Sends hints once the present transaction is committed, or at once outside of one."""
    transaction.on_commit(lambda: now(hints), robust=True)


def now(hints: Sequence[Hint]) -> None:
    hear(hints)
    if settings.REDIS_URL:
        _bus.send([encoded for hint in hints if (encoded := _encode(hint))])


def hear(hints: Sequence[Hint]) -> None:
    """Hands hints to this process's listeners: our own, and what `consumers/hub.py` received from the bus."""
    for listener in _listeners:
        listener(hints)


# --- on the bus -------------------------------------------------------------------------------------------

_KINDS: dict[str, type] = {
    "c": Changed,
    "b": BoardChanged,
    "d": DeskChanged,
    "s": StandingChanged,
    "t": Typing,
    "k": KeyDestroyed,
}
_LETTERS = {kind: letter for letter, kind in _KINDS.items()}


def _encode(hint: Hint) -> list[Any]:
    letter = _LETTERS[type(hint)]
    if isinstance(hint, Changed):
        staff = [str(one) for one in hint.staff]
        return [letter, str(hint.conversation), hint.version, str(hint.visitor), staff]
    if isinstance(hint, Typing):
        staff_id = str(hint.staff) if hint.staff else None
        return [letter, str(hint.conversation), str(hint.visitor), staff_id, hint.by, hint.on]
    if isinstance(hint, (DeskChanged, StandingChanged)):
        return [letter, str(hint.staff)]
    if isinstance(hint, KeyDestroyed):
        return [letter, str(hint.owner)]
    return [letter]


def decode(parts: list[Any]) -> Hint:
    """Raises ValueError, KeyError, IndexError or TypeError on what this version does not know."""
    letter, *rest = parts
    kind = _KINDS[letter]
    if kind is Changed:
        conversation, version, visitor, staff = rest
        return Changed(UUID(conversation), int(version), UUID(visitor), tuple(UUID(one) for one in staff))
    if kind is Typing:
        conversation, visitor, staff_id, by, on = rest
        staff_uuid = UUID(staff_id) if staff_id else None
        return Typing(UUID(conversation), UUID(visitor), staff_uuid, str(by), bool(on))
    if kind is DeskChanged:
        return DeskChanged(UUID(rest[0]))
    if kind is StandingChanged:
        return StandingChanged(UUID(rest[0]))
    if kind is KeyDestroyed:
        return KeyDestroyed(UUID(rest[0]))
    return BoardChanged()


class _Bus:
    """Sends from any thread, through one event loop of its own; what waits while it sends is one next publish."""

    def __init__(self) -> None:
        self._waiting: deque[list[Any]] = deque(maxlen=BACKLOG)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._starting = threading.Lock()
        self._sending = False
        self._draining: asyncio.Future[None] | None = None

    def send(self, hints: list[list[Any]]) -> None:
        self._waiting.extend(hints)
        self._running_loop().call_soon_threadsafe(self._wake)

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        with self._starting:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(target=self._loop.run_forever, name="bus", daemon=True).start()
            return self._loop

    def _wake(self) -> None:
        if not self._sending:
            self._sending = True
            self._draining = asyncio.ensure_future(self._drain())

    async def _drain(self) -> None:
        layer = get_channel_layer()
        try:
            while self._waiting:
                hints = [self._waiting.popleft() for _ in range(min(len(self._waiting), 500))]
                await layer.group_send(GROUP, {"type": "hints", "process": PROCESS, "hints": hints})
        except Exception:  # noqa: BLE001
            # Whatever the bus's client raises, the rows are committed: the look at the versions delivers them.
            log.warning("bus_unreachable", exc_info=False)
        finally:
            self._sending = False


_bus = _Bus()
