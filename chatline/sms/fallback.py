"""What the fallback webhook does with a text: the database if that is to be had in time, else this host's disk.

A database that is away is not always away at once: connections hang, and SQLite's writers wait for their turn. So the
attempt runs in a thread of its own, which may be left behind. Should it succeed after all, the text is known when the
spool is drained.
"""

import logging
import threading
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TooLate

from django.db import Error as DatabaseFailure
from django.db import connections

from chatline.errors import TryAgain
from chatline.sms import spool, strays
from chatline.sms.inbound import Text

log = logging.getLogger(__name__)

PATIENCE = 2.0
"""Seconds that the database has to store a text; the provider waits 3.5 for an answer (`addresses.OVERRIDES`)."""

MOST_ATTEMPTS = 8
"""Attempts under way at once in a process; if none of so many comes to an end, another would not either."""

_attempts = threading.BoundedSemaphore(MOST_ATTEMPTS)


def receive(text: Text) -> bool:
    """Keeps a text for good: in the database (True), or in the spool (False). Raises OSError if neither can be done."""
    try:
        _attempt(text).result(PATIENCE)
    except Exception as failure:
        # Whatever is wrong, here is the last place where this text can be kept.
        usual = isinstance(failure, DatabaseFailure | TryAgain | TooLate)
        log.error("spooled error=%s", type(failure).__name__, exc_info=None if usual else failure)
        spool.append(text)
        return False
    return True


def _attempt(text: Text) -> "Future[None]":
    outcome: Future[None] = Future()
    if not _attempts.acquire(blocking=False):
        outcome.set_exception(TryAgain())
        return outcome

    def run() -> None:
        try:
            strays.receive(text)
            outcome.set_result(None)
        except Exception as failure:  # noqa: BLE001  # whoever waits is told
            outcome.set_exception(failure)
        finally:
            connections.close_all()
            _attempts.release()

    threading.Thread(target=run, name="fallback", daemon=True).start()
    return outcome
