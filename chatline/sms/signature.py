"""Whether a request comes from the provider: its signature over our public address and every field.

The address is the configured one, never what the request says of itself: behind a proxy the two differ, and a
text that is refused for that is lost (https://www.twilio.com/docs/usage/webhooks/webhooks-security).

There are two ways of signing: SHA-1 under the account's token, and SHA-256 under a shared key
(https://www.twilio.com/docs/usage/webhooks/webhook-shared-keys). Each secret of ours is good for its own way alone.
"""

from collections.abc import Mapping, Sequence

from django.conf import settings
from django.http import HttpRequest, QueryDict
from twilio.request_validator import HMAC_SHA1, HMAC_SHA256, RequestValidator, get_signature_algorithm

HEADER = "X-Twilio-Signature"
SETTINGS_HEADER = "X-Twilio-Webhooks-Signature-Settings"
"""Says which way the request was signed. It is not signed itself, so it only chooses among our own secrets."""

SHA1, SHA256 = HMAC_SHA1, HMAC_SHA256

_FORM = "application/x-www-form-urlencoded"


def verified(request: HttpRequest, base: str) -> QueryDict | None:
    """The fields of a request that our own account signed for an address below `base`, else None.

    Whatever is missing, doubled or odd in the request is no error here; what is far too large is answered 400 by
    Django. Fields are read as UTF-8 whatever the request calls them, because that is what the provider signs; bytes
    that are none count as U+FFFD, for the signature and for what is stored.
    """
    fields = form_of(request)
    if fields.get("AccountSid") != settings.TWILIO_ACCOUNT_SID:
        return None
    algorithm = get_signature_algorithm(request.headers.get(SETTINGS_HEADER, "")).upper()
    signed = fields if request.content_type == _FORM else request.body.decode("utf-8", "replace")
    url = base + request.get_full_path()
    given = request.headers.get(HEADER, "")
    return fields if matches(url, signed, given, secrets(algorithm), algorithm) else None


def form_of(request: HttpRequest) -> QueryDict:
    """What the request says, whether or not it is true; empty for anything but a plain form."""
    return QueryDict(request.body if request.content_type == _FORM else b"", encoding="utf-8")


def secrets(algorithm: str) -> Sequence[str]:
    """Several are valid while they are rotated; none for a way of signing that nobody configured."""
    ours: dict[str, Sequence[str]] = {
        SHA1: settings.TWILIO_AUTH_TOKENS,
        SHA256: settings.TWILIO_WEBHOOK_KEYS,
    }
    return ours.get(algorithm, ())


def matches(
    url: str, signed: QueryDict | str, signature: str, secrets: Sequence[str], algorithm: str = SHA1
) -> bool:
    """The rule alone: `signed` is the form, or the body where the address carries its hash (`bodySHA256`)."""
    if not signature or (isinstance(signed, str) and "bodySHA256=" not in url):
        return False
    return any(RequestValidator(secret).validate(url, signed, signature, algorithm) for secret in secrets)


def sign(url: str, fields: Mapping[str, str], secret: str, algorithm: str = SHA1) -> str:
    """What the provider would put into the header; for those who stand in for it."""
    return str(RequestValidator(secret).compute_signature(url, fields, algorithm))
