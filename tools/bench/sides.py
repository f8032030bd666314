"""The two servers, each started for one turn in a process of its own, loaded, stopped by its id."""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import msgspec

from tests import servers, services
from tests.ports import free_port
from tools.bench.load import Figures
from tools.bench.plan import Load, Plan, Seat

START_SECONDS = 30.0
BESIDES_SECONDS = 90.0
"""What a load client may take on top of what it measures before it is taken to hang."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How many pairs, how many of them on one volunteer's socket, and the measured seconds."""

    pairs: int
    hold: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Services:
    database: services.Postgres
    bus: services.Redis


class Side:
    """One turn of one server: a folder of its own, nothing carried over from the turn before."""

    name: str

    def __init__(self, scratch: Path, store: Services | None) -> None:
        self.scratch = scratch
        self.store = store
        self.port = 0
        self.environment: dict[str, str] = {}

    def run(self, shape: Shape) -> Figures:
        """Raises CalledProcessError, TimeoutExpired or RuntimeError, with what the process printed on its stderr."""
        self.port = free_port()
        self.environment = self.surroundings(self.scratch / uuid4().hex)
        plan = self.prepare(shape)
        with (self.scratch / "server.log").open("ab") as log:
            # The kernel ends it if this run is killed, so that nothing is left behind.
            command = ["setpriv", "--pdeathsig", "KILL", sys.executable, "-m", *self.command()]
            server = subprocess.Popen(command, cwd=servers.ROOT, env=self.environment, stdout=log, stderr=log)
            try:
                self._wait_for(server)
                figures = load(Load(plan, self.port, server.pid, shape.seconds))
            finally:
                services.end(server, signal.SIGTERM)
        return self.checked(figures)

    def _wait_for(self, server: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not listening(self.port):
            if server.poll() is not None or time.monotonic() > deadline:
                log = (self.scratch / "server.log").read_text(errors="replace")
                raise RuntimeError(f"{self.name} did not start:\n{log[-4_000:]}")
            time.sleep(0.05)

    def surroundings(self, folder: Path) -> dict[str, str]:
        return servers.inherited()

    def prepare(self, shape: Shape) -> Plan:
        raise NotImplementedError

    def command(self) -> list[str]:
        raise NotImplementedError

    def checked(self, figures: Figures) -> Figures:
        return figures


class Bare(Side):
    """The relay of `relay.py`."""

    name = "bare relay"

    def prepare(self, shape: Shape) -> Plan:
        names = [str(uuid4()) for _ in range(shape.pairs)]
        held = [names[first : first + shape.hold] for first in range(0, shape.pairs, shape.hold)]
        return Plan(
            visitors=[Seat(f"/relay/{name}/", [name]) for name in names],
            desks=[Seat(f"/relay/{','.join(names)}/", names) for names in held],
            relayed=True,
        )

    def command(self) -> list[str]:
        return ["tools.bench.relay", str(self.port)]


class Line(Side):
    """This line, in a database made for the turn."""

    name = "ours"

    def surroundings(self, folder: Path) -> dict[str, str]:
        return servers.environment(
            folder,
            database_url=self.store.database.new_database() if self.store else "",
            redis_url=self.store.bus.url if self.store else "",
            CHATLINE_PUBLIC_URL=f"http://127.0.0.1:{self.port}",
        )

    def prepare(self, shape: Shape) -> Plan:
        made = ask(["tools.bench.line", "prepare", str(shape.pairs), str(shape.hold)], self.environment)
        return msgspec.json.decode(made, type=Plan)

    def command(self) -> list[str]:
        return ["tools.bench.line", "serve", str(self.port)]

    def checked(self, figures: Figures) -> Figures:
        figures.stored = int(ask(["tools.bench.line", "count"], self.environment))
        return figures


def load(load: Load) -> Figures:
    """Runs the load client to its end."""
    told = ask(["tools.bench.load"], servers.inherited(), msgspec.json.encode(load), load.seconds)
    return msgspec.json.decode(told, type=Figures)


def ask(command: list[str], environment: Mapping[str, str], told: bytes = b"", seconds: float = 0) -> bytes:
    """What this module prints. Whatever it complains of goes to our own stderr."""
    return subprocess.run(
        [sys.executable, "-m", *command],
        cwd=servers.ROOT,
        env=dict(environment),
        input=told,
        stdout=subprocess.PIPE,
        timeout=seconds + BESIDES_SECONDS,
        check=True,
    ).stdout


def listening(port: int) -> bool:
    """Whether anything accepts a connection there."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
