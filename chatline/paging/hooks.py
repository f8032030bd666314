"""A page as a signed request to a line's hook. `deploy/hooks.md` is what those read who receive it."""

import hashlib
import hmac
import http.client
import socket
import ssl
from time import time as now
from uuid import UUID

from chatline.lines.hooks import secret_of
from chatline.paging import request
from chatline.paging.addresses import Forbidden
from chatline.paging.called import Called
from chatline.paging.outcomes import NotTaken, Outcome, Refused, Taken
from chatline.paging.request import Garbage

GONE = 410
"""With this a receiver says that it will never take a page again."""


def signature(secret: str, timestamp: int, body: bytes) -> str:
    """`v1=` and the HMAC-SHA256 of `timestamp.body` in hex, under the secret as its managers read it."""
    return "v1=" + hmac.new(secret.encode(), b"%d.%b" % (timestamp, body), hashlib.sha256).hexdigest()


def headers(secret: str, called: Called, body: bytes, timestamp: int) -> dict[str, str]:
    return {
        "Content-Type": "application/json",
        "User-Agent": "chatline",
        "Chatline-Id": str(called.id),
        "Chatline-Timestamp": str(timestamp),
        "Chatline-Signature": signature(secret, timestamp, body),
    }


def call(url: str, hook: UUID, called: Called) -> Outcome:
    """Posts it and waits for the status, `request.DEADLINE` seconds at most but for the look-up of the name."""
    body = called.as_json()
    try:
        signed = headers(secret_of(hook), called, body, int(now()))
        return _of_status(request.post(url, body, signed))
    except (Forbidden, http.client.InvalidURL, UnicodeError):
        return Refused("forbidden_address")
    except (Garbage, http.client.HTTPException):
        return NotTaken("garbage")
    except OSError as failure:
        return NotTaken(_code(failure))


def _of_status(status: int) -> Outcome:
    if 200 <= status < 300:
        return Taken()
    if status == GONE:
        return Refused("gone")
    return NotTaken("redirect" if status < 400 else f"http_{status}")


def _code(failure: OSError) -> str:
    if isinstance(failure, TimeoutError):
        return "timeout"
    if isinstance(failure, ssl.SSLError):
        return "tls"
    return "no_such_host" if isinstance(failure, socket.gaierror) else "unreachable"
