"""What the provider answers when it is asked about numbers, services and messages, in the shapes of its API.

Fields as in `api.v2010.account.*` and `messaging.v1.service` of the provider's own description; those that nothing
here reads are left out.
"""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import requests
from django.conf import settings
from django.test import Client
from django.utils import timezone

from chatline.sms import addresses
from tests.cast import A_NUMBER, SHORT_CODE
from tests.sms.network import answered

ROOT = f"/2010-04-01/Accounts/{settings.TWILIO_ACCOUNT_SID}"


def message(
    sid: str, body: str = "hello", *, ago: timedelta = timedelta(hours=1), **more: Any
) -> dict[str, Any]:
    """One message that came in; `ago` is how long."""
    at = format_datetime((timezone.now() - ago).astimezone(UTC))
    return {
        "sid": sid,
        "account_sid": settings.TWILIO_ACCOUNT_SID,
        "body": body,
        "from": A_NUMBER,
        "to": SHORT_CODE,
        "direction": "inbound",
        "status": "received",
        "date_created": at,
        "date_sent": at,
        "date_updated": at,
        "num_media": "0",
        "num_segments": "1",
        "error_code": None,
        "messaging_service_sid": None,
        "uri": f"{ROOT}/Messages/{sid}.json",
        **more,
    }


def asks_us() -> dict[str, Any]:
    """A number's configuration as it should be."""
    return {
        "sms_url": addresses.inbound(),
        "sms_method": "POST",
        "sms_fallback_url": addresses.fallback(),
        "sms_fallback_method": "POST",
    }


def short_code(number: str = SHORT_CODE, **more: Any) -> dict[str, Any]:
    return {"sid": "SC" + "1" * 32, "short_code": number, **asks_us(), **more}


def long_number(number: str, **more: Any) -> dict[str, Any]:
    return {
        "sid": "PN" + "1" * 32,
        "phone_number": number,
        "sms_application_sid": "",
        "capabilities": {"voice": True},
        **asks_us(),
        **more,
    }


def service(**more: Any) -> dict[str, Any]:
    return {
        "sid": "MG" + "1" * 32,
        "friendly_name": "Harbor",
        "inbound_request_url": addresses.inbound(),
        "inbound_method": "POST",
        "fallback_url": addresses.fallback(),
        "fallback_method": "POST",
        "use_inbound_webhook_on_number": False,
        **more,
    }


@dataclass
class Canned:
    """Answers what the gateway asks, and hands on what is meant for our own webhooks.

    Lists are of one page each, but `page` messages at a time, the newest first. `members` are the numbers in the first
    service. `media_status` is what a list of pictures is answered with.
    """

    messages: list[dict[str, Any]] = field(default_factory=list)
    media: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    short_codes: list[dict[str, Any]] = field(default_factory=lambda: [short_code()])
    numbers: list[dict[str, Any]] = field(default_factory=list)
    services: list[dict[str, Any]] = field(default_factory=list)
    members: list[str] = field(default_factory=list)
    status: str = "active"
    type: str = "Full"
    page: int = 2
    down: bool = False
    media_status: int = 200
    asked: list[str] = field(default_factory=list)

    def __call__(self, request: requests.PreparedRequest) -> requests.Response:
        url = urlsplit(request.url or "")
        if url.path.startswith("/sms/"):
            return self._ours(url.path, request)
        # The stand-in's own path comes first.
        path = url.path.removeprefix(urlsplit(settings.TWILIO_API_URL).path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        self.asked.append(path)
        if self.down:
            return answered(401, b'{"code": 20003, "message": "Authenticate", "status": 401}', request)
        if path.endswith("/Media.json") and self.media_status != 200:
            return answered(self.media_status, b'{"code": 20404, "message": "?", "status": 404}', request)
        return answered(200, json.dumps(self._answer(path, query)).encode(), request)

    def _answer(self, path: str, query: dict[str, str]) -> dict[str, Any]:
        match path.removeprefix(ROOT).removesuffix(".json").strip("/").split("/"):
            case ["Messages"]:
                return self._listed(query)
            case ["Messages", sid, "Media"]:
                return {"media_list": self.media.get(sid, []), "next_page_uri": None}
            case ["SMS", "ShortCodes"]:
                return {"short_codes": self.short_codes, "next_page_uri": None}
            case ["IncomingPhoneNumbers"]:
                return {"incoming_phone_numbers": self.numbers, "next_page_uri": None}
            case [""]:
                return {"sid": settings.TWILIO_ACCOUNT_SID, "status": self.status, "type": self.type}
            case ["v1", "Services"]:
                return {"services": self.services, "meta": {"key": "services", "next_page_url": None}}
            case ["v1", "Services", _, "PhoneNumbers"]:
                rows = [{"phone_number": one} for one in self.members if one.startswith("+")]
                return {"phone_numbers": rows, "meta": {"key": "phone_numbers", "next_page_url": None}}
            case ["v1", "Services", _, "ShortCodes"]:
                rows = [{"short_code": one} for one in self.members if not one.startswith("+")]
                return {"short_codes": rows, "meta": {"key": "short_codes", "next_page_url": None}}
        raise AssertionError(f"nobody asks for {path}")

    def _listed(self, query: dict[str, str]) -> dict[str, Any]:
        """Only those to one number, and only by whole days, as the provider has it."""
        since = datetime.fromisoformat(query["DateSent>"].replace("Z", "+00:00")).date()
        rows = [one for one in self.messages if one["to"] == query["To"] and _day(one) >= since.isoformat()]
        start = int(query.get("Page", 0)) * self.page
        more = start + self.page < len(rows)
        following = urlencode({**query, "Page": int(query.get("Page", 0)) + 1, "PageToken": "PASM"})
        return {
            "messages": rows[start : start + self.page],
            "next_page_uri": f"{ROOT}/Messages.json?{following}" if more else None,
        }

    def _ours(self, path: str, request: requests.PreparedRequest) -> requests.Response:
        headers = {"X-Twilio-Signature": request.headers["X-Twilio-Signature"]}
        answer = Client(headers=headers).generic(
            "POST", path, request.body or "", request.headers["Content-Type"]
        )
        return answered(answer.status_code, answer.content, request)


def _day(one: dict[str, Any]) -> str:
    return parsedate_to_datetime(one["date_sent"]).date().isoformat()
