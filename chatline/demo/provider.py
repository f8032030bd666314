"""What the provider does for a request to its REST interface, on a `State` that somebody holds. No HTTP.

Rules and codes: https://www.twilio.com/docs/messaging/api/message-resource and https://www.twilio.com/docs/api/errors
"""

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

from chatline.demo import lifecycle
from chatline.demo.faults import Turn
from chatline.demo.lifecycle import FINAL, Moment
from chatline.demo.records import Sms, State

MOST_TEXT = 1_600
DAY = 24 * 3600.0
SETTLED = 60.0
"""Seconds after which a message that was sent may be deleted although no carrier reported on it."""

REFUSED_TO = {
    "+15005550001": 21211,
    "+15005550002": 21612,
    "+15005550003": 21408,
    "+15005550004": 21610,
    "+15005550009": 21614,
}
REFUSED_FROM = {"+15005550001": 21212, "+15005550007": 21606, "+15005550008": 21611}
FREE_FROM = "+15005550006"
"""The provider's own magic numbers: https://www.twilio.com/docs/iam/test-credentials"""

SAID = {
    20009: "Cannot delete message because delivery of message is not complete",
    20404: "The requested resource was not found",
    21211: "Invalid 'To' Phone Number",
    21212: "Invalid From Number (caller ID)",
    21408: "Permission to send an SMS has not been enabled for the region indicated by the 'To' number",
    21602: "Message body is required.",
    21603: "A 'From' phone number is required.",
    21604: "A 'To' phone number is required.",
    21606: "The 'From' phone number is not a valid, message-capable Twilio phone number",
    21609: "Invalid 'StatusCallback' URL",
    21610: "Attempt to send to unsubscribed recipient",
    21611: "This 'From' number has exceeded the maximum number of queued messages",
    21612: "Message cannot be sent with the current combination of 'To' and/or 'From' parameters",
    21614: "'To' number is not a valid mobile number",
    21617: "The concatenated message body exceeds the 1600 character limit.",
    21624: "Invalid validity period",
    30400: "Only an empty 'Body' may be given, or 'Status'",
    30409: "Message is not in a cancelable state",
}


class Refusal(Exception):
    """The provider's answer to a request that it will not do."""

    def __init__(self, code: int, status: int = 400, message: str = "") -> None:
        self.code, self.status, self.message = code, status, message or SAID[code]
        super().__init__(self.message)


def create(moment: Moment, form: Mapping[str, str], turn: Turn) -> Sms:
    """Takes a text for a handset. Raises Refusal."""
    _check(moment, form)
    callback = form.get("StatusCallback", "")
    oid = parse_qs(urlsplit(callback).query).get("oid", [""])[0]
    sms = Sms(
        moment.new_id("SM"),
        form["From"],
        form["To"],
        form["Body"],
        inbound=False,
        status="queued",
        at=moment.now,
        updated=moment.now,
        callback=callback,
        oid=oid,
        redacted=form.get("ContentRetention") == "discard",
        turn=turn,
    )
    lifecycle.send(moment, sms)
    moment.state.count("accepted")
    return sms


def _check(moment: Moment, form: Mapping[str, str]) -> None:
    to, sender, words = (form.get(name, "") for name in ("To", "From", "Body"))
    for given, missing in ((to, 21604), (sender, 21603), (words, 21602)):
        if not given:
            raise Refusal(missing)
    if len(words) > MOST_TEXT:
        raise Refusal(21617)
    if code := REFUSED_FROM.get(sender) or REFUSED_TO.get(to):
        raise Refusal(code)
    if not re.fullmatch(r"\+[1-9]\d{7,14}", to):
        raise Refusal(21211)
    if sender != FREE_FROM and sender not in moment.state.senders:
        raise Refusal(21606)
    if sender in moment.state.handset(to).stopped:
        raise Refusal(21610)
    validity = form.get("ValidityPeriod", "36000")
    if not (validity.isdecimal() and 1 <= int(validity) <= 36_000):
        raise Refusal(21624)
    # Nothing leaves this computer: the line's own address is the only one that is ever called.
    callback = form.get("StatusCallback", "")
    if callback and not callback.startswith(f"{moment.line}/"):
        raise Refusal(21609)


def found(state: State, sid: str) -> Sms:
    """Raises Refusal 20404 for an id that was never given, or is deleted."""
    if sid not in state.texts:
        raise Refusal(20404, 404)
    return state.texts[sid]


def listed(moment: Moment, query: Mapping[str, str]) -> list[Sms]:
    """The messages that match, newest first, without those that a list does not show yet.

    A message that was not sent yet has no date, so that no date finds it. Raises ValueError for a date that is none.
    """
    to, sender = query.get("To"), query.get("From")
    spans = [
        _span(sign, date) for sign in ("", "<", ">") if (date := query.get(f"DateSent{sign}")) is not None
    ]
    return [
        sms
        for sms in reversed(moment.state.texts.values())
        if (to is None or sms.to == to)
        and (sender is None or sms.sender == sender)
        and moment.now >= sms.at + sms.turn.lag
        and all(sms.sent is not None and first <= sms.sent < end for first, end in spans)
    ]


def _span(sign: str, date: str) -> tuple[float, float]:
    """From when until when: on this day, or until or from it. A time stands for its day, as is documented."""
    given = datetime.fromisoformat(date)
    first = given.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=UTC).timestamp()
    return (0.0 if sign == "<" else first), (math.inf if sign == ">" else first + DAY)


def update(moment: Moment, sid: str, form: Mapping[str, str]) -> Sms:
    """Redacts (an empty Body) or cancels (Status). Raises Refusal."""
    sms = found(moment.state, sid)
    if form.get("Body") or ("Body" in form) == (form.get("Status") == "canceled"):
        raise Refusal(30400)
    if "Body" in form:
        sms.redacted = True
    elif sms.inbound or sms.status != "queued":
        raise Refusal(30409, 409)
    else:
        sms.status = "canceled"
    sms.updated = moment.now
    return sms


def delete(moment: Moment, sid: str) -> None:
    """Raises Refusal 20009 while the message is on its way. What came with it stays until it is deleted itself."""
    sms = found(moment.state, sid)
    unreported = sms.status == "sent" and moment.now > sms.updated + SETTLED
    if sms.status not in FINAL and not unreported:
        # The status of this refusal is nowhere documented; another stand-in (somleng) answers 422 too.
        raise Refusal(20009, 422)
    del moment.state.texts[sid]
