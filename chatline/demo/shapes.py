"""The provider's resources as its API descriptions have them: counts are strings, dates RFC 2822 (ISO for services).

https://github.com/twilio/twilio-oai
"""

from datetime import UTC, datetime
from email.utils import formatdate
from typing import Any

from chatline.conversations.segments import count
from chatline.demo.hooks import API_VERSION, media_path
from chatline.demo.records import Media, PhoneCall, Sender, Service, Sms


def message(account: str, sms: Sms) -> dict[str, Any]:
    """`api.v2010.account.message`."""
    uri = f"/{API_VERSION}/Accounts/{account}/Messages/{sms.sid}"
    return {
        "account_sid": account,
        "api_version": API_VERSION,
        "body": "" if sms.redacted else sms.words,
        "date_created": date(sms.at),
        "date_updated": date(sms.updated),
        "date_sent": None if sms.sent is None else date(sms.sent),
        "direction": sms.direction,
        "error_code": sms.error,
        "error_message": None,
        "from": sms.sender,
        "messaging_service_sid": None,
        "num_media": str(len(sms.media)),
        "num_segments": str(count(sms.words).parts),
        "price": None,
        "price_unit": "USD",
        "sid": sms.sid,
        "status": sms.status,
        "subresource_uris": {"media": f"{uri}/Media.json"},
        "to": sms.to,
        "uri": f"{uri}.json",
    }


def call(account: str, one: PhoneCall) -> dict[str, Any]:
    """`api.v2010.account.call`."""
    uri = f"/{API_VERSION}/Accounts/{account}/Calls/{one.sid}"
    return {
        "account_sid": account,
        "answered_by": None,
        "api_version": API_VERSION,
        "caller_name": None,
        "date_created": date(one.at),
        "date_updated": date(one.updated),
        "direction": "outbound-api",
        "duration": None,
        "end_time": None,
        "from": one.sender,
        "parent_call_sid": None,
        "price": None,
        "price_unit": "USD",
        "sid": one.sid,
        "start_time": None,
        "status": one.status,
        "subresource_uris": {"recordings": f"{uri}/Recordings.json"},
        "to": one.to,
        "uri": f"{uri}.json",
    }


def media(account: str, one: Media) -> dict[str, Any]:
    """`api.v2010.account.message.media`."""
    return {
        "account_sid": account,
        "content_type": one.kind,
        "date_created": date(one.at),
        "date_updated": date(one.at),
        "parent_sid": one.parent,
        "sid": one.sid,
        "uri": f"{media_path(account, one.parent, one.sid)}.json",
    }


def number(account: str, sender: Sender) -> dict[str, Any]:
    """`api.v2010.account.short_code`, or `api.v2010.account.incoming_phone_number`."""
    folder = "SMS/ShortCodes" if sender.is_short else "IncomingPhoneNumbers"
    common = {
        "account_sid": account,
        "api_version": API_VERSION,
        "date_created": date(sender.at),
        "date_updated": date(sender.at),
        "friendly_name": sender.number,
        "sid": sender.sid,
        "sms_fallback_method": sender.sms_fallback_method,
        "sms_fallback_url": sender.sms_fallback_url,
        "sms_method": sender.sms_method,
        "sms_url": sender.sms_url,
        "uri": f"/{API_VERSION}/Accounts/{account}/{folder}/{sender.sid}.json",
    }
    if sender.is_short:
        return {**common, "short_code": sender.number}
    return {
        **common,
        "phone_number": sender.number,
        "capabilities": {"fax": False, "mms": True, "sms": True, "voice": True},
        "origin": "twilio",
        "sms_application_sid": "",
        "status": "in-use",
        "status_callback": "",
        "voice_url": None,
    }


def account(sid: str, at: float) -> dict[str, Any]:
    """`api.v2010.account`; its secret is not told again."""
    return {
        "auth_token": "",
        "date_created": date(at),
        "date_updated": date(at),
        "friendly_name": "The line",
        "owner_account_sid": sid,
        "sid": sid,
        "status": "active",
        "subresource_uris": {"messages": f"/{API_VERSION}/Accounts/{sid}/Messages.json"},
        "type": "Full",
        "uri": f"/{API_VERSION}/Accounts/{sid}.json",
    }


def service(account: str, one: Service) -> dict[str, Any]:
    """`messaging.v1.service`."""
    at = datetime.fromtimestamp(one.at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    url = f"https://messaging.twilio.com/v1/Services/{one.sid}"
    return {
        "account_sid": account,
        "area_code_geomatch": True,
        "date_created": at,
        "date_updated": at,
        "fallback_method": "POST",
        "fallback_to_long_code": False,
        "fallback_url": None,
        "friendly_name": "The line",
        "inbound_method": "POST",
        "inbound_request_url": None,
        "links": {"phone_numbers": f"{url}/PhoneNumbers", "short_codes": f"{url}/ShortCodes"},
        "mms_converter": True,
        "scan_message_content": "inherit",
        "sid": one.sid,
        "smart_encoding": False,
        "status_callback": None,
        "sticky_sender": True,
        "synchronous_validation": False,
        "url": url,
        "us_app_to_person_registered": False,
        "use_inbound_webhook_on_number": False,
        "usecase": "undeclared",
        "validity_period": 36_000,
        **one.more,
    }


def date(at: float) -> str:
    return formatdate(at).replace("-0000", "+0000")
