"""The processes behind `serve`, `worker` and `demo`."""

import threading
from collections.abc import Callable

from chatline import work
from chatline.management import server
from chatline.sms import courier, strays
from routing import dispatcher

COURIERS = 4
"""Threads that send texts: one text a person is under way at a time, several people in parallel."""

IDLE_SECONDS = 0.25
"""How soon a worker looks again when it found nothing."""


def serve(host: str, port: int, ready: Callable[[], None] = lambda: None) -> None:
    """Pages and sockets, until SIGINT or SIGTERM."""
    from chatline.asgi import application

    server.run(application, host, port, ready)


def start_workers(stop: threading.Event) -> list[threading.Thread]:
    """Courier and dispatcher, each a loop in a thread of its own."""
    steps = [
        *[(courier.send_next, IDLE_SECONDS)] * COURIERS,
        (courier.sweep, 10.0),
        (strays.receive_known, 2.0),
        (dispatcher.run_due, IDLE_SECONDS * 2),
        (dispatcher.tell_due, 5.0),
        (dispatcher.forget_due, 60.0),
    ]
    return [work.start(step, stop, idle) for step, idle in steps]
