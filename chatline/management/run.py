"""The processes behind `serve`, `worker` and `demo`."""

import threading
from collections.abc import Callable

from chatline import work
from chatline.management import server
from chatline.paging.caller import Caller
from chatline.sms import copies, courier, media, reconcile, recovery, spool, strays
from chatline.sms.courier import Courier
from chatline.sms.pager import Pager
from routing import dispatcher

FETCHERS = 2
"""Threads that fetch pictures, so that one slow picture does not hold up all others."""

PAGERS = 3
"""Threads that text and call staff, so that one answer of the provider's that is slow does not hold up all pages."""

IDLE_SECONDS = 0.25
"""How soon a worker looks again when it found nothing."""


def serve(host: str, port: int, ready: Callable[[], None] = lambda: None) -> None:
    """Pages and sockets, until SIGINT or SIGTERM."""
    from chatline.asgi import application
    from consumers.hub import say_goodbye

    server.run(application, host, port, ready, say_goodbye)


def start_spool(stop: threading.Event) -> list[threading.Thread]:
    """Receives what came while the database was away; every kind of process does, because each host has its own."""
    return [work.start(step, stop, idle) for step, idle in ((spool.drain, 2.0), (spool.tidy, 60.0))]


def start_workers(stop: threading.Event) -> list[threading.Thread]:
    """Courier, pagers, caller, what is fetched and deleted at the provider, dispatcher: each in a thread of its own."""
    sending, calling = Courier(), Caller()
    steps = [
        (courier.sweep, 10.0),
        (reconcile.look_for_one, 5.0),
        (reconcile.ask_about_silent, 600.0),
        (strays.receive_known, 2.0),
        (recovery.recover_latest, 3600.0),
        *[(media.fetch_next, IDLE_SECONDS * 4)] * FETCHERS,
        (copies.delete_next, 5.0),
        *[(Pager().step, IDLE_SECONDS * 2) for _ in range(PAGERS)],
        (dispatcher.run_due, IDLE_SECONDS * 2),
        (dispatcher.tell_due, 5.0),
        (dispatcher.forget_due, 60.0),
        (dispatcher.prove_due, 3600.0),
    ]
    return [
        *start_spool(stop),
        work.start(sending.step, stop, IDLE_SECONDS, sending.finish),
        work.start(calling.step, stop, IDLE_SECONDS, calling.finish),
        *[work.start(step, stop, idle) for step, idle in steps],
    ]
