import signal
import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from chatline.errors import Refused
from chatline.lines.models import Line
from chatline.management.choosing import the_line
from chatline.management.following import Follower
from routing import drills, pulse
from routing.models import Flag

LOOKS = 0.25
"""Seconds between two looks at what happened."""

MOST = (drills.LONGEST.total_seconds() - 60) // 60 * 60
"""Seconds that a drill may wait, so that no worker ends it as forgotten before."""


class Command(BaseCommand):
    help = (
        "Rehearses the ladder of a line: raises a practice flag, marked PRACTICE on every screen and in every page, "
        "and prints whom it calls and how long that took, until somebody acknowledges it. The people and systems on "
        "the ladder really are called. Counted in no report. Exit status 1 if nobody answers."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--line", metavar="SLUG", help="the line (the only one, if there is one)")
        parser.add_argument(
            "--wait", type=float, default=180, metavar="SECONDS", help="how long to wait for somebody (180)"
        )
        parser.add_argument(
            "--acknowledge-after",
            type=float,
            metavar="SECONDS",
            help="acknowledge it from here after so long, to try the ladder up to there without anybody",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        line, wait, alone = the_line(options["line"]), options["wait"], options["acknowledge_after"]
        if not 0 < wait <= MOST:
            raise CommandError(f"A drill waits for at most {MOST:.0f} seconds.")
        if not pulse.is_alive(timezone.now()):
            raise CommandError("No worker is running, so nobody would be called. Start one: chatline worker")
        with _drilled(line) as flag:
            self._print(
                f"PRACTICE flag {flag.id} on {line.name}. Waiting {wait:.0f} s for somebody to take it."
            )
            follower = Follower(flag)
            self._follow(follower, wait, alone)
            is_answered = follower.is_over()
            self._print(follower.answered() if is_answered else f"Nobody answered within {wait:.0f} s.")
            self._print(follower.summary())
        self._print("The drill is over: its flag is resolved, its conversation closed.")
        if not is_answered:
            sys.exit(1)

    def _follow(self, follower: Follower, wait: float, alone: float | None) -> None:
        began = time.monotonic()
        while (waited := time.monotonic() - began) < wait and not follower.is_over():
            if alone is not None and waited >= alone:
                _take(follower)
            self._tell(follower)
            time.sleep(LOOKS)
        self._tell(follower)

    def _tell(self, follower: Follower) -> None:
        for told in follower.news(timezone.now()):
            self._print(told)

    def _print(self, told: str) -> None:
        self.stdout.write(told)
        self.stdout.flush()


@contextmanager
def _drilled(line: Line) -> Iterator[Flag]:
    """A practice flag, which is ended whatever happens meanwhile, Ctrl-C and SIGTERM too."""
    before = {one: signal.signal(one, lambda *_: sys.exit(1)) for one in (signal.SIGTERM, signal.SIGINT)}
    flag = drills.begin(line.id)
    try:
        yield flag
    finally:
        drills.end(flag.id)
        for one, handler in before.items():
            signal.signal(one, handler)


def _take(follower: Follower) -> None:
    # Somebody may have been faster.
    with suppress(Refused):
        drills.acknowledge(follower.flag().id)
