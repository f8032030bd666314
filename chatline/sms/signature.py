"""Whether a request comes from the provider: its signature over our public address and every field.

The address is the configured one, never what the request says of itself: behind a proxy the two differ, and a
text that is refused for that is lost (reference: the provider's guide on webhook security).
"""

from collections.abc import Mapping, Sequence

from django.conf import settings
from django.http import HttpRequest, QueryDict
from twilio.request_validator import RequestValidator

HEADER = "X-Twilio-Signature"

_FORMS = {"application/x-www-form-urlencoded", "multipart/form-data"}


def is_from_provider(request: HttpRequest) -> bool:
    """True for a request that our own account signed. Never raises, whatever is missing, doubled or odd."""
    return is_signed(request) and request.POST.get("AccountSid") == settings.TWILIO_ACCOUNT_SID


def is_signed(request: HttpRequest) -> bool:
    """True if one of `settings.TWILIO_AUTH_TOKENS` signed it; several are valid while they are being rotated."""
    signature = request.headers.get(HEADER, "")
    url = settings.PUBLIC_URL + request.get_full_path()
    return matches(url, _signed_part(request), signature, settings.TWILIO_AUTH_TOKENS)


def matches(url: str, signed: QueryDict | str, signature: str, tokens: Sequence[str]) -> bool:
    """The rule alone: `signed` is the form, or the body where the address carries its hash (`bodySHA256`)."""
    if not signature or (isinstance(signed, str) and "bodySHA256=" not in url):
        return False
    return any(RequestValidator(token).validate(url, signed, signature) for token in tokens)


def sign(url: str, fields: Mapping[str, str], token: str) -> str:
    """What the provider would put into the header; for those who stand in for it."""
    return str(RequestValidator(token).compute_signature(url, fields))


def _signed_part(request: HttpRequest) -> QueryDict | str:
    if request.content_type in _FORMS:
        return request.POST
    return request.body.decode("utf-8", "replace")
