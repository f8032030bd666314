"""One text or call to the provider, and what became of that. The only place that sends.

Creating either has no idempotency key, so the one question that matters is whether a failed request may be
repeated. Each verb answers with one of four outcomes, and only `NotSent` may ever be repeated by itself.
"""

import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import requests
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from requests.adapters import BaseAdapter, HTTPAdapter
from twilio.base import values
from twilio.base.exceptions import TwilioRestException, TwilioServiceException
from twilio.http.response import Response
from twilio.rest import Client
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

from chatline.sms import addresses, codes
from chatline.sms.codes import Then

CONNECT_SECONDS = 3.05
READ_SECONDS = 12.0
"""Far above the provider's usual answer, so that a slow one still brings an id instead of a doubt."""

VALID_SECONDS = 1_800
"""How long the provider may try: a reply to somebody in distress must not arrive hours later."""

PAGE_VALID_SECONDS = 600

RING_SECONDS, CALL_SECONDS = 25, 120
"""Shorter than most phones ring before a machine answers; and what a call may last that nobody ends."""

LOOPBACK = {"127.0.0.1", "localhost", "::1"}


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider has it; `sid` is its id for it."""

    sid: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """The provider will not send it; `code` is its reason."""

    code: int


@dataclass(frozen=True, slots=True)
class NotSent:
    """Certainly not sent, so it may be tried again. `code` is the provider's reason, if it was reached at all."""

    code: int | None = None


@dataclass(frozen=True, slots=True)
class Unknown:
    """It may or may not have been sent; sending it again could text a person twice."""


Outcome = Accepted | Rejected | NotSent | Unknown


def send(to: str, from_: str, body: str, oid: UUID) -> Outcome:
    """Posts one text and waits for the provider's answer, 15 s at most. Never inside a transaction."""
    return _text(to, from_, body, addresses.status(oid), VALID_SECONDS)


def page(to: str, from_: str, body: str, oid: UUID) -> Outcome:
    """The same for a text to somebody of the staff, which is worth nothing once their ladder has called anew."""
    return _text(to, from_, body, addresses.page_status(oid), PAGE_VALID_SECONDS)


def tell(to: str, from_: str, body: str) -> Outcome:
    """The same for an answer to them, of which nobody asks what became."""
    return _text(to, from_, body, values.unset, PAGE_VALID_SECONDS)


def call(to: str, from_: str, said: str, oid: UUID) -> Outcome:
    """Has somebody of the staff called; `said` is TwiML."""
    ours = client()
    return _outcome(
        lambda: ours.calls.create(
            to=to,
            from_=from_,
            twiml=said,
            status_callback=addresses.page_status(oid),
            timeout=RING_SECONDS,
            time_limit=CALL_SECONDS,
        )
    )


def _text(to: str, from_: str, body: str, report_to: object, valid: int) -> Outcome:
    ours = client()
    return _outcome(
        lambda: ours.messages.create(
            to=to,
            from_=from_,
            body=body,
            status_callback=report_to,
            validity_period=valid,
            **_retention(),
        )
    )


def _outcome(create: Callable[[], Any]) -> Outcome:
    """What became of a request to create something at the provider; a client that may not be had is no outcome."""
    try:
        made = create()
    except (TwilioRestException, TwilioServiceException) as answer:
        return _of_answer(answer.status, answer.code)
    except requests.RequestException as failure:
        return NotSent() if _never_left(failure) else Unknown()
    except Exception:  # noqa: BLE001
        # Whatever breaks once the request may have left says nothing about what was done with it.
        return Unknown()
    return Accepted(made.sid) if made.sid else Unknown()


def _retention() -> dict[str, str]:
    """Asked for only where it is configured: accounts without Message Redaction refuse it (30029)."""
    keep = settings.TWILIO_CONTENT_RETENTION
    return {"content_retention": keep} if keep != "retain" else {}


def is_up() -> bool:
    """Whether the provider answers at all, asked by something that changes nothing."""
    try:
        client().api.accounts(settings.TWILIO_ACCOUNT_SID).fetch()
    except (TwilioRestException, TwilioServiceException) as answer:
        return bool(answer.status < 500)
    except requests.RequestException:
        return False
    return True


def _of_answer(status: int, code: int | None) -> Outcome:
    # The client puts the HTTP status where the answer held no code of the provider's own (all are above 10,000).
    if not 400 <= status < 500 or code is None or code < 10_000:
        return Unknown()
    return Rejected(code) if codes.meaning(code).then is Then.FAIL else NotSent(code)


def _never_left(failure: requests.RequestException) -> bool:
    """Whether the connection failed before a byte of the request could have been read."""
    if isinstance(failure, requests.ConnectTimeout):
        return True
    causes = list(_causes(failure))
    if isinstance(failure, requests.exceptions.SSLError):
        # Other TLS errors can come in the middle of an answer.
        return any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes)
    before = (NewConnectionError, NameResolutionError, ConnectTimeoutError)
    return isinstance(failure, requests.ConnectionError) and any(
        isinstance(cause, before) for cause in causes
    )


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what it wraps: urllib3 keeps the reason as an attribute or an argument."""
    yield error
    inner = getattr(error, "reason", None) or next(iter(error.args), None)
    if isinstance(inner, BaseException):
        yield from _causes(inner)


def transport() -> BaseAdapter:
    """How a request leaves this process; tests put another in its place."""
    return HTTPAdapter(pool_maxsize=64, max_retries=0)


def session(base: str) -> requests.Session:
    """Requests to the provider, or to the stand-in at `base`, without a memory for cookies."""
    made = requests.Session()
    made.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    # A stand-in is on this machine, where no proxy leads.
    made.trust_env = urlsplit(_checked(base)).hostname not in LOOPBACK
    for scheme in ("https://", "http://"):
        made.mount(scheme, transport())
    return made


class Http:
    """The transport under the provider's client: our timeouts, no repetition, no cookies, and nothing logged.

    The provider's own keeps the last answer on itself, which threads would share; this one keeps nothing.
    """

    is_async = False

    def __init__(self, base: str = "") -> None:
        """Take the base address of a stand-in (its path is put in front of the provider's), or "" for the provider."""
        self._base = base
        self._session = session(base)

    def request(
        self,
        method: str,
        uri: str,
        params: dict[str, Any] | None = None,
        data: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        answer = self._session.request(
            method.upper(),
            self._at_base(uri),
            params=params,
            data=data,
            headers=headers,
            auth=auth,
            timeout=(CONNECT_SECONDS, READ_SECONDS),
            allow_redirects=False,
        )
        return Response(answer.status_code, answer.text, answer.headers)

    def _at_base(self, uri: str) -> str:
        if not self._base:
            return uri
        parts = urlsplit(uri)
        return f"{self._base}{parts.path}" + (f"?{parts.query}" if parts.query else "")


def client() -> Client:
    """The provider's own client on our transport, for those who look something up there; it raises what it raises."""
    return _client(settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKENS[0], settings.TWILIO_API_URL)


@lru_cache(maxsize=4)
def _client(account: str, token: str, base: str) -> Client:
    made = Client(account, token, http_client=Http(base))
    # The client reads these from the environment, which only our settings may.
    made.edge = made.region = ""
    return made


def _checked(base: str) -> str:
    """Words and numbers go to the provider or to a stand-in on this machine, and nowhere else."""
    host = urlsplit(base).hostname or ""
    if host in LOOPBACK:
        return base
    if settings.DEMO or (base and not (base.startswith("https://") and host.endswith(".twilio.com"))):
        raise ImproperlyConfigured("TWILIO_API_URL may only name the provider or this machine.")
    return base
