"""Runs `make demo` in a clean copy of the project as its first user would, and walks through it.

    python -m tools.try_demo FOLDER

Prints what it saw, then `N passed, N failed` as its last line; the exit status is 1 if anything failed.
"""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.ports import free_port
from tools import walk

INSTALL_SECONDS = 600.0
ANSWER_SECONDS = 10.0
"""Promised once the packages are installed."""

STOP_SECONDS = 15.0


@contextmanager
def demo(folder: Path, port: int, patience: float) -> Iterator[float]:
    """`make demo`, yielding the seconds until it answered. Leaving it is a Ctrl-C, which must end it cleanly."""
    output = folder / "demo.out"
    with output.open("wb") as log:
        make = subprocess.Popen(
            ["make", "demo", f"PORT={port}"],
            cwd=folder,
            env=plain_environment(),
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        yield wait_until_healthy(make, port, patience)
        os.kill(child_of(make.pid), signal.SIGINT)
        walk.expect(
            make.wait(STOP_SECONDS) == 0, f"stopping was not clean: make ended with {make.returncode}"
        )
    except BaseException:
        print(output.read_text(errors="replace")[-4_000:])
        raise
    finally:
        if make.poll() is None:
            os.killpg(make.pid, signal.SIGKILL)
            make.wait()


def wait_until_healthy(make: "subprocess.Popen[bytes]", port: int, patience: float) -> float:
    began = time.monotonic()
    while time.monotonic() - began < patience and make.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2):
                return time.monotonic() - began
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.05)
    raise walk.NotAsPromised(f"`make demo` did not answer within {patience:.0f} s")


def child_of(pid: int) -> int:
    """The one process that make waits for. Signalling it alone leaves make to report how it ended."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    walk.expect(len(children) == 1, f"make has {len(children)} children")
    return int(children[0])


def plain_environment() -> dict[str, str]:
    """Without what this run or an outer make has set: the first user has none of it."""
    ours = (
        "CHATLINE",
        "DJANGO",
        "MAKE",
        "MFLAGS",
        "DATABASE_URL",
        "REDIS_URL",
        "TWILIO",
        "SECRET_KEY",
        "PORT",
    )
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


def try_demo(folder: Path) -> None:
    port = free_port()
    told = folder / "var" / "demo.json"
    with demo(folder, port, INSTALL_SECONDS) as seconds:
        walk.step(f"make demo answers {seconds:.1f} s after a fresh clone, packages installed on the way")
        walk.walk(walk.Line.read(told))
    walk.step("Ctrl-C ends it cleanly")

    before = json.loads(told.read_text())
    with demo(folder, port, ANSWER_SECONDS) as seconds:
        walk.step(f"make demo answers {seconds:.1f} s after its start once packages are installed")
        walk.expect(json.loads(told.read_text()) == before, "starting again changed what demo.json says")
        walk.desk(walk.Line.read(told), walk.sign_in(walk.Line.read(told))).close()
        walk.step("the same volunteer signs in again with the same password")
    walk.step("and it ends cleanly again")


def main() -> int:
    # A shell that runs this in the background makes it ignore Ctrl-C, and what it starts would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    failed = 0
    try:
        try_demo(Path(sys.argv[1]))
    except Exception as error:  # noqa: BLE001  whatever went wrong, the last line must count it
        failed = 1
        print(f"FAILED  {type(error).__name__}: {error}")
    print(f"{len(walk.steps)} passed, {failed} failed")
    return failed


if __name__ == "__main__":
    sys.exit(main())
