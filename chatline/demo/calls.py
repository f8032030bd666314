"""A call of the line's to a handset: it rings, is answered or not, says what the line wants said, and passes on a key.

Like `lifecycle.py` it changes a `State` that somebody holds. Nothing is heard: what is said is written on the handset.
Rules: https://www.twilio.com/docs/voice/api/call-resource and https://www.twilio.com/docs/voice/twiml
"""

import re
from collections.abc import Mapping
from urllib.parse import parse_qs, urlsplit

from chatline.demo import hooks, twiml
from chatline.demo.lifecycle import Moment
from chatline.demo.provider import Refusal
from chatline.demo.records import SHORT_CODE, Hook, Job, PhoneCall, Step

RINGS_AFTER = 0.3
"""Seconds from the provider's yes to the first ring."""

LETTERS_A_SECOND = 15.0
"""How fast it speaks."""

ENDED = {"completed", "busy", "no-answer", "failed", "canceled"}

REFUSED_TO = {"+15005550001": 21217, "+15005550002": 21214, "+15005550003": 21215, "+15005550004": 21216}
"""The provider's own magic numbers for calls: https://www.twilio.com/docs/iam/test-credentials"""


# --- from the line ------------------------------------------------------------------------------------------


def create(moment: Moment, form: Mapping[str, str]) -> PhoneCall:
    """Takes a call to a handset. Raises Refusal."""
    _check(moment, form)
    try:
        verbs = twiml.verbs("text/xml", form.get("Twiml", ""))
    except twiml.BadAnswer as bad:
        raise Refusal(bad.code, message="The TwiML cannot be read") from None
    callback = form.get("StatusCallback", "")
    oid = parse_qs(urlsplit(callback).query).get("oid", [""])[0]
    call = PhoneCall(
        moment.new_id("CA"), form["From"], form["To"], "queued", moment.now, moment.now, callback, oid, verbs
    )
    moment.state.phone_calls[call.sid] = call
    moment.plan(moment.now + RINGS_AFTER, step=Step(call.sid, "ringing"))
    timeout = form.get("Timeout", "")
    rings = float(timeout) if timeout.isdecimal() else 60.0
    moment.plan(moment.now + RINGS_AFTER + rings, step=Step(call.sid, "no-answer"))
    return call


def _check(moment: Moment, form: Mapping[str, str]) -> None:
    to, sender = form.get("To", ""), form.get("From", "")
    if not to:
        raise Refusal(21201, message="No 'To' number is specified")
    if not sender:
        raise Refusal(21213, message="No 'From' number is specified")
    if code := REFUSED_TO.get(to):
        raise Refusal(code, message="This number cannot be called")
    if not re.fullmatch(r"\+[1-9]\d{7,14}", to):
        raise Refusal(21217, message="This is no phone number")
    if SHORT_CODE.fullmatch(sender) or sender not in moment.state.senders:
        raise Refusal(21210, message="This number may not call")
    callback = form.get("StatusCallback", "")
    if callback and not callback.startswith(f"{moment.line}/"):
        raise Refusal(21609)


def found(moment: Moment, sid: str) -> PhoneCall:
    """Raises Refusal 20404 for an id that was never given, or is deleted."""
    if sid not in moment.state.phone_calls:
        raise Refusal(20404, 404)
    return moment.state.phone_calls[sid]


def delete(moment: Moment, sid: str) -> None:
    """Raises Refusal while it goes on."""
    if found(moment, sid).status not in ENDED:
        raise Refusal(20009, 422, "Cannot delete a call that has not ended")
    del moment.state.phone_calls[sid]


# --- time passes --------------------------------------------------------------------------------------------


def happen(moment: Moment, step: Step) -> None:
    """It begins to ring, has rung long enough, has spoken, or waited long enough for a key."""
    call = moment.state.phone_calls.get(step.sid)
    if call is None:
        return
    if step.status == "ringing" and call.status == "queued":
        _ring(moment, call)
    elif step.status == "no-answer" and call.status == "ringing":
        _end(moment, call, "no-answer")
    elif step.status == f"silence {call.asked}" and call.status == "in-progress":
        _go_on(moment, call)


def _ring(moment: Moment, call: PhoneCall) -> None:
    condition = moment.state.handset(call.to).condition
    if condition == "on":
        call.status, call.updated = "ringing", moment.now
    else:
        _end(moment, call, "no-answer" if condition == "off" else "failed")


def _go_on(moment: Moment, call: PhoneCall) -> None:
    """Says what is to be said next, and waits for a key if it asks for one; ends when nothing is left."""
    if not call.verbs:
        _end(moment, call, "completed")
        return
    verb = call.verbs.pop(0)
    call.said.append(verb.words)
    call.action, call.asked, call.updated = verb.action, call.asked + 1, moment.now
    lasts = len(verb.words) / LETTERS_A_SECOND + verb.waits
    moment.plan(moment.now + lasts, step=Step(call.sid, f"silence {call.asked}"))


def _end(moment: Moment, call: PhoneCall, status: str) -> None:
    call.status, call.action, call.updated = status, "", moment.now
    if call.callback:
        _post(moment, call, call.callback)


def _post(moment: Moment, call: PhoneCall, url: str, **more: str) -> None:
    fields = hooks.call_fields(moment.account, call) | more
    hook = Hook(call.sid, url, fields, moment.new_id(""))
    moment.state.plan(Job(moment.new_id("J"), moment.now, hook=hook))


# --- whoever holds the handset ------------------------------------------------------------------------------


def on(moment: Moment, number: str) -> PhoneCall | None:
    """The call that rings or goes on at this handset, the oldest if there are several."""
    theirs = (one for one in moment.state.phone_calls.values() if one.to == number)
    return next((one for one in theirs if one.status in {"ringing", "in-progress"}), None)


def answer(moment: Moment, number: str) -> None:
    """Raises ValueError unless it rings; so do the others where nothing goes on."""
    call = _with(moment, number, "ringing")
    call.status = "in-progress"
    _go_on(moment, call)


def hang_up(moment: Moment, number: str) -> None:
    """Ends it; one that rings is turned away."""
    call = on(moment, number)
    if call is None:
        raise ValueError("nobody calls")
    _end(moment, call, "busy" if call.status == "ringing" else "completed")


def press(moment: Moment, number: str, key: str) -> None:
    call = _with(moment, number, "in-progress")
    if not re.fullmatch(r"[0-9*#]", key) or not call.action:
        raise ValueError("no key is waited for")
    # What it waited for has come, and the line will say what is next.
    action, call.action, call.asked = call.action, "", call.asked + 1
    _post(moment, call, action, Digits=key)


def _with(moment: Moment, number: str, status: str) -> PhoneCall:
    call = on(moment, number)
    if call is None or call.status != status:
        raise ValueError(f"no call is {status}")
    return call


def told(moment: Moment, hook: Hook, kind: str, body: str) -> None:
    """The line said what to do about a key."""
    call = moment.state.phone_calls.get(hook.sid)
    if call is None or call.status != "in-progress" or "Digits" not in hook.fields:
        return
    try:
        call.verbs = twiml.verbs(kind, body)
    except twiml.BadAnswer:
        call.verbs = []
    _go_on(moment, call)
