"""Looking things up at the provider: what it has of ours. Nothing here changes anything, and nothing is logged."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

import requests
from twilio.base.exceptions import TwilioException, TwilioRestException

from chatline.sms import gateway

PAGE = 50
"""How many of a person's newest messages are looked through; the one that is sought was made minutes ago."""


class Unavailable(Exception):
    """The provider did not answer, or not with what was asked for: nothing can be concluded from that."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A message as the provider has it. `at` is when it was made there, `words` are empty where they are redacted."""

    sid: str
    sender: str
    words: str
    outgoing: bool
    status: str
    error_code: int | None
    at: datetime | None


def newest_to(number: str, most: int = PAGE) -> list[Seen]:
    """The newest messages to a person. Raises Unavailable.

    Without a filter by date, because the provider's is by the date of sending, which what was only queued has none of.
    """
    with _asking():
        page = gateway.client().messages.stream(to=number, limit=most, page_size=most)
        return [_seen(message) for message in islice(page, most)]


def fetched(sid: str) -> Seen | None:
    """One message, or None if the provider has it no more. Raises Unavailable."""
    try:
        with _asking():
            return _seen(gateway.client().messages(sid).fetch())
    except Unavailable as failure:
        if isinstance(failure.__cause__, TwilioRestException) and failure.__cause__.status == 404:
            return None
        raise


@contextmanager
def _asking() -> Iterator[None]:
    try:
        yield
    except (TwilioException, requests.RequestException, ValueError) as failure:
        # A list that is refused raises the first, with the answer in it: it goes no further than this.
        raise Unavailable from failure


def _seen(message: Any) -> Seen:
    return Seen(
        sid=str(message.sid),
        sender=message.from_ or "",
        words=message.body or "",
        outgoing=str(message.direction) == "outbound-api",
        status=str(message.status),
        error_code=message.error_code,
        at=message.date_created,
    )
