"""The provider's REST interface as its own client expects it: create and fetch a message, errors included."""

import base64
import binascii
import hmac
from collections.abc import Callable
from email.utils import formatdate
from typing import Any

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from chatline.demo import wire
from chatline.demo.carrier import Refusal, Sms, segments


def answering(view: Callable[..., JsonResponse]) -> Callable[..., JsonResponse]:
    """Credentials first; a refusal takes the provider's shape."""

    def checked(request: HttpRequest, account: str, **path: str) -> JsonResponse:
        try:
            if not _knows_secret(request):
                raise Refusal(20003, "Authenticate", 401)
            if account != settings.TWILIO_ACCOUNT_SID:
                raise Refusal(20404, "The requested resource was not found", 404)
            return view(request, **path)
        except Refusal as refusal:
            return JsonResponse(
                {
                    "code": refusal.code,
                    "message": refusal.message,
                    "more_info": f"https://www.twilio.com/docs/errors/{refusal.code}",
                    "status": refusal.status,
                },
                status=refusal.status,
            )

    return checked


@csrf_exempt
@require_POST
@answering
def create(request: HttpRequest) -> JsonResponse:
    sms = wire.carrier().create(request.POST)
    wire.wake()
    return JsonResponse(described(sms), status=201)


@require_GET
@answering
def fetch(request: HttpRequest, sid: str) -> JsonResponse:
    return JsonResponse(described(wire.carrier().fetch(sid)))


def described(sms: Sms) -> dict[str, Any]:
    """A message as `api.v2010.account.message` of the provider's API description; counts are strings there too."""
    account = settings.TWILIO_ACCOUNT_SID
    uri = f"/2010-04-01/Accounts/{account}/Messages/{sms.sid}"
    at = formatdate(sms.at).replace("-0000", "+0000")
    return {
        "account_sid": account,
        "api_version": "2010-04-01",
        "body": sms.words,
        "date_created": at,
        "date_updated": at,
        "date_sent": None if sms.status == "queued" else at,
        "direction": "inbound" if sms.inbound else "outbound-api",
        "error_code": sms.error,
        "error_message": None,
        "from": sms.sender,
        "messaging_service_sid": None,
        "num_media": "0",
        "num_segments": segments(sms.words),
        "price": None,
        "price_unit": "USD",
        "sid": sms.sid,
        "status": sms.status,
        "subresource_uris": {"media": f"{uri}/Media.json"},
        "to": sms.to,
        "uri": f"{uri}.json",
    }


def _knows_secret(request: HttpRequest) -> bool:
    scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
    try:
        given = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return False
    known = (f"{settings.TWILIO_ACCOUNT_SID}:{token}" for token in settings.TWILIO_AUTH_TOKENS)
    return scheme.lower() == "basic" and any(hmac.compare_digest(given, one.encode()) for one in known)
