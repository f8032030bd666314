"""What happens to a text once it is on the network: its steps, its reports, its webhooks, and the answers to them.

Everything here changes a `State` that somebody holds; nothing posts, waits or asks the time.
"""

from collections.abc import Callable
from dataclasses import dataclass

from chatline.demo import hooks, optout, twiml
from chatline.demo.faults import LATE, Arrival, Report
from chatline.demo.records import Bubble, Call, Handset, Hook, Job, Post, Sender, Sms, State, Step

SENT_AFTER, DELIVERED_AFTER = 0.3, 0.9
"""Seconds from the provider's yes to `sent`, and to the handset."""

LEASE = 20.0
"""Seconds after which a post that nobody finished is due again: its process died."""

UNREACHABLE = {"off": 30003, "blocked": 30004, "unknown": 30005, "landline": 30006, "filtered": 30007}
"""Why a handset gets nothing, by its condition: https://www.twilio.com/docs/api/errors"""

FINAL = {"delivered", "undelivered", "failed", "canceled", "received"}
MOST_CALLS = 1_000


@dataclass(frozen=True, slots=True)
class Moment:
    """The network at one moment, in the hands of whoever changes it."""

    state: State
    now: float
    account: str
    line: str
    base: str
    long_after: float
    new_id: Callable[[str], str]

    def plan(self, due: float, *, step: Step | None = None, hook: Hook | None = None) -> None:
        self.state.plan(Job(self.new_id("J"), due, step, hook))


# --- from the line to a handset ---------------------------------------------------------------------------


def send(moment: Moment, sms: Sms) -> None:
    """A message was created: it will leave, and arrive or not."""
    moment.state.texts[sms.sid] = sms
    early = Report.EARLY in sms.turn.reports
    if sms.turn.ending != "failed":
        moment.plan(moment.now + (0.0 if early else SENT_AFTER), step=Step(sms.sid, "sent"))
    moment.plan(moment.now + DELIVERED_AFTER, step=Step(sms.sid, "end"))


def happen(moment: Moment, step: Step) -> None:
    """A text takes its next status, and the line will be told."""
    sms = moment.state.texts.get(step.sid)
    if sms is None or sms.status in FINAL:
        return
    sms.status = step.status if step.status == "sent" else _end(moment.state.handset(sms.to), sms)
    sms.updated = moment.now
    sms.sent = sms.sent or (moment.now if sms.status != "failed" else None)
    if sms.status == "delivered":
        moment.state.count("delivered")
        _show(moment, sms.to, sms)
    if sms.callback and Report.MISSING not in sms.turn.reports:
        _report(moment, sms)


def _end(handset: Handset, sms: Sms) -> str:
    if sms.turn.ending:
        sms.error = sms.turn.code
        return sms.turn.ending
    sms.error = UNREACHABLE.get(handset.condition)
    return "undelivered" if sms.error else "delivered"


def _report(moment: Moment, sms: Sms) -> None:
    due, reports = moment.now, sms.turn.reports
    if Report.LATE in reports:
        due += LATE
    if Report.REORDERED in reports and sms.status == "sent":
        due += 2 * DELIVERED_AFTER
    fields = hooks.status_fields(moment.account, sms, sms.status, moment.now)
    token = moment.new_id("")
    for pause in (0.0, 1.0) if Report.TWICE in reports else (0.0,):
        moment.plan(due + pause, hook=Hook(sms.sid, sms.callback, fields, token))


def _show(moment: Moment, number: str, sms: Sms, *, mine: bool = False) -> None:
    other = sms.to if mine else sms.sender
    bubble = Bubble(sms.sid, sms.words, mine, moment.now, other, sms.oid, len(sms.media))
    moment.state.handset(number).bubbles.append(bubble)


# --- from a handset to the line ---------------------------------------------------------------------------


def arrive(moment: Moment, sms: Sms, sender: Sender) -> None:
    """A handset's text is at the provider, which answers some by itself and posts all of them to the line."""
    state = moment.state
    state.texts[sms.sid] = sms
    _show(moment, sms.sender, sms, mine=True)
    if not sender.is_short:
        own = optout.answer(sms.words, sender.number, state.handset(sms.sender).stopped)
        if own is not None:
            reply(moment, sms, own)
    if sender.sms_url is None:
        sms.taken = False
        return
    arrival = state.script.next_arrival()
    fields = hooks.inbound_fields(moment.account, moment.base, sms)

    def post(due: float, together: str = "", unheard: bool = False) -> None:
        hook = Hook(sms.sid, sender.sms_url or "", fields, moment.new_id(""), sender.sms_fallback_url or "")
        hook.together, hook.unheard = together, unheard
        moment.plan(due, hook=hook)

    if arrival is Arrival.AT_ONCE:
        post(moment.now, together=sms.sid)
        post(moment.now, together=sms.sid)
        return
    post(moment.now, unheard=arrival is Arrival.UNHEARD)
    if arrival is Arrival.AGAIN:
        post(moment.now + moment.long_after)


def reply(moment: Moment, to: Sms, words: str) -> None:
    """The provider texts back by itself, or because an answer of the line's made it."""
    sid = moment.new_id("SM")
    send(
        moment,
        Sms(sid, to.to, to.sender, words, False, "queued", moment.now, "outbound-reply", moment.now),
    )


# --- webhooks ---------------------------------------------------------------------------------------------


def post(moment: Moment, job: Job, hook: Hook) -> Post | None:
    """The request to make now, or None where the address is not the line's: nothing leaves this computer."""
    hook.began = hook.began or moment.now
    job.due = moment.now + LEASE
    moment.state.plan(job)
    if not hook.url.startswith(f"{moment.line}/"):
        heard(moment, job, hook, 0, "ct")
        return None
    return hooks.post(job.id, hook)


def heard(
    moment: Moment, job: Job, hook: Hook, status: int, how: str = "rt", kind: str = "", body: str = ""
) -> None:
    """The line answered a webhook, or did not: that ends it, or it is tried again here or at the fallback."""
    _log(moment, hook, status)
    sms = moment.state.texts.get(hook.sid)
    failed, code = ("rt" if hook.unheard else hooks.failure(status, how)), 0
    hook.unheard = False
    if not failed and sms is not None and sms.inbound:
        try:
            for words in twiml.replies(kind, body):
                reply(moment, sms, words)
        except twiml.BadAnswer as bad:
            failed, code = "bad", bad.code
    pause = hooks.again_in(hook, failed, moment.now) if failed else None
    if pause is not None:
        hook.attempt += 1
        job.due = moment.now + pause
        moment.state.plan(job)
        return
    del moment.state.jobs[job.id]
    fallback = hooks.to_fallback(hook, failed, moment.now, code) if failed else None
    if fallback is not None:
        moment.plan(moment.now, hook=fallback)
    elif sms is not None and sms.inbound:
        if not failed and not sms.taken:
            moment.state.count("heard")
        sms.taken = sms.taken or not failed


def _log(moment: Moment, hook: Hook, status: int) -> None:
    what = hook.url.removeprefix(moment.line).partition("?")[0].partition("#")[0]
    moment.state.calls.append(Call(moment.now, f"POST {what}", hook.sid, status))
    del moment.state.calls[:-MOST_CALLS]
