"""Processes of a turn, and the processor time that each took."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests import servers, services
from tools.bench.load import cpu_seconds
from tools.bench.sides import START_SECONDS, listening


@contextmanager
def running(
    *command: str, environment: Mapping[str, str], log: Path, port: int = 0
) -> Iterator[subprocess.Popen[bytes]]:
    """A Python module in the background, until the block ends; with a `port`, once it listens there."""
    with log.open("ab") as file:
        # The kernel ends it if this run is killed, so that nothing is left behind.
        process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", sys.executable, "-m", *command],
            cwd=servers.ROOT,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
        )
        try:
            if port:
                wait_for(lambda: listening(port), START_SECONDS, f"{command} does not listen; see {log}")
            yield process
        finally:
            services.end(process, signal.SIGTERM)


def wait_for(done: Callable[[], bool], seconds: float, what: str) -> None:
    """Raises TimeoutError, with `what`, if it is not done in time."""
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            raise TimeoutError(what)
        time.sleep(0.02)


class Meter:
    """The share of a core that processes had since it was made; `children` of a server count with it."""

    def __init__(self, pids: Mapping[str, int]) -> None:
        self._pids = pids
        self._began = time.perf_counter()
        self._before = self._now()

    def read(self) -> dict[str, float]:
        took = time.perf_counter() - self._began
        return {name: (seconds - self._before[name]) / took for name, seconds in self._now().items()}

    def seconds(self) -> dict[str, float]:
        return {name: seconds - self._before[name] for name, seconds in self._now().items()}

    def _now(self) -> dict[str, float]:
        return {name: sum(map(_cpu, [pid, *children(pid)])) for name, pid in self._pids.items()}


def _cpu(pid: int) -> float:
    try:
        return cpu_seconds(pid)
    except FileNotFoundError:
        return 0.0


def children(parent: int) -> list[int]:
    found = []
    for entry in os.scandir("/proc"):
        if entry.name.isdecimal():
            try:
                stat = Path(entry.path, "stat").read_text()
            except OSError:
                continue
            if int(stat.rpartition(")")[2].split()[1]) == parent:
                found.append(int(entry.name))
    return found
