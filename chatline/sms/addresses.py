"""Where the provider finds us, with the overrides that make it try again what we did not answer; and where we find
what it keeps.
"""

import re
from uuid import UUID

from django.conf import settings

OVERRIDES = "ct=2000&rt=3500&tt=15000&rc=3&rp=ct,rt,5xx"
"""Connection overrides of the provider's webhooks; its default is to give up after one attempt.

https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides
"""

METHOD = "POST"
"""With GET the words would stand in the address, and in the provider's log of it for days."""


def inbound() -> str:
    """To be configured at the provider, as POST, for every number of a line."""
    return f"{settings.PUBLIC_URL}/sms/inbound/#{OVERRIDES}"


def fallback() -> str:
    """To be configured at the provider, as POST, for when `inbound` fails; best on a host of its own."""
    return f"{fallback_base()}/sms/fallback/#{OVERRIDES}"


def fallback_base() -> str:
    return settings.FALLBACK_URL or settings.PUBLIC_URL


def status(oid: UUID) -> str:
    """Where the provider reports on one text; it is sent along with the text."""
    return f"{settings.PUBLIC_URL}/sms/status/?oid={oid}#{OVERRIDES}"


def page_status(oid: UUID) -> str:
    """Where the provider reports on a text or call to somebody of the staff."""
    return f"{settings.PUBLIC_URL}/sms/page/status/?oid={oid}#{OVERRIDES}"


def key_pressed(oid: UUID) -> str:
    """Where the provider asks what to do when a key was pressed in such a call."""
    return f"{settings.PUBLIC_URL}/sms/page/?oid={oid}#{OVERRIDES}"


def of_media(address: str) -> str | None:
    """Where to fetch what came with a text, or None if this is no content of our own account at the provider.

    Only what is returned here may be shown our credentials. A stand-in (`TWILIO_API_URL`) takes the provider's place.
    """
    base = settings.TWILIO_API_URL
    host = rf"https://(?:[a-z0-9-]+\.)+twilio\.com|{re.escape(base) or 'https://api.twilio.com'}"
    record = "[A-Za-z0-9]{1,64}"
    account = re.escape(settings.TWILIO_ACCOUNT_SID)
    path = f"/2010-04-01/Accounts/{account}/Messages/{record}/Media/{record}"
    found = re.fullmatch(f"({host})({path})", address)
    return (base or found[1]) + found[2] if found else None
