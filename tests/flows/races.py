"""Several people at the same moment: real threads, each with a database connection of its own."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier
from typing import Any

from django.db import connections

from chatline.errors import ChatlineError

Outcome = Any
"""What a verb returned, or the exception it raised."""


class Threads:
    """A fixed number of threads that start their verbs together."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._pool = ThreadPoolExecutor(count)
        self._start = Barrier(count)

    def at_once(self, verbs: Sequence[Callable[[], Any]]) -> list[Outcome]:
        """Runs one verb in each thread; a refusal or a database error is an outcome like any other."""
        assert len(verbs) == self._count
        return list(self._pool.map(self._run, verbs))

    def _run(self, verb: Callable[[], Any]) -> Outcome:
        self._start.wait(10)
        try:
            return verb()
        except Exception as error:  # noqa: BLE001  # whatever was raised is what the test judges
            return error

    def close(self) -> None:
        at_once = [connections.close_all] * self._count
        self.at_once(at_once)
        self._pool.shutdown()


@contextmanager
def threads(count: int) -> Iterator[Threads]:
    running = Threads(count)
    try:
        yield running
    finally:
        running.close()


def code_of(outcome: Outcome) -> str:
    """The code of a refusal; empty for anything that succeeded. Raises whatever else was raised."""
    if isinstance(outcome, ChatlineError):
        return outcome.code
    if isinstance(outcome, BaseException):
        raise outcome
    return ""
