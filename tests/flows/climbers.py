"""Workers that climb and call, and are killed: a process that keeps so many of them alive until its input ends.

    python -m tests.flows.climbers <record> <workers> <latest> [break]

Each worker kills itself at a place of the ladder, as an operator's `kill -9` would, when it gets there for a certain
time, `latest` at the latest; then another takes its turn. Whatever a worker sends is a line of the file `record`. At
the end it prints how many were killed at which place, as JSON.
"""

import json
import os
import random
import select
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from tests.flows.forking import Place, arm

RARE = "found half-sent"
"""A place that is reached only after others have died: whoever waits there for a second time waits for ever."""


def send(record: int, page: Any) -> None:
    """The provider: once this has returned, whoever is called has been called."""
    line = f"{page.oid} {page.flag_id} {page.climb} {page.step} {page.channel} {page.target}\n"
    os.write(record, line.encode())


def places() -> dict[str, Place]:
    from django.db.models import QuerySet

    from chatline import announce
    from routing import climbing, pages

    here = sys.modules[__name__]
    return {
        "about to take a step": (climbing, "_take_step", "before"),
        "taken, not written": (climbing, "_take_step", "after"),
        "flag and pages written, not committed": (announce, "after_commit", "after"),
        "step committed": (climbing, "_climb", "after"),
        "about to claim": (pages, "_take", "before"),
        "a row written, not committed": (QuerySet, "update", "after"),
        "claimed, not sent": (here, "send", "before"),
        "sent, not recorded": (here, "send", "after"),
        "recorded": (pages, "sent", "after"),
        RARE: (pages, "sweep", "after"),
    }


def work(record: int) -> None:
    """What `chatline worker` does about flags and pages, with every wait made short."""
    from django.utils import timezone

    from chatline.lines.ladders import Channel
    from routing import climbing, ladder, pages

    ladder.AGAIN, pages.HALF_SENT = timedelta(seconds=1), timedelta(seconds=1)
    climbing.TOGETHER = 40
    while True:
        now = timezone.now()
        busy = climbing.climb_due(now) | pages.sweep(now)
        for _ in range(40):
            if (page := pages.claim(list(Channel), timezone.now())) is None:
                break
            send(record, page)
            pages.sent(page.oid)
            busy = True
        if not busy:
            time.sleep(0.02)


# --- breaks -------------------------------------------------------------------------------------------------


def claims_without_looking() -> None:
    """Whoever has seen a page sends it, whether or not somebody else does."""
    from routing import pages
    from routing.models import Page

    def take(page: Page, **into: Any) -> bool:
        return bool(Page.objects.filter(id=page.id).update(**into))

    vars(pages)["_take"] = take


def sends_again() -> None:
    """What a dead worker left half-sent is simply sent again."""
    from routing import pages
    from routing.models import Page

    def sweep(now: Any) -> bool:
        half = Page.objects.filter(state="sending", claimed_at__lte=now - pages.HALF_SENT)
        return bool(half.update(state="due"))

    vars(pages)["sweep"] = sweep


BREAKS = {"claims-without-looking": claims_without_looking, "sends-again": sends_again}


# --- the process that keeps them ----------------------------------------------------------------------------


class Keeper:
    def __init__(self, record: int, latest: int) -> None:
        self._record, self._latest, self._dice = record, latest, random.Random(7)
        self._turns = list(places())
        self._alive: dict[int, str] = {}
        self._begun = 0
        self.ended: Counter[str] = Counter()

    def keep(self, workers: int) -> None:
        """Notes who has died, and begins others in their place."""
        for pid in list(self._alive):
            if (died := os.waitpid(pid, os.WNOHANG)) != (0, 0):
                killed = os.waitstatus_to_exitcode(died[1]) == -signal.SIGKILL
                place = self._alive.pop(pid)
                self.ended[place if killed else "failed"] += 1
        while len(self._alive) < workers:
            self._begin()

    def _begin(self) -> None:
        place = self._turns[self._begun % len(self._turns)]
        nth = 1 if place == RARE else self._dice.randint(1, self._latest)
        self._begun += 1
        if pid := os.fork():
            self._alive[pid] = place
            return
        run(lambda: arm(places()[place], nth), lambda: work(self._record))

    def end(self) -> None:
        for pid in self._alive:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def run(*steps: Callable[[], None]) -> None:
    """Whatever is raised ends this process alone."""
    try:
        for step in steps:
            step()
    finally:
        os._exit(1)


def main() -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatline.settings")
    django.setup()
    path, workers, latest = sys.argv[1:4]
    for name in sys.argv[4:]:
        BREAKS[name]()
    keeper = Keeper(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT), int(latest))
    print("ready", flush=True)
    while not select.select([sys.stdin], [], [], 0.01)[0]:
        keeper.keep(int(workers))
    keeper.end()
    print(json.dumps(keeper.ended), flush=True)


if __name__ == "__main__":
    main()
