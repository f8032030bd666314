"""Where the provider finds us, with the overrides that make it try again what we did not answer; and where we find
what it keeps.
"""

import re
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings

OVERRIDES = "ct=2000&rt=3500&tt=15000&rc=3&rp=ct,rt,5xx"
"""Connection overrides of the provider's webhooks; its default is to give up after one attempt."""


def inbound() -> str:
    """To be configured at the provider, as POST, for every number of a line."""
    return f"{settings.PUBLIC_URL}/sms/inbound/#{OVERRIDES}"


def status(oid: UUID) -> str:
    """Where the provider reports on one text; it is sent along with the text."""
    return f"{settings.PUBLIC_URL}/sms/status/?oid={oid}#{OVERRIDES}"


def is_media(address: str) -> bool:
    """Whether this is a content of our own account, at the provider or at the stand-in that `TWILIO_API_URL` names.

    Only such a one is shown our credentials.
    """
    base = settings.TWILIO_API_URL
    at_provider = not base or (urlsplit(base).hostname or "").endswith(".twilio.com")
    host = r"https://(?:[a-z0-9-]+\.)+twilio\.com" if at_provider else re.escape(base)
    account = re.escape(settings.TWILIO_ACCOUNT_SID)
    record = "[A-Za-z0-9]{1,64}"
    path = f"/2010-04-01/Accounts/{account}/Messages/{record}/Media/{record}"
    return bool(re.fullmatch(host + path, address))
