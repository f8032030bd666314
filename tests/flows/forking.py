"""Workers that are killed: a process that stands ready, and forks one worker for each line that it reads.

    python -m tests.flows.forking <seconds> [sends-again]

A line is a place in the outbox's walk and a number: the worker kills itself when it gets there for that time, as an
operator's `kill -9` would. Without getting there it ends after so many seconds. What is answered is its exit status.
`sends-again` is the break: what a dead worker left half-sent is simply sent again.
"""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from typing import Any

Place = tuple[Any, str, str]
"""What is called there, and whether the worker dies before it, after it, or a moment after it was begun."""


def places() -> dict[str, Place]:
    from chatline.conversations import copies, deliveries
    from chatline.sms import gateway, lookup

    return {
        "nothing claimed yet": (deliveries, "claim", "before"),
        "claimed, not committed": (deliveries, "claim", "after"),
        "committed, not posted": (gateway, "send", "before"),
        "posted, not answered": (gateway, "send", "during"),
        "answered, not written down": (gateway, "send", "after"),
        "about to write it down": (deliveries, "record_list", "before"),
        "written down, not committed": (copies, "left", "after"),
        "committed, hints not sent": (deliveries, "record_list", "after"),
        "put back after a 429": (deliveries, "put_back", "after"),
        "found half-sent": (deliveries, "left_half_sent", "after"),
        "looked up, not written down": (lookup, "newest_to", "after"),
        "settled": (deliveries, "settle", "after"),
    }


NEEDS_A_DOUBT = {"found half-sent", "looked up, not written down", "settled"}
"""Places that are reached only when an earlier worker left something behind."""

DURING = 0.03
"""Seconds after a request was begun; the provider of this test takes longer to answer."""


def arm(place: Place, nth: int) -> None:
    module, name, when = place
    real, calls = getattr(module, name), count(1)

    def dying(*arguments: Any, **more: Any) -> Any:
        if when == "after":
            answer = real(*arguments, **more)
            # What found nothing is no step.
            if answer not in ([], False) and next(calls) == nth:
                die()
            return answer
        if next(calls) == nth:
            die() if when == "before" else threading.Timer(DURING, die).start()
        return real(*arguments, **more)

    setattr(module, name, dying)


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def send_again_what_is_half_sent() -> None:
    """The break."""
    from chatline.conversations import deliveries
    from chatline.conversations.models import Delivery

    def forget(before: datetime) -> list[Any]:
        Delivery.objects.filter(state="posting", posted_at__lt=before).update(state="ready")
        return []

    vars(deliveries)["left_half_sent"] = forget


def work(seconds: float) -> None:
    """What `chatline worker` does about texts, with every wait made short."""
    from chatline import work
    from chatline.conversations import deliveries
    from chatline.sms import courier, flow, outcomes, reconcile

    courier.HALF_SENT = timedelta(seconds=0.6)
    deliveries.DOUBT_HOLDS = timedelta(seconds=2)
    reconcile.EVERY, reconcile.DOUBT = timedelta(seconds=0.3), timedelta(seconds=0.8)
    outcomes.LONGEST_PAUSE = 0.2
    flow.FIRST_SLOW = flow.LONGEST_SLOW = 0.1
    flow.FIRST_DOWN = flow.LONGEST_DOWN = 0.2
    stop = threading.Event()
    sending = courier.Courier(4)
    steps = (sending.step, courier.sweep, reconcile.look_for_one)
    threads: list[threading.Thread] = [work.start(step, stop, 0.05) for step in steps]
    stop.wait(seconds)
    stop.set()
    for thread in threads:
        thread.join(20)
    sending.finish()


def database_url() -> str:
    """Where the running test's own tables are."""
    from django.db import connection

    told = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{told['NAME']}"
    return f"postgres://{told['USER']}@{told['HOST']}:{told['PORT']}/{told['NAME']}"


def fork(line: str, seconds: float, known: Callable[[], dict[str, Place]] = places) -> int:
    """The exit status of the worker: 0 if it ended by itself, -9 if it was killed."""
    place, _, nth = line.rpartition(" ")
    child = os.fork()
    if child == 0:
        if place:
            arm(known()[place], int(nth))
        work(seconds)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def main() -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatline.settings")
    django.setup()
    places()  # loads what all workers need, once
    if "sends-again" in sys.argv:
        send_again_what_is_half_sent()
    from twilio.rest.api.v2010.account import message  # noqa: F401  # the client loads it late

    seconds = float(sys.argv[1])
    print("ready", flush=True)
    for line in sys.stdin:
        began = time.monotonic()
        print(fork(line.strip(), seconds), f"{time.monotonic() - began:.2f}", flush=True)


if __name__ == "__main__":
    main()
