"""What the provider still has of a message: its pictures fetched, all of it deleted. Never inside a transaction.

Whatever a text of ours was created with, the same is done. Where `TWILIO_CONTENT_RETENTION` is `discard`, the provider
keeps no words of what we send, and what is deleted is the record that it was sent, with the number it went to.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from django.conf import settings
from twilio.base.exceptions import TwilioException, TwilioRestException, TwilioServiceException
from twilio.base.version import Version
from twilio.http.response import Response
from urllib3.exceptions import HTTPError

from chatline.sms import addresses, gateway

MOST_BYTES = 5 * 1024 * 1024
"""What one message may carry in all: https://www.twilio.com/docs/messaging/api/media-resource"""

FETCH_SECONDS = 60.0
"""How long one content may take, however steadily it trickles; `conversations.media.LEASE` is longer."""

HOPS = 3
"""Redirects from the provider to where a content lies; some accounts have been seen with two."""

_CHUNK_BYTES = 64 * 1024
_NO_SUCH_RECORD = 20404
_CALL = "CA"
_NOT_KNOWN_TO_THEM = {20003, 20005}


@dataclass(frozen=True, slots=True)
class Fetched:
    content: bytes


@dataclass(frozen=True, slots=True)
class TooLarge:
    """More than `MOST_BYTES`; no more of it was read."""


@dataclass(frozen=True, slots=True)
class Gone:
    """The provider does not have it."""


@dataclass(frozen=True, slots=True)
class NotYet:
    """The provider will not do it with this one now; `code` is its reason (20009: it is not final)."""

    code: int


@dataclass(frozen=True, slots=True)
class Unavailable:
    """The provider cannot be asked: away, too busy, or it does not know us. It says nothing about this one."""


# --- fetched ----------------------------------------------------------------------------------------------


def fetch(address: str) -> Fetched | TooLarge | Gone | Unavailable:
    """The content at an address that came with a message; about a minute at most.

    Our credentials are shown to that address alone; the provider answers with another, signed one, which gets none.
    """
    where = addresses.of_media(address)
    if where is None:
        return Gone()
    with gateway.session(settings.TWILIO_API_URL) as session:
        try:
            return _follow(session, where)
        except (requests.RequestException, HTTPError, OSError, ValueError):
            # The last for addresses that are none.
            return Unavailable()


def _follow(session: requests.Session, address: str) -> Fetched | TooLarge | Gone | Unavailable:
    deadline = time.monotonic() + FETCH_SECONDS
    shown: tuple[str, str] | Callable[[Any], Any] = (
        settings.TWILIO_ACCOUNT_SID,
        settings.TWILIO_AUTH_TOKENS[0],
    )
    for _ in range(1 + HOPS):
        with session.get(
            address,
            auth=shown,
            headers={"Accept-Encoding": "identity"},  # the limit is on what arrives
            stream=True,
            allow_redirects=False,
            timeout=(gateway.CONNECT_SECONDS, gateway.READ_SECONDS),
        ) as answer:
            if not answer.is_redirect:
                return _read(answer, deadline)
            address, shown = urljoin(address, answer.headers["Location"]), _nothing
        if not _may_lead_to(address):
            return Unavailable()
    return Unavailable()


def _nothing(request: Any) -> Any:
    """No credentials; without saying so, the client would look for some in a `.netrc`."""
    return request


def _may_lead_to(address: str) -> bool:
    """A stand-in on this machine leads nowhere else, the provider to wherever it says, but never in clear."""
    base, to = urlsplit(settings.TWILIO_API_URL), urlsplit(address)
    if base.hostname in gateway.LOOPBACK:
        return to.hostname in gateway.LOOPBACK
    return to.scheme == "https" and to.hostname not in gateway.LOOPBACK


def _read(answer: requests.Response, deadline: float) -> Fetched | TooLarge | Gone | Unavailable:
    if answer.status_code in {404, 410}:
        return Gone()
    if answer.status_code != 200:
        return Unavailable()
    content = bytearray()
    # One read is what has come, so that a trickle meets the deadline as well.
    while chunk := answer.raw.read1(_CHUNK_BYTES):
        content += chunk
        if len(content) > MOST_BYTES:
            return TooLarge()
        if time.monotonic() > deadline:
            return Unavailable()
    return Fetched(bytes(content))


# --- deleted ----------------------------------------------------------------------------------------------


def delete(sid: str) -> Gone | NotYet | Unavailable:
    """Deletes a call; or what came with a message, then the message. Again does no harm."""
    try:
        if sid.startswith(_CALL):
            _delete(gateway.client().calls(sid))
        else:
            _delete_message(gateway.client().messages(sid))
    except TwilioException as answer:
        return _of_answer(answer)
    except Exception:  # noqa: BLE001
        # Whatever else breaks says nothing about what lies there.
        return Unavailable()
    return Gone()


def _delete_message(message: Any) -> None:
    # First, because once the message is gone nobody can find what came with it.
    for one in message.media.list():
        _delete(message.media(one.sid))
    _delete(message)


def _delete(record: Any) -> None:
    """Deletes one record at the provider; that it is gone already is what was wanted."""
    try:
        if record.delete_with_http_info().status_code != 204:
            raise ValueError("This was answered, and not as a deletion is.")
    except TwilioRestException as answer:
        if answer.code != _NO_SUCH_RECORD:
            raise


def _of_answer(answer: TwilioException) -> Gone | NotYet | Unavailable:
    if not isinstance(answer, TwilioRestException | TwilioServiceException):
        # The client's lists throw the bare answer, if it was one.
        bare = [one for one in answer.args if isinstance(one, Response)]
        if not bare:
            return Unavailable()
        answer = Version.exception("GET", "", bare[0], "")
    code = answer.code or 0
    if code == _NO_SUCH_RECORD:
        return Gone()
    # The client puts the HTTP status where the answer held no code of the provider's own (all are above 10,000).
    ours = answer.status == 429 or code in _NOT_KNOWN_TO_THEM or code < 10_000
    return NotYet(code) if 400 <= answer.status < 500 and not ours else Unavailable()
