"""Under what tries to sign in are counted, so that guessing is slow and nobody can keep somebody else out.

Failures are counted for an account and an address together, so those of an attacker elsewhere cost its owner nothing.
A browser in which somebody has signed in before is counted by itself, whatever comes from its address. Whoever has
failed too often waits until the oldest of those failures is a minute old; what is tried meanwhile counts no further.
"""

import hashlib
import hmac
import secrets
from datetime import timedelta

from allauth.core.internal import ratelimit
from django.conf import settings
from django.core import signing
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

from chatline.people.actions import clear_alarm, raise_alarm
from chatline.people.models import Alarm, Staff
from routing.throttle import network_of, sender_of

ALARM = "sign_in_tried"
MANY = {"account": "20/10m/key", "address": "100/10m/ip"}
"""Failures that are no slips of a finger: of one account from anywhere, of all accounts from one address."""

PAST = timedelta(hours=1)
"""Without more of them, an alarm about failures is of the past."""

COOKIE = "__Host-known" if settings.HTTPS else "known"
KNOWN_FOR = timedelta(days=90)
_SALT = "chatline.web.accounts.known"

_KEY = secrets.token_bytes(32)
"""Of this process and nowhere else: what is counted under it says nothing of an address to anybody."""


def counted_as(request: HttpRequest) -> str:
    """A browser that is known here, or else its part of the network (a /24, or a /56 of IPv6), by a keyed hash."""
    try:
        return f"known-{signing.loads(request.COOKIES.get(COOKIE, ''), salt=_SALT, max_age=KNOWN_FOR)}"
    except signing.BadSignature:
        return hmac.new(_KEY, _part_of_network(request).encode(), hashlib.sha256).hexdigest()


def _part_of_network(request: HttpRequest) -> str:
    peer, noted = request.META.get("REMOTE_ADDR", ""), request.headers.get("X-Forwarded-For", "")
    sender = sender_of(peer, noted, settings.TRUSTED_PROXIES)
    return network_of(sender) if sender else ""  # behind a proxy that nobody named there are no addresses


def remember(request: HttpRequest, response: HttpResponseBase) -> None:
    """This browser is known from now on; the cookie is a random name, and opens nothing."""
    if counted_as(request).startswith("known-"):
        return
    response.set_cookie(
        COOKIE,
        signing.dumps(secrets.token_urlsafe(12), salt=_SALT),
        max_age=KNOWN_FOR,
        secure=settings.HTTPS,
        httponly=True,
        samesite="Strict",
    )


def failed(request: HttpRequest, username: str) -> None:
    """Somebody could not sign in; after many who could not, supervisors and operators see it."""
    account = Staff.objects.filter(username__iexact=username).values_list("pk", flat=True).first()
    # What was typed may be anything, a password too: only who is known is named.
    if account and not _few(request, "account", str(account)):
        raise_alarm(ALARM, str(account))
    if not _few(request, "address"):
        raise_alarm(ALARM)


def calm() -> None:
    """Somebody signed in: alarms of which nothing was seen for a while are over."""
    past = Alarm.objects.filter(code=ALARM, cleared_at=None, last_at__lt=timezone.now() - PAST)
    for subject in past.values_list("subject", flat=True):
        clear_alarm(ALARM, subject)


def _few(request: HttpRequest, of: str, key: str = "") -> bool:
    return bool(ratelimit.consume(request, app="chatline", action=of, config=MANY, key=key))
