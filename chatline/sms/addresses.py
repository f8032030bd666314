"""Where the provider finds us, with the overrides that make it try again what we did not answer."""

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
