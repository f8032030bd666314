"""The addresses that the provider calls. They verify, parse, make one call, and answer.

What must stay so: 200 only after the commit, or once it is on the disk; anything that was not stored is answered 503,
so that the provider tries again (its defaults do not: the addresses to configure carry overrides); an answer has no
words, because the provider would text them to the person; no cookie is ever set, because it would link a person's
texts.
"""

import logging
import re
from uuid import UUID

from django.conf import settings
from django.db import Error as DatabaseFailure
from django.http import HttpRequest, HttpResponse, QueryDict
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from chatline.errors import BadInput, TryAgain
from chatline.sms import addresses, answers, page_reports, refusals, signature, spoken, strays
from chatline.sms.fallback import receive as receive_or_spool
from chatline.sms.inbound import Text
from chatline.sms.reports import STATES, report

log = logging.getLogger(__name__)

EMPTY = '<?xml version="1.0" encoding="UTF-8"?><Response/>'
RETRY_SECONDS = "2"

SID = re.compile(r"[!-~]{1,40}")
_CODE = re.compile(r"[0-9]{1,9}")


@csrf_exempt
@require_POST
def inbound(request: HttpRequest) -> HttpResponse:
    """A person's text."""
    fields = signature.verified(request, settings.PUBLIC_URL)
    if fields is None:
        return _forbidden("inbound", request)
    text = _text(fields)
    if text is None:
        return HttpResponse(status=400)
    try:
        strays.receive(text)
    except (DatabaseFailure, TryAgain) as failure:
        return _not_now("inbound", failure)
    refusals.accepted("inbound")
    return HttpResponse(EMPTY, content_type="text/xml")


@csrf_exempt
@require_POST
def fallback(request: HttpRequest) -> HttpResponse:
    """A person's text that the provider could not hand over to `inbound`, with the database or without it."""
    fields = signature.verified(request, addresses.fallback_base())
    if fields is None:
        return _forbidden("fallback", request)
    text = _text(fields)
    if text is None:
        return HttpResponse(status=400)
    try:
        stored = receive_or_spool(text)
    except OSError as failure:
        return _not_now("fallback", failure)
    if stored:
        refusals.accepted("fallback")
    return HttpResponse(EMPTY, content_type="text/xml")


@csrf_exempt
@require_POST
def status(request: HttpRequest) -> HttpResponse:
    """What became of a text of ours; `oid` in the address is our id for it."""
    fields = signature.verified(request, settings.PUBLIC_URL)
    if fields is None:
        return _forbidden("status", request)
    oid, state = _uuid(request.GET.get("oid", "")), STATES.get(fields.get("MessageStatus", ""))
    if oid is None or state is None:
        log.warning("status_of_nothing_known")
        return HttpResponse(status=204)
    code = fields.get("ErrorCode", "")
    try:
        report(oid, state, sid=fields.get("MessageSid"), code=_number(code))
    except DatabaseFailure as failure:
        return _not_now("status", failure)
    refusals.accepted("status")
    return HttpResponse(status=204)


@csrf_exempt
@require_POST
def page(request: HttpRequest) -> HttpResponse:
    """A key was pressed in a call to somebody of the staff; `oid` in the address is our id for their page."""
    fields = signature.verified(request, settings.PUBLIC_URL)
    if fields is None:
        return _forbidden("page", request)
    oid = _uuid(request.GET.get("oid", ""))
    try:
        said = answers.pressed(oid, fields.get("Digits", "")) if oid else spoken.nothing()
    except DatabaseFailure as failure:
        return _not_now("page", failure)
    refusals.accepted("page")
    return HttpResponse(said, content_type="text/xml")


@csrf_exempt
@require_POST
def page_status(request: HttpRequest) -> HttpResponse:
    """What became of a text or call to somebody of the staff."""
    fields = signature.verified(request, settings.PUBLIC_URL)
    if fields is None:
        return _forbidden("page_status", request)
    oid = _uuid(request.GET.get("oid", ""))
    sid = fields.get("MessageSid") or fields.get("CallSid")
    if oid is None or not (sid and SID.fullmatch(sid)):
        log.warning("status_of_nothing_known")
        return HttpResponse(status=204)
    said, code = fields.get("MessageStatus") or fields.get("CallStatus", ""), fields.get("ErrorCode", "")
    try:
        page_reports.report(oid, said, sid, _number(code))
    except DatabaseFailure as failure:
        return _not_now("page_status", failure)
    refusals.accepted("page_status")
    return HttpResponse(status=204)


def _text(fields: QueryDict) -> Text | None:
    try:
        return Text.of(fields)
    except BadInput as refusal:
        log.error("inbound_refused code=%s", refusal.code)
        return None


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _number(text: str) -> int | None:
    return int(text) if _CODE.fullmatch(text) else None


def _forbidden(webhook: str, request: HttpRequest) -> HttpResponse:
    log.warning("signature_refused webhook=%s", webhook)
    if signature.form_of(request).get("AccountSid") == settings.TWILIO_ACCOUNT_SID:
        refusals.refused(webhook)
    return HttpResponse(status=403)


def _not_now(webhook: str, failure: Exception) -> HttpResponse:
    log.error("webhook_unavailable webhook=%s error=%s", webhook, type(failure).__name__)
    return HttpResponse(status=503, headers={"Retry-After": RETRY_SECONDS})
