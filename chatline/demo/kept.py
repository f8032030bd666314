"""One value that threads, and with a file processes too, may change one at a time."""

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
    """A struct in memory, or in a file of JSON where `path` is given; made by its type when there is none yet.

    In memory nothing is encoded or copied, so what a block did before it raised stays done: check first, then change.
    """

    def __init__(self, kind: type[T], path: Path | None) -> None:
        self._kind = kind
        self._path = path
        self._memory = kind()
        self._lock = threading.Lock()

    @contextmanager
    def look(self) -> Iterator[T]:
        """As the last change left it; nobody changes it before the block ends. Change nothing of it."""
        if self._path is None:
            with self._lock:
                yield self._memory
        else:
            yield self._read(self._path)

    @contextmanager
    def change(self) -> Iterator[T]:
        """The value, nobody else's until the block ends; into a file it goes only if the block did not raise."""
        with self._lock:
            if self._path is None:
                yield self._memory
                return
            with self._between_processes(self._path):
                value = self._read(self._path)
                yield value
                self._write(self._path, msgspec.json.encode(value))

    @contextmanager
    def _between_processes(self, path: Path) -> Iterator[None]:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.with_suffix(".lock").open("w") as guard:
            fcntl.flock(guard, fcntl.LOCK_EX)
            yield

    def _read(self, path: Path) -> T:
        try:
            return msgspec.json.decode(path.read_bytes(), type=self._kind)
        except FileNotFoundError:
            return self._kind()

    def _write(self, path: Path, content: bytes) -> None:
        # Readers take no lock, so they must find the old file or the new one, never half of it.
        fresh = path.with_suffix(".new")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        fresh.replace(path)


class Pictures:
    """What came with texts, by id: in memory, or as files in a folder."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._memory: dict[str, bytes] = {}

    def put(self, sid: str, content: bytes) -> None:
        if self._folder is None:
            self._memory[sid] = content
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / sid).write_bytes(content)

    def get(self, sid: str) -> bytes:
        """Raises KeyError for what was never put or is deleted; `sid` comes from the records, never from outside."""
        try:
            return self._memory[sid] if self._folder is None else (self._folder / sid).read_bytes()
        except FileNotFoundError:
            raise KeyError(sid) from None

    def drop(self, sid: str) -> None:
        if self._folder is None:
            self._memory.pop(sid, None)
        else:
            (self._folder / sid).unlink(missing_ok=True)
