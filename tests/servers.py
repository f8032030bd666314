"""The real commands of the line as real processes: what an operator starts, and what a test may kill.

with demo(tmp_path) as line:
    line.wait_until_healthy()
    requests.get(line.url + "/chat/demo/")
"""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.ports import free_port
from tests.services import end

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 60.0
"""A start takes 3 s; many times that on two cores that everything else is busy on."""


KEPT = ("PATH", "HOME", "LANG", "TMPDIR")
"""All that a started process inherits: a test must not pass because of what this shell happened to hold."""

UNHURRIED = {
    f"CHATLINE_LIMIT_{kind}": "1000000/second" for kind in ("VISITOR", "STAFF", "NEWCOMERS", "LINE", "RUSH")
}
"""Tests say in a second what people say in an hour; `tests/security/test_r22_floods.py` sets the real limits."""

WRAPPED = ("env", "--default-signal=INT", "setpriv", "--pdeathsig", "KILL")
"""Hears Ctrl-C even where a shell in the background made this run deaf to it, and ends when this run is killed."""


class ProcessFailed(AssertionError):
    """Holds the end of what the process printed."""


class Process:
    """One `chatline` command, in the background, its output kept in `log`.

    Leaving the `with` block ends it with SIGTERM; `kill`, `terminate` and `interrupt` end it the way a test means.
    """

    def __init__(self, *arguments: str, environment: Mapping[str, str], log: Path, url: str = ""):
        self.arguments = arguments
        self.environment = dict(environment)
        self.log = log
        self.url = url
        self._process: subprocess.Popen[bytes] | None = None
        self._began_at = 0

    def start(self) -> Self:
        """Also starts it again after an end, with the same arguments and the log carried on."""
        command = [str(Path(sys.executable).with_name("chatline")), *self.arguments]
        with self.log.open("ab") as log:
            self._began_at = log.tell()
            self._process = subprocess.Popen(
                [*WRAPPED, *command],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return self

    @property
    def process(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise ProcessFailed(f"`chatline {' '.join(self.arguments)}` was not started")
        return self._process

    @property
    def pid(self) -> int:
        return self.process.pid

    def output(self) -> str:
        """What it printed since its latest start; the whole story is in `log`."""
        return self.log.read_bytes()[self._began_at :].decode(errors="replace") if self.log.exists() else ""

    def wait_until_healthy(self, seconds: float = START_SECONDS) -> float:
        """Returns the seconds until `/healthz` answered 200; ProcessFailed with the output if it does not."""
        return self._wait(lambda: answers(f"{self.url}/healthz"), seconds, "/healthz")

    def wait_for_output(self, text: str, seconds: float = START_SECONDS) -> float:
        """Returns the seconds until `text` was printed; ProcessFailed with the output if it is not."""
        return self._wait(lambda: text in self.output(), seconds, repr(text))

    def _wait(self, done: Callable[[], bool], seconds: float, what: str) -> float:
        began = time.monotonic()
        while not done():
            status = self.process.poll()
            if status is not None or time.monotonic() - began > seconds:
                why = f"ended with {status}" if status is not None else f"took more than {seconds:.0f} s"
                command = " ".join(self.arguments)
                raise ProcessFailed(f"`chatline {command}` {why} before {what}:\n{self.output()[-4_000:]}")
            time.sleep(0.05)
        return time.monotonic() - began

    def kill(self) -> int:
        """kill -9: nothing in the process gets to tidy up."""
        return end(self.process, signal.SIGKILL)

    def terminate(self) -> int:
        """What systemd and Docker send. Returns the exit status."""
        return end(self.process, signal.SIGTERM)

    def interrupt(self) -> int:
        """Ctrl-C. Returns the exit status."""
        return end(self.process, signal.SIGINT)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self.terminate()


def demo(data: Path, port: int | None = None, *, history: bool = False, **more: str) -> Process:
    """The whole line in one process, its data in `data`; `demo.json` appears there. `history` is a past to report."""
    port = port or free_port()
    environment = {**inherited(), "CHATLINE_DATA": str(data), **more}
    data.mkdir(parents=True, exist_ok=True)
    return Process(
        "demo",
        "--port",
        str(port),
        "--history" if history else "--no-history",
        environment=environment,
        log=data / "demo.log",
        url=f"http://127.0.0.1:{port}",
    )


def serve(environment: Mapping[str, str], log: Path, port: int | None = None) -> Process:
    """One web process. Several that share `environment` are one line behind one database and one bus."""
    port = port or free_port()
    arguments = ("serve", "--host", "127.0.0.1", "--port", str(port))
    return Process(*arguments, environment=environment, log=log, url=f"http://127.0.0.1:{port}")


def worker(environment: Mapping[str, str], log: Path) -> Process:
    """Courier and dispatcher."""
    return Process("worker", environment=environment, log=log)


def run(*arguments: str, environment: Mapping[str, str], seconds: float = 120.0) -> str:
    """Runs one `chatline` command to its end and returns what it printed; ProcessFailed if it failed."""
    done = subprocess.run(
        [str(Path(sys.executable).with_name("chatline")), *arguments],
        cwd=ROOT,
        env=dict(environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=seconds,
        check=False,
    )
    if done.returncode:
        raise ProcessFailed(
            f"`chatline {' '.join(arguments)}` ended with {done.returncode}:\n{done.stdout[-4_000:]}"
        )
    return done.stdout


def environment(data: Path, *, database_url: str = "", redis_url: str = "", **more: str) -> dict[str, str]:
    """What `serve`, `worker` and `run` of one line share. Demo settings until production ones are given in `more`.

    The demo keeps its secrets in `data`, so processes with the same folder open each other's seals.
    """
    urls = {"DATABASE_URL": database_url, "REDIS_URL": redis_url}
    data.mkdir(parents=True, exist_ok=True)
    return {
        **inherited(),
        "CHATLINE_DEMO": "1",
        "CHATLINE_DATA": str(data),
        **{name: url for name, url in urls.items() if url},
        **more,
    }


def inherited() -> dict[str, str]:
    return {name: os.environ[name] for name in KEPT if name in os.environ} | UNHURRIED


def answers(url: str) -> bool:
    """Whether a GET of `url` is answered with success within two seconds."""
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status < 400)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False
