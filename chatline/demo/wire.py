"""Carries the demonstration network's requests to the line over HTTP, correctly signed, from a thread of its own."""

import logging
import threading
from functools import cache

import requests
from django.conf import settings

from chatline.demo.carrier import Carrier, Post
from chatline.sms import signature

log = logging.getLogger(__name__)

TIMEOUT = (2.0, 15.0)
"""Seconds to connect and to answer, as the provider waits."""

IDLE_SECONDS = 1.0
"""How often to look for what other processes have added."""


@cache
def carrier() -> Carrier:
    """The network of this computer; all processes with the same data folder share it."""
    return Carrier(settings.TWILIO_ACCOUNT_SID, settings.PUBLIC_URL, settings.DATA / "phones.json")


class Wire(threading.Thread):
    """Posts whatever is due, one after another, until the process ends."""

    def __init__(self, carrier: Carrier) -> None:
        super().__init__(name="demo-wire", daemon=True)
        self._carrier = carrier
        self._woken = threading.Event()
        self._session = requests.Session()
        self._session.trust_env = False

    def wake(self) -> None:
        """Something new may be due."""
        self._woken.set()

    def run(self) -> None:
        while True:
            self._woken.clear()
            for post in self._carrier.due():
                self._carrier.answered(post.job, self._deliver(post))
            wait = self._carrier.next_due()
            self._woken.wait(IDLE_SECONDS if wait is None else min(wait, IDLE_SECONDS))

    def _deliver(self, post: Post) -> int:
        try:
            answer = self._session.post(post.url, data=post.fields, headers=headers(post), timeout=TIMEOUT)
        except requests.RequestException as failure:
            log.warning("demo_post_failed error=%s", type(failure).__name__)
            return 0
        return answer.status_code


def headers(post: Post) -> dict[str, str]:
    """What the provider's requests carry; the token is the same whenever the same one is repeated."""
    signed = signature.sign(post.url, post.fields, settings.TWILIO_AUTH_TOKENS[0])
    return {signature.HEADER: signed, "I-Twilio-Idempotency-Token": post.job}


_starting = threading.Lock()
_wire: Wire | None = None


def wake() -> None:
    """Starts the thread if this process has none yet, and tells it that something new may be due."""
    global _wire
    with _starting:
        if _wire is None or not _wire.is_alive():
            _wire = Wire(carrier())
            _wire.start()
    _wire.wake()
