"""Private PostgreSQL and Redis servers for the tests: free ports, scratch folders, gone at the end.

Debian's packages bring the binaries; the cluster and the service that those packages may start are never touched.
PostgreSQL refuses to run as root, so as root it runs as the user `postgres` that its package made.
"""

import atexit
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Self
from uuid import uuid4

import psycopg
import redis

from tests.ports import free_port

START_SECONDS = 30.0
"""A cold start takes 2 s on two busy cores; past this something is wrong and the log says what."""

STOP_SECONDS = 15.0


class ServiceDidNotStart(RuntimeError):
    """Holds the end of the server's own log."""


class Service:
    """A server in a scratch folder of its own. Use as a context manager, or `start` and `stop`.

    `port` is known once started. The server dies with this process even when that is killed, because the kernel
    is asked to stop it then (`setpriv --pdeathsig`).
    """

    name = "service"
    stop_signal = signal.SIGTERM

    def __init__(self) -> None:
        self.port = 0
        self.folder = Path()
        self._server: subprocess.Popen[bytes] | None = None

    def command(self) -> list[str]:
        raise NotImplementedError

    def answers(self) -> bool:
        raise NotImplementedError

    def prepare(self) -> None:
        """Whatever the folder needs before the server starts in it."""

    def start(self) -> Self:
        self.folder = Path(tempfile.mkdtemp(prefix=f"chatline-{self.name}-"))
        self.port = free_port()
        try:
            self.prepare()
            self._launch()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Ends the server by its id and removes its folder. Does nothing the second time."""
        if self._server is not None:
            end(self._server, self.stop_signal)
            self._server = None
        shutil.rmtree(self.folder, ignore_errors=True)

    def halt(self) -> None:
        """Ends the server and keeps its folder and port, so that `resume` finds everything as it was."""
        if self._server is not None:
            end(self._server, self.stop_signal)

    def resume(self) -> None:
        self._launch()

    @property
    def pid(self) -> int:
        assert self._server, "not started"
        return self._server.pid

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    def _launch(self) -> None:
        with self.log.open("ab") as log:
            self._server = subprocess.Popen(
                self.command(), cwd=self.folder, stdout=log, stderr=log, start_new_session=True
            )
        self._wait_until(self.answers)

    def _wait_until(self, ready: Callable[[], bool]) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not ready():
            died = self._server is not None and self._server.poll() is not None
            if died or time.monotonic() > deadline:
                what = "ended at once" if died else f"did not answer within {START_SECONDS:.0f} s"
                log = self.log.read_text(errors="replace")[-4_000:]
                raise ServiceDidNotStart(f"{self.name} {what}. Its log:\n{log}")
            time.sleep(0.05)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class Postgres(Service):
    """A cluster made on the spot. `url` has the form that `DATABASE_URL` takes."""

    name = "postgres"
    # Fast shutdown: open connections are ended rather than waited for.
    stop_signal = signal.SIGINT

    @property
    def url(self) -> str:
        return self.url_of("postgres")

    def url_of(self, database: str) -> str:
        return f"postgres://postgres@127.0.0.1:{self.port}/{database}"

    def new_database(self) -> str:
        """The url of an empty database of its own, for a test that starts real processes."""
        name = f"line_{uuid4().hex[:12]}"
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        return self.url_of(name)

    def prepare(self) -> None:
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")
        initdb = [str(binaries() / "initdb"), f"--pgdata={self.folder / 'data'}", "--username=postgres"]
        options = ["--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
        made = subprocess.run(
            [*as_nobody_special(), *initdb, *options],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode:
            raise ServiceDidNotStart(f"initdb failed:\n{made.stdout}{made.stderr}")

    def command(self) -> list[str]:
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": self.folder,
            "max_connections": 200,
            "log_min_messages": "warning",
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        server = [str(binaries() / "postgres"), "-D", str(self.folder / "data"), *options]
        return [*as_nobody_special("--pdeathsig", "INT"), *server]

    def answers(self) -> bool:
        try:
            psycopg.connect(self.url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True


class Redis(Service):
    """Keeps nothing on disk and listens on loopback only. `url` has the form that `REDIS_URL` takes."""

    name = "redis"

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def command(self) -> list[str]:
        options = {
            "--port": str(self.port),
            "--bind": "127.0.0.1",
            "--protected-mode": "yes",
            "--save": "",
            "--appendonly": "no",
            "--dir": str(self.folder),
        }
        server = ["redis-server", *(part for option in options.items() for part in option)]
        return ["setpriv", "--pdeathsig", "TERM", *server]

    def client(self) -> redis.Redis:
        return redis.Redis.from_url(self.url, socket_timeout=2)

    def answers(self) -> bool:
        try:
            with self.client() as client:
                return bool(client.ping())
        except redis.ConnectionError:
            return False


@cache
def postgres() -> Postgres:
    """The one PostgreSQL of this test run, started when first asked for and stopped when Python ends."""
    server = Postgres().start()
    atexit.register(server.stop)
    return server


@cache
def redis_server() -> Redis:
    """The one Redis of this test run, started when first asked for and stopped when Python ends."""
    server = Redis().start()
    atexit.register(server.stop)
    return server


@cache
def binaries() -> Path:
    """Where Debian keeps the server's own programs, the newest version if there are several."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    if not found:
        raise ServiceDidNotStart("PostgreSQL is not installed: apt-get install postgresql")
    return found[-1].parent


def as_nobody_special(*options: str) -> list[str]:
    """The prefix under which a command runs as a user whom PostgreSQL accepts."""
    drop = ["--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []
    return ["setpriv", *drop, *options] if drop or options else []


def end(process: subprocess.Popen[bytes], with_signal: signal.Signals) -> int:
    """Asks a process of ours to stop, insists after `STOP_SECONDS`, and returns its exit status."""
    if process.poll() is None:
        process.send_signal(with_signal)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
    return process.wait()
