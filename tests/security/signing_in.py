"""Somebody at the pages of signing in, as tests of several requirements need them."""

import re
import time
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.test import Client

from chatline.people import factors
from chatline.people.models import Staff
from tests.cast import Cast

PASSWORDS = {"sam": "sam-answers-here", "alex": "alex-supervises-here", "maria": "maria-manages-here"}
ELSEWHERE = "198.51.100.7"


def tries(client: Client, username: str, password: str, address: str = "203.0.113.4") -> str:
    """Where the sign-in page leads, or what it says instead."""
    fields = {"username": username, "password": password}
    answer = client.post("/accounts/login/", fields, REMOTE_ADDR=address)
    return answer.headers.get("Location") or said(answer)


def said(answer: Any) -> str:
    found = re.search(r'role="alert">(.*?)</div>', answer.content.decode(), re.DOTALL)
    return re.sub(r"<[^>]+>", "", found[1]).strip() if found else ""


def app_of(staff: Staff) -> str:
    """Sets up an app for codes, and returns its secret."""
    secret: str = totp.generate_totp_secret()
    Authenticator.objects.create(
        user=staff, type=factors.Type.TOTP, data={"secret": factors.seal_secret(secret)}
    )
    return secret


def passkey_of(staff: Staff) -> Authenticator:
    """A passkey as far as it counts that there is one; nobody can sign in with it."""
    passkey: Authenticator = Authenticator.objects.create(
        user=staff, type=factors.Type.WEBAUTHN, data={"name": "A key", "credential": {}}
    )
    return passkey


def code(secret: str, later: int = 0) -> str:
    """What the app shows now, or some steps of half a minute later."""
    shown: str = totp.format_hotp_value(totp.hotp_value(secret, int(time.time()) // 30 + later))
    return shown


def signs_in(cast: Cast, username: str, given: str) -> str:
    """Both steps in a new browser; where it led, or what the second page says."""
    client = Client()
    assert tries(client, username, PASSWORDS[username]) == "/accounts/login/second/"
    answer = client.post("/accounts/login/second/", {"code": given})
    return answer.headers.get("Location") or "refused"
