"""Carries the demonstration network's requests to the line over HTTP, correctly signed, from threads of its own."""

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial

import requests
from django.conf import settings

from chatline.demo import hooks
from chatline.demo.carrier import Carrier
from chatline.demo.data import SHORT_CODE
from chatline.demo.records import Post

log = logging.getLogger(__name__)

IDLE_SECONDS = 1.0
"""How often to look for what other processes have added."""

AGAIN_SECONDS = 30.0
"""Where the provider would post a text once more days later, a demonstration does so while one watches."""


@cache
def carrier() -> Carrier:
    """The network of this computer; all processes with the same data folder share it."""
    return Carrier(
        settings.TWILIO_ACCOUNT_SID,
        settings.PUBLIC_URL,
        settings.DATA / "phones.json",
        tokens=lambda: settings.TWILIO_AUTH_TOKENS,
        numbers=[SHORT_CODE],
        long_after=AGAIN_SECONDS,
    )


class Wire(threading.Thread):
    """Posts whatever is due, until the process ends: one after another, but for those that are to come at once."""

    def __init__(self, carrier: Carrier) -> None:
        super().__init__(name="demo-wire", daemon=True)
        self._carrier = carrier
        self._woken = threading.Event()
        self._pool = ThreadPoolExecutor(2, thread_name_prefix="demo-wire")
        self._session = requests.Session()
        self._session.trust_env = False

    def wake(self) -> None:
        """Something new may be due."""
        self._woken.set()

    def run(self) -> None:
        while True:
            self._woken.clear()
            for posts in together(self._carrier.due()):
                list(self._pool.map(self._deliver, posts))
            wait = self._carrier.next_due()
            self._woken.wait(IDLE_SECONDS if wait is None else min(wait, IDLE_SECONDS))

    def _deliver(self, post: Post) -> None:
        told = partial(self._carrier.answered, post.job)
        try:
            answer = self._session.post(
                post.url, data=post.fields, headers=headers(post), timeout=post.timeout, allow_redirects=False
            )
        except requests.RequestException as failure:
            log.warning("demo_post_failed error=%s", type(failure).__name__)
            told(0, "ct" if isinstance(failure, requests.ConnectTimeout) else "rt")
        else:
            told(answer.status_code, kind=answer.headers.get("Content-Type", ""), body=answer.text)


def together(posts: list[Post]) -> list[list[Post]]:
    """The posts in their order, those that are to be made at the same moment in one list."""
    groups: dict[str, list[Post]] = {}
    for post in posts:
        groups.setdefault(post.together or post.job, []).append(post)
    return list(groups.values())


def headers(post: Post) -> dict[str, str]:
    """What the provider's requests carry."""
    return hooks.headers(post, settings.TWILIO_AUTH_TOKENS[0])


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
