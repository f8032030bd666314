"""The provider's REST interface as its own client expects it, from a request to an answer. No socket, no framework.

`answer(carrier, method, path, query, form, credentials)` is all there is to it; `path` begins with `/2010-04-01/`,
`/v1/` or `/_media/`. An `Answer` may be `broken`: then the front must end the connection in that way instead of
answering. Where it is `early`, callbacks about the new text are due before the answer may leave.
"""

import base64
import binascii
import hmac
import re
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from chatline.demo import account, media, messages, voice
from chatline.demo.answers import Answer, refused
from chatline.demo.carrier import Carrier
from chatline.demo.hooks import API_VERSION
from chatline.demo.provider import Refusal

Form = Mapping[str, str]
Credentials = tuple[str, str] | None


def answer(
    carrier: Carrier,
    method: str,
    path: str,
    query: Form | None = None,
    form: Form | None = None,
    credentials: Credentials = None,
) -> Answer:
    """`credentials` are those of basic authentication (`credentials_of`), or None. Never raises."""
    began = time.perf_counter()
    try:
        done = _routed(carrier, method, path, query or {}, form or {}, credentials)
    except Refusal as refusal:
        done = refused(refusal)
    return replace(done, headers=_headers(began) | dict(done.headers))


def credentials_of(header: str) -> Credentials:
    """Who asks, by the Authorization header."""
    scheme, _, encoded = header.partition(" ")
    try:
        name, colon, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return None
    return (name, secret) if scheme.lower() == "basic" and colon else None


def _routed(
    carrier: Carrier, method: str, path: str, query: Form, form: Form, credentials: Credentials
) -> Answer:
    if path.startswith("/_media/"):
        return media.content(carrier, path.removeprefix("/_media/"), query)
    if not _knows_secret(carrier, credentials):
        raise Refusal(20003, 401, "Authenticate")
    for pattern, verbs in _ROUTES:
        if match := pattern.fullmatch(path):
            named = match.groupdict()
            if named.pop("account", carrier.account) != carrier.account:
                break
            if method not in verbs:
                raise Refusal(20004, 405, "Method not allowed")
            return verbs[method](carrier, query if method == "GET" else form, **named)
    raise Refusal(20404, 404)


def _knows_secret(carrier: Carrier, credentials: Credentials) -> bool:
    if credentials is None:
        return False
    name, secret = credentials
    known = (
        carrier.tokens() if name == carrier.account else [carrier.keys[name]] if name in carrier.keys else []
    )
    return any(hmac.compare_digest(secret.encode(), one.encode()) for one in known)


def _headers(began: float) -> dict[str, str]:
    """What recorded answers of the provider's carry."""
    return {
        "Content-Type": "application/json;charset=utf-8",
        "Twilio-Concurrent-Requests": "1",
        "Twilio-Request-Id": f"RQ{secrets.token_hex(16)}",
        "Twilio-Request-Duration": f"{time.perf_counter() - began:.3f}",
        "X-Home-Region": "us1",
        "X-API-Domain": "api.twilio.com",
        "X-Shenanigans": "none",
    }


_ACCOUNT = rf"/{API_VERSION}/Accounts/(?P<account>\w+)"
_MESSAGE = rf"{_ACCOUNT}/Messages"
_PARENT = rf"{_MESSAGE}/(?P<parent>\w+)/Media"
_SERVICE = r"/v1/Services/(?P<sid>\w+)"
Verbs = dict[str, Callable[..., Answer]]
_TABLE: list[tuple[str, Verbs]] = [
    (rf"{_MESSAGE}\.json", {"GET": messages.reading(messages.listed), "POST": messages.create}),
    (
        rf"{_MESSAGE}/(?P<sid>\w+)\.json",
        {"GET": messages.reading(messages.fetch), "POST": messages.update, "DELETE": messages.delete},
    ),
    (rf"{_ACCOUNT}/Calls\.json", {"POST": voice.create}),
    (rf"{_ACCOUNT}/Calls/(?P<sid>\w+)\.json", {"GET": voice.fetch, "DELETE": voice.delete}),
    (rf"{_PARENT}\.json", {"GET": media.listed}),
    (rf"{_PARENT}/(?P<sid>\w+)\.json", {"GET": media.fetch, "DELETE": media.delete}),
    (rf"{_PARENT}/(?P<sid>\w+)", {"GET": media.redirect, "DELETE": media.delete}),
    (rf"{_ACCOUNT}\.json", {"GET": account.account}),
    (rf"{_ACCOUNT}/SMS/ShortCodes\.json", {"GET": partial(account.numbers, short=True)}),
    (rf"{_ACCOUNT}/SMS/ShortCodes/(?P<sid>\w+)\.json", {"GET": partial(account.number, short=True)}),
    (rf"{_ACCOUNT}/IncomingPhoneNumbers\.json", {"GET": partial(account.numbers, short=False)}),
    (rf"{_ACCOUNT}/IncomingPhoneNumbers/(?P<sid>\w+)\.json", {"GET": partial(account.number, short=False)}),
    (r"/v1/Services", {"GET": account.services}),
    (_SERVICE, {"GET": account.service}),
    (rf"{_SERVICE}/ShortCodes", {"GET": partial(account.service_numbers, short=True)}),
    (rf"{_SERVICE}/PhoneNumbers", {"GET": partial(account.service_numbers, short=False)}),
]
_ROUTES = [(re.compile(pattern), verbs) for pattern, verbs in _TABLE]
