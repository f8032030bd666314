"""The phone network of the demonstration: one for all processes with the same data folder, and its postman."""

import threading
from functools import cache

from django.conf import settings

from chatline.demo import hooks
from chatline.demo.carrier import Carrier
from chatline.demo.data import LONG_NUMBER, SHORT_CODE
from chatline.demo.postman import Postman
from chatline.demo.records import Post

AGAIN_SECONDS = 30.0
"""Where the provider would post a text once more days later, a demonstration does so while one watches."""


@cache
def carrier() -> Carrier:
    """The network of this computer."""
    return Carrier(
        settings.TWILIO_ACCOUNT_SID,
        settings.PUBLIC_URL,
        settings.DATA / "phones.json",
        tokens=lambda: settings.TWILIO_AUTH_TOKENS,
        numbers=[SHORT_CODE, LONG_NUMBER],
        long_after=AGAIN_SECONDS,
    )


def headers(post: Post) -> dict[str, str]:
    """What the provider's requests carry."""
    return hooks.headers(post, secret())


def secret() -> str:
    return settings.TWILIO_AUTH_TOKENS[0]


_starting = threading.Lock()
_postman: Postman | None = None


def wake() -> None:
    """Starts the postman if this process has none yet, and tells it that something new may be due."""
    global _postman
    with _starting:
        if _postman is None or not _postman.is_alive():
            _postman = Postman(carrier(), secret)
            _postman.start()
    _postman.wake()
