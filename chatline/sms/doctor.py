"""Whether any text or page could be dropped unnoticed: asked at the provider and at our own public address.

Each check gives findings and changes nothing; `chatline doctor` prints them. What the provider must know of us is in
`addresses.py`.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

import requests
from django.conf import settings
from django.utils import timezone

from chatline.conversations.models import Copy
from chatline.lines.ladders import Channel, Whom
from chatline.lines.models import Line, Number
from chatline.people.models import Staff
from chatline.sms import addresses, gateway, signature, spool, summons
from chatline.sms.recovery import FAILURES
from routing import climbing
from routing.reaching import reach_of


class Verdict(StrEnum):
    """`note` is worth knowing and drops nothing."""

    OK = "ok"
    NOTE = "note"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found, in plain words for an operator; `remedy` says what to do about it."""

    verdict: Verdict
    what: str
    remedy: str = ""


def examine() -> Iterator[Finding]:
    """All checks, one after the other; what cannot be asked is a finding too."""
    yield from own_addresses()
    yield from this_host()
    yield from copies()
    yield from people()
    try:
        yield from account()
        yield from numbers()
        yield from voices()
    except FAILURES as failure:
        reason = getattr(failure, "code", None) or type(failure).__name__
        yield _wrong(
            f"The provider could not be asked ({reason}).",
            "Look at TWILIO_ACCOUNT_SID, the first TWILIO_AUTH_TOKEN, and whether this host reaches the provider.",
        )


def _ok(what: str) -> Finding:
    return Finding(Verdict.OK, what)


def _note(what: str, remedy: str = "") -> Finding:
    return Finding(Verdict.NOTE, what, remedy)


def _wrong(what: str, remedy: str) -> Finding:
    return Finding(Verdict.WRONG, what, remedy)


# --- what the provider has configured -----------------------------------------------------------------------


def account() -> Iterator[Finding]:
    there = gateway.client().api.v2010.accounts(settings.TWILIO_ACCOUNT_SID).fetch()
    status = there.status
    if status == "active":
        yield _ok("The account is active and takes our token.")
        if there.type == "Trial":
            yield _wrong(
                "The account is on trial: it texts and calls only numbers that were verified there.",
                "Upgrade it before anybody relies on this line.",
            )
    else:
        yield _wrong(
            f"The account is {status}: it neither receives nor sends.", "Ask the provider to reopen it."
        )


@dataclass(frozen=True, slots=True)
class Asked:
    """Whom the provider asks when a text comes in, as a number or a service has it configured."""

    url: str | None
    method: str | None
    fallback_url: str | None
    fallback_method: str | None

    def faults(self) -> Iterator[str]:
        """What differs from ours, each with what it should be; an address counts with its overrides."""
        ours = Asked(addresses.inbound(), addresses.METHOD, addresses.fallback(), addresses.METHOD)
        for name, theirs, wanted in (
            ("the address for incoming texts", self.url, ours.url),
            ("its method", self.method, ours.method),
            ("the address for when that fails", self.fallback_url, ours.fallback_url),
            ("the method of that", self.fallback_method, ours.fallback_method),
        ):
            if theirs != wanted:
                yield f"{name} is {theirs or 'empty'}, and should be {wanted}"


def numbers() -> Iterator[Finding]:
    """Every number of every line is there, and texts to it come to us; and what is there besides."""
    theirs, services = _numbers_there(), _services_by_number()
    for number in Number.objects.order_by("number").values_list("number", flat=True):
        if number not in theirs:
            yield _wrong(
                f"{number} is no number of this account.",
                "Buy or move it there, or take it from its line: nobody can text it.",
            )
        elif service := services.get(number):
            yield _service(number, service, theirs[number])
        else:
            yield _number(number, theirs[number])
    ours = set(Number.objects.values_list("number", flat=True))
    for number in sorted(theirs.keys() - ours):
        yield _note(
            f"{number} is a number of the account, and no line has it.",
            "If people may text it, add it to a line; until then its texts are kept unread, if they come here at all.",
        )


