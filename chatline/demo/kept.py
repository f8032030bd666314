"""One value kept in a file that several processes and threads may change, one at a time."""

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

T = TypeVar("T", bound=msgspec.Struct)


class Kept(Generic[T]):
    """A struct in a file of JSON, or in memory alone where `path` is None; made by its type when there is none yet."""

    def __init__(self, kind: type[T], path: Path | None) -> None:
        self._kind = kind
        self._path = path
        self._memory = msgspec.json.encode(kind())
        self._lock = threading.Lock()

    def read(self) -> T:
        """As it was left by the last change; changing what is returned changes nothing."""
        return msgspec.json.decode(self._bytes(), type=self._kind)

    @contextmanager
    def change(self) -> Iterator[T]:
        """The value, nobody else's until the block ends; then it is written, unless the block raised."""
        with self._lock, self._between_processes():
            value = self.read()
            yield value
            self._write(msgspec.json.encode(value))

    @contextmanager
    def _between_processes(self) -> Iterator[None]:
        if self._path is None:
            yield
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.with_suffix(".lock").open("w") as guard:
            fcntl.flock(guard, fcntl.LOCK_EX)
            yield

    def _bytes(self) -> bytes:
        if self._path is None:
            return self._memory
        try:
            return self._path.read_bytes()
        except FileNotFoundError:
            return self._memory

    def _write(self, content: bytes) -> None:
        if self._path is None:
            self._memory = content
            return
        # Readers take no lock, so they must find the old file or the new one, never half of it.
        fresh = self._path.with_suffix(".new")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        fresh.replace(self._path)
