"""Background loops: a step that says whether it did anything, run until told to stop."""

import logging
import threading
from collections.abc import Callable

from django.db import Error, connections

log = logging.getLogger(__name__)

Step = Callable[[], bool]

LONG_REST = 1.0
"""Seconds of rest before which a loop gives its database connection back: pages and webhooks share the same few."""


def repeat(step: Step, stop: threading.Event, idle: float, finish: Callable[[], None] = lambda: None) -> None:
    """Runs `step` again at once while it finds work, else after `idle` seconds; outlives whatever a step raises.

    `finish` is called once, at the end.
    """
    while not stop.is_set():
        try:
            busy = step()
        except Error as error:
            log.error("step_failed step=%s error=%s", step.__name__, type(error).__name__)
            connections.close_all()
            busy = False
        except Exception as error:
            # A defect in one step must not end the worker: texts and closes of everybody else depend on it.
            log.error("step_failed step=%s", step.__name__, exc_info=error)
            busy = False
        if not busy:
            if idle >= LONG_REST:
                connections.close_all()
            stop.wait(idle)
    try:
        finish()
    finally:
        connections.close_all()


def start(
    step: Step, stop: threading.Event, idle: float, finish: Callable[[], None] = lambda: None
) -> threading.Thread:
    """The same in a thread of its own."""
    thread = threading.Thread(target=repeat, args=(step, stop, idle, finish), name=step.__name__, daemon=True)
    thread.start()
    return thread