def _numbers_there() -> dict[str, Any]:
    client = gateway.client()
    found = {one.phone_number: one for one in client.incoming_phone_numbers.list(page_size=1000)}
    return found | {one.short_code: one for one in client.short_codes.list(page_size=1000)}


def _services_by_number() -> dict[str, Any]:
    """The Messaging Service of each number that is in one: it decides whom to ask, or leaves that to the number."""
    found = {}
    for service in gateway.client().messaging.v1.services.list(page_size=1000):
        found.update({one.phone_number: service for one in service.phone_numbers.list(page_size=1000)})
        found.update({one.short_code: service for one in service.short_codes.list(page_size=1000)})
    return found


def _number(number: str, there: Any) -> Finding:
    if getattr(there, "sms_application_sid", None):
        return _wrong(
            f"{number} is bound to a TwiML application, which is asked instead of us.",
            "Take the application from the number's messaging configuration.",
        )
    asked = Asked(there.sms_url, there.sms_method, there.sms_fallback_url, there.sms_fallback_method)
    return _judged(number, asked, "Set it in the number's messaging configuration.")


def _service(number: str, service: Any, there: Any) -> Finding:
    name = f"{number}, in the service {service.friendly_name or service.sid}"
    if service.use_inbound_webhook_on_number:
        return _number(number, there)
    if not service.inbound_request_url:
        return _wrong(
            f"{name}: the service asks nobody. Incoming texts are dropped and not even logged.",
            "Set the service's integration to send a webhook, or to defer to the sender's webhook.",
        )
    asked = Asked(
        service.inbound_request_url, service.inbound_method, service.fallback_url, service.fallback_method
    )
    return _judged(name, asked, "Set it in the service's integration.")


def _judged(name: str, asked: Asked, remedy: str) -> Finding:
    faults = list(asked.faults())
    if faults:
        return _wrong(f"{name}: {'; '.join(faults)}.", remedy)
    return _ok(f"{name}: texts come to us, and to the fallback if that fails.")


# --- who is paged by text and call ----------------------------------------------------------------------------


def people() -> Iterator[Finding]:
    """Whoever a line's ladder texts or calls can be reached so; of each, somebody must."""
    for line in Line.objects.order_by("name"):
        rungs = {rung.whom for rung in climbing.rungs_of(line) if rung.channel in PHONE}
        if not rungs:
            continue
        called = Staff.objects.filter(id__in={one for whom in rungs for one in _called(whom, line)})
        faults = {one: _unreachable(line, one) for one in called.order_by("username")}
        on_call = _called(Whom.ON_CALL, line)
        for one, fault in faults.items():
            if fault:
                verdict = Verdict.WRONG if one.id in on_call else Verdict.NOTE
                yield Finding(verdict, f"{line.name}: {one.username} {fault}.", _REACHABLE)
        if all(faults.values()):
            yield _wrong(
                f"{line.name}: nobody can be texted or called about a flag that nobody answers on a screen.",
                "Fill its on-call list on /manage/, with people who have given a phone.",
            )
        elif not any(faults.values()):
            yield _ok(f"{line.name}: whoever is texted or called about a flag can be.")


PHONE = (Channel.TEXT, Channel.VOICE)

_REACHABLE = (
    "Have them give a phone, or text START to the line from it: they hear of no flag that nobody answers."
)


def _called(whom: str, line: Line) -> set[UUID]:
    return set(climbing.people(whom, line.id, timezone.now()).values_list("staff", flat=True))


def _unreachable(line: Line, staff: Staff) -> str:
    number = reach_of(staff.id).phone
    if not number:
        return "has given no phone"
    return "has told the line to stop" if summons.has_stopped(line, number) else ""


