"""What was opened, for as long as it may stay in memory."""

import threading
import time
from typing import Generic, TypeVar
from uuid import UUID

OPEN_SECONDS = 60.0
"""How long an opened key may stay in memory."""

FEW = 256
"""So many may be out of date before they are looked for."""

T = TypeVar("T")


class Opened(Generic[T]):
    """Opened keys by owner, each for `OPEN_SECONDS` after it was opened."""

    def __init__(self) -> None:
        self._opened: dict[UUID, tuple[float, T]] = {}
        self._lock = threading.Lock()

    def get(self, owner: UUID) -> T | None:
        entry = self._opened.get(owner)
        return entry[1] if entry and entry[0] > time.monotonic() else None

    def put(self, owner: UUID, opened: T) -> None:
        now = time.monotonic()
        with self._lock:
            if len(self._opened) > FEW and next(iter(self._opened.values()))[0] <= now:
                self._opened = {one: entry for one, entry in self._opened.items() if entry[0] > now}
            self._opened.pop(owner, None)
            self._opened[owner] = (now + OPEN_SECONDS, opened)

    def drop(self, owner: UUID) -> None:
        with self._lock:
            self._opened.pop(owner, None)

    def drop_all(self) -> None:
        with self._lock:
            self._opened.clear()
