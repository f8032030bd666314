"""The provider's webhooks: what they carry, how they are signed, and when they are tried again. Pure.

Rules: the provider's guides on webhook requests, connection overrides, security, and shared keys
(https://www.twilio.com/docs/usage/webhooks).
"""

import base64
import hmac
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self
from urllib.parse import parse_qsl, urldefrag

from chatline.conversations.segments import count
from chatline.demo.records import Hook, PhoneCall, Post, Sms

SIGNATURE = "X-Twilio-Signature"
SIGNATURE_SETTINGS = "X-Twilio-Webhooks-Signature-Settings"
TOKEN = "I-Twilio-Idempotency-Token"  # noqa: S105  # a header's name

API_VERSION = "2010-04-01"
_UNREACHED, _NO_GOOD_ANSWER = 11205, 11200
"""Codes that the fallback is given: https://www.twilio.com/docs/api/errors"""

_RANGES = {"rc": (0, 5), "ct": (100, 10_000), "rt": (100, 15_000), "tt": (100, 15_000)}


@dataclass(frozen=True)
class Overrides:
    """How a webhook is tried: `rc` retries, on the failures in `rp`; the others are milliseconds."""

    rc: int = 1
    rp: frozenset[str] = frozenset({"ct"})
    ct: int = 5_000
    rt: int = 15_000
    tt: int = 15_000

    @classmethod
    def of(cls, url: str) -> Self:
        """Read from the fragment; what is missing or out of range is the provider's default."""
        given = dict(parse_qsl(urldefrag(url).fragment))
        numbers = {
            key: int(value)
            for key, value in given.items()
            if key in _RANGES and value.isdecimal() and _RANGES[key][0] <= int(value) <= _RANGES[key][1]
        }
        policy = frozenset(given["rp"].split(",")) if "rp" in given else cls.rp
        return cls(rp=policy, **numbers)

    @property
    def timeout(self) -> tuple[float, float]:
        """Seconds to connect and to answer."""
        return self.ct / 1_000, self.rt / 1_000


def failure(status: int, how: str = "rt") -> str:
    """ "" for an answer that is good; else its name in `rp`. Status 0 is none at all: `how` is `ct` or `rt`."""
    if status == 0:
        return how
    return "" if status < 400 else f"{status // 100}xx"


def again_in(hook: Hook, failed: str, now: float) -> float | None:
    """Seconds to the next attempt at the same address, or None if there is none: they all fit into `tt`."""
    how = Overrides.of(hook.url)
    pause = 2.0**hook.attempt
    if hook.attempt >= how.rc or not {failed, "all"} & how.rp or now + pause - hook.began > how.tt / 1_000:
        return None
    return pause


def to_fallback(hook: Hook, failed: str, now: float, code: int = 0) -> Hook | None:
    """The same webhook for the fallback address, or None where there is no such address."""
    if not hook.fallback:
        return None
    code = code or (_UNREACHED if failed in {"ct", "rt"} else _NO_GOOD_ANSWER)
    fields = {**hook.fields, "ErrorCode": str(code), "ErrorUrl": urldefrag(hook.url).url}
    return Hook(hook.sid, hook.fallback, fields, hook.token, began=now)


def post(job: str, hook: Hook) -> Post:
    timeout = Overrides.of(hook.url).timeout
    return Post(job, urldefrag(hook.url).url, hook.fields, hook.token, hook.together, timeout)


def headers(post: Post, secret: str, shared_key: str = "") -> dict[str, str]:
    """What the request carries. `shared_key` is the id of a shared key: then `secret` is that one's, not a token."""
    signed = sign(post.url, post.fields, secret, "sha256" if shared_key else "sha1")
    carried = {SIGNATURE: signed, TOKEN: post.token or post.job}
    if shared_key:
        carried[SIGNATURE_SETTINGS] = f"key={shared_key},algorithm=HMAC_SHA256"
    return carried


def sign(url: str, fields: Mapping[str, str], secret: str, digest: str = "sha1") -> str:
    text = url + "".join(name + fields[name] for name in sorted(fields))
    return base64.b64encode(hmac.digest(secret.encode(), text.encode(), digest)).decode()


def inbound_fields(account: str, base: str, sms: Sms) -> dict[str, str]:
    """Every field that a text to a number of ours carries; where its sender lives is among them.

    `base` is where the provider's interface is, https://api.twilio.com for the real one.
    """
    media: dict[str, str] = {}
    for place, one in enumerate(sms.media):
        media[f"MediaContentType{place}"] = one.kind
        media[f"MediaUrl{place}"] = f"{base}{media_path(account, sms.sid, one.sid)}"
    return {
        **_common(account, sms),
        **media,
        "SmsMessageSid": sms.sid,
        "SmsStatus": "received",
        "Body": sms.words,
        "NumMedia": str(len(sms.media)),
        "NumSegments": str(count(sms.words).parts),
        "FromCity": "WASHINGTON",
        "FromState": "DC",
        "FromZip": "20001",
        "FromCountry": "US",
        "ToCity": "",
        "ToState": "",
        "ToZip": "",
        "ToCountry": "US",
    }


def status_fields(account: str, sms: Sms, status: str, now: float) -> dict[str, str]:
    fields = {**_common(account, sms), "MessageStatus": status, "SmsStatus": status}
    if status in {"undelivered", "failed"}:
        fields["ErrorCode"] = str(sms.error)
    if status in {"delivered", "undelivered"}:
        fields["RawDlrDoneDate"] = time.strftime("%y%m%d%H%M", time.gmtime(now))
    return fields


def call_fields(account: str, call: PhoneCall) -> dict[str, str]:
    return {
        "AccountSid": account,
        "ApiVersion": API_VERSION,
        "CallSid": call.sid,
        "CallStatus": call.status,
        "Direction": "outbound-api",
        "From": call.sender,
        "To": call.to,
    }


def media_path(account: str, parent: str, sid: str) -> str:
    return f"/{API_VERSION}/Accounts/{account}/Messages/{parent}/Media/{sid}"


def _common(account: str, sms: Sms) -> dict[str, str]:
    return {
        "AccountSid": account,
        "ApiVersion": API_VERSION,
        "MessageSid": sms.sid,
        "SmsSid": sms.sid,
        "From": sms.sender,
        "To": sms.to,
    }