def voices() -> Iterator[Finding]:
    """A line whose ladder calls has a number that can."""
    there = _numbers_there()
    for line in Line.objects.order_by("name"):
        if not any(rung.channel == Channel.VOICE for rung in climbing.rungs_of(line)):
            continue
        able = [one for one in summons.numbers(line, Channel.VOICE) if _may_call(there.get(one))]
        if able:
            yield _ok(f"{line.name}: calls about flags come from {able[0]}.")
        else:
            yield _wrong(
                f"{line.name}: its ladder calls people, and none of its numbers can call.",
                "Buy a number with voice and add it to the line (a short code cannot call), or take the calls from the "
                "ladder.",
            )


def _may_call(there: Any) -> bool:
    return bool(there and (there.capabilities or {}).get("voice"))


# --- what we have ourselves ---------------------------------------------------------------------------------

ADDRESSES = {"inbound": 400, "fallback": 400, "status": 204, "page": 200, "page/status": 204}
"""What our webhooks answer to a request of the provider's that says nothing, and stores nothing then."""


def own_addresses() -> Iterator[Finding]:
    """Our public addresses reach us, believe what is signed as the provider signs, and nothing else."""
    for webhook, expected in ADDRESSES.items():
        base = addresses.fallback_base() if webhook == "fallback" else settings.PUBLIC_URL
        path = f"/sms/{webhook}/"
        url = base + path
        good, bad = _posted(base, path, settings.TWILIO_ACCOUNT_SID), _posted(base, path, "")
        if (good, bad) == (expected, 403):
            yield _ok(f"{url} answers, and knows the provider's signature.")
        elif good is None:
            yield _wrong(
                f"{url} does not answer.",
                "Look at CHATLINE_PUBLIC_URL, CHATLINE_FALLBACK_URL, the proxy, and whether `chatline serve` runs.",
            )
        elif good == 403:
            yield _wrong(
                f"{url} refuses the provider's signature, so every text is lost.",
                "It is signed over the address: the proxy must hand on path and query as they are, and every process "
                "needs the same CHATLINE_PUBLIC_URL and TWILIO_AUTH_TOKEN.",
            )
        else:
            yield _wrong(
                f"{url} answers {good} where this line would answer {expected}, and {bad} to another account's.",
                "Something else answers at this address: look at the proxy and at ALLOWED_HOSTS.",
            )


def _posted(base: str, path: str, account: str) -> int | None:
    """What our webhook answers to this account; it is signed as ours would be."""
    fields = {"AccountSid": account}
    headers = {signature.HEADER: signature.sign(base + path, fields, settings.TWILIO_AUTH_TOKENS[0])}
    try:
        answer = gateway.Http(base).request("POST", path, data=fields, headers=headers)
    except requests.RequestException:
        return None
    return int(answer.status_code)


def this_host() -> Iterator[Finding]:
    """The spool of the host that this runs on: each host that serves must be asked on its own."""
    try:
        folder = spool.folder("tmp")
        usable = os.access(folder, os.W_OK)
    except OSError:
        usable = False
    if not usable:
        yield _wrong(
            f"{settings.SPOOL} cannot be written, so texts are lost while the database is away.",
            "Give CHATLINE_DATA to the user that runs `chatline serve`, on a disk with room.",
        )
    if bad := len(spool.bad()):
        yield _wrong(
            f"{bad} texts in {settings.SPOOL}/bad could not be received.",
            "Mostly a root key is missing from CHATLINE_VAULT_KEYS: put it back, then move them to ../new/.",
        )
    if waiting := len(spool.waiting()):
        yield _note(
            f"{waiting} texts wait on this host's disk for the database.", "They are received by themselves."
        )
    elif usable and not bad:
        yield _ok("This host's disk is ready for texts that come while the database is away.")


def copies() -> Iterator[Finding]:
    """What we are done with and the provider still has."""
    oldest = Copy.objects.order_by("since").first()
    if oldest is None:
        yield _ok("The provider keeps no copy of anything that is done with here.")
    else:
        days = (timezone.now() - oldest.since).days
        yield _note(
            f"{Copy.objects.count()} texts or pictures are still kept at the provider, the oldest for {days} days.",
            "They are deleted by the worker; should this number only grow, look at its log.",
        )
