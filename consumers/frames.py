"""From rows to frames: what of a row each reader may see. Pure."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

from chatline.conversations.guide import GuideRow, NoteRow
from chatline.conversations.leaving import ended_by, is_erasure_due, is_over
from chatline.conversations.models import Conversation, Offer
from chatline.conversations.presence import is_away
from chatline.conversations.reads import SaidRow
from chatline.conversations.states import Kind, Medium, State
from consumers import wire
from routing.barring import Barred
from routing.board import Unanswered, Waiter, unanswered_since
from routing.inbox import Asked, Flagged, ToSign
from routing.models import PageState
from routing.pages import Dead
from routing.presence import DeskNow, OnShift, is_gone
from routing.reception import Outlook

_CALLS: dict[str, Literal["calling", "called", "arrived", "failed", "unsure"]] = {
    PageState.DUE: "calling",
    PageState.SENDING: "calling",
    PageState.SENT: "called",
    PageState.DELIVERED: "arrived",
    PageState.FAILED: "failed",
    PageState.DEAD: "failed",
    PageState.UNKNOWN: "unsure",
}

_WORDS: tuple[wire.Level, ...] = ("none", "concern", "high", "imminent")
"""By `routing.risk.Level`."""


def level_word(level: int) -> wire.Level:
    return _WORDS[level]


def message_for_visitor(row: SaidRow) -> wire.Message:
    return _message(row, is_own=row.sender_kind == "visitor")


def message_for_desk(row: SaidRow, reader: UUID | None) -> wire.Message:
    """The key goes to whoever gave it: a visitor's is a provider id or belongs to their tab, a colleague's to them."""
    message = _message(row, is_own=row.sender == reader and row.sender_kind != "visitor")
    message.delivery = row.delivery or None
    message.level = level_word(row.level)
    message.fault = row.fault or None
    message.resend = row.resend
    message.media = [wire.Media(one.id, one.kind, one.state) for one in row.media]
    return message


def _message(row: SaidRow, *, is_own: bool) -> wire.Message:
    return wire.Message(
        conversation=row.conversation,
        seq=row.seq,
        version=row.version,
        sender=row.sender_kind,
        name=row.name,
        text=row.text,
        at=row.at,
        key=row.key if is_own else None,
        purpose=row.purpose,
    )


def visitor_state(row: Conversation, outlook: Outlook) -> wire.VisitorState:
    over = is_over(row)
    active, waiting = row.state == State.ACTIVE and not over, row.state == State.WAITING and not over
    return wire.VisitorState(
        conversation=row.id,
        state=State.CLOSED if over else row.state,
        version=row.version,
        last_seq=row.last_seq,
        wait=outlook.wait if waiting else None,
        name=row.volunteer.name if active and row.volunteer else "",
        closing_at=row.closing_at if active else None,
        since=row.waiting_since if waiting else None,
        service=outlook.service.kind if waiting else "open",
        opens_at=outlook.service.opens_at if waiting else None,
        paused_words=outlook.service.words if waiting else "",
        ended=ended_by(row) if over else "",
        erasure="asked" if is_erasure_due(row) else "done" if row.erased_at else "",
        erased_at=row.erased_at,
        blocked=row.blocked,
        another=waiting and row.avoids_id is not None,
        feeling_before=row.feeling_before,
        feeling_after=row.feeling_after,
    )


def is_reachable(row: Conversation) -> bool:
    return not (row.medium == Medium.SMS and row.visitor.stopped_at)


def noted(conversation: UUID, row: NoteRow) -> wire.Noted:
    return wire.Noted(
        conversation=conversation,
        id=row.id,
        version=row.version,
        kind=row.kind,  # type: ignore[arg-type]  # the column's choices are the literal's
        name=row.name,
        text=row.text,
        at=row.at,
    )


def guide(row: Conversation, about: GuideRow) -> wire.Guide:
    last = about.last_time
    return wire.Guide(
        conversation=row.id,
        version=row.version,
        answers=[
            wire.Answered(one.question, one.reply, one.name, one.at)  # type: ignore[arg-type]  # the same
            for one in about.answers
        ],
        plan=wire.PlanParts(**about.plan) if about.plan is not None else None,
        plan_sent=about.plan_sent,
        last_time=wire.LastTime(last.text, last.name, last.at) if last else None,
    )


def _part(row: Conversation, reader: UUID | None) -> Literal["holds", "watches", "joined"]:
    if row.state == State.ACTIVE and row.volunteer_id == reader:
        return "holds"
    mine = next((one for one in row.watchers if one["staff"] == str(reader)), None)
    return "joined" if mine and mine["joined"] else "watches"


def desk_state(row: Conversation, reader: UUID | None, now: datetime) -> wire.DeskState:
    return wire.DeskState(
        conversation=row.id,
        state=row.state,
        version=row.version,
        handle=row.visitor.handle,
        medium=row.medium,  # type: ignore[arg-type]  # the column's choices are the literal's
        line=row.line.name,
        language=row.language,
        level=level_word(row.level),
        open_flags=row.open_flags,
        waiting_since=row.waiting_since,
        returning=row.previous_id is not None,
        drill=row.kind != Kind.REAL,
        unscreened=row.unscreened,
        left=row.visitor_left_at is not None,
        left_fast=row.left_fast,
        away=row.visitor_left_at is None and is_away(row, now),
        feeling=row.feeling_before,
        reachable=is_reachable(row),
        erase_asked=is_erasure_due(row),
        closing_at=row.closing_at,
        last_seq=row.last_seq,
        line_slug=row.line.slug,
        part=_part(row, reader),
        holder=row.volunteer.name if row.state == State.ACTIVE and row.volunteer else "",
        watched_by=[one["name"] for one in row.watchers if not one["joined"]],
        joined=[one["name"] for one in row.watchers if one["joined"]],
        offered_to=row.offered_to,
        offered_until=row.offered_until,
        help=row.help,  # type: ignore[arg-type]  # the same
        help_by=row.help_by,
        reserved=row.reserved,
        risk_asked=row.risk_asked,  # type: ignore[arg-type]  # the same
        asks_risk=row.line.asks_risk,
        taken_at=row.taken_at,
        given_by=row.given_by,
        talk_minutes=row.line.talk_minutes,
    )


def queue(waiters: Sequence[Waiter], unanswered: Unanswered, shown: int, now: datetime) -> wire.Queue:
    oldest: dict[str, datetime] = {}
    for waiter in waiters:
        word = level_word(waiter.level)
        oldest[word] = min(oldest.get(word, waiter.since), waiter.since)
    return wire.Queue(
        waiting=[
            wire.Waiting(
                conversation=one.conversation,
                handle=one.handle,
                medium=one.medium,
                line=one.line,
                level=level_word(one.level),
                since=one.since,
                returning=one.returning,
                drill=one.drill,
                flagged=one.flagged,
                away=one.away,
                reserved=one.reserved,
                choose=one.choose,
            )
            for one in waiters[:shown]
        ],
        counts=dict(Counter(level_word(one.level) for one in waiters)),
        oldest=oldest,
        unanswered=unanswered.count,
        unanswered_since=unanswered.since,
        unanswered_practice=unanswered.practice,
        now=now,
    )


def flag(flagged: Flagged) -> wire.Flag:
    row, about = flagged.flag, flagged.flag.conversation
    return wire.Flag(
        id=row.id,
        conversation=about.id,
        handle=about.visitor.handle,
        medium=about.medium,
        line=about.line.name,
        level=level_word(row.level),
        reasons=[wire.FlagReason(label=one.label, quote=one.quote) for one in flagged.quotes],
        state=row.state,
        raised_at=row.raised_at,
        held_by=about.volunteer.name if about.volunteer and about.state == State.ACTIVE else "",
        reachable=is_reachable(about),
        drill=about.kind != Kind.REAL,
        acknowledged_by=row.acknowledged_by.name if row.acknowledged_by else "",
        outcome=row.outcome,
        note=flagged.note,
        context=[wire.Line(sender=one.sender_kind, text=one.text) for one in flagged.context],
        step=row.step,
        steps=flagged.steps,
        unanswered=row.unanswered_at is not None,
        calls=[
            wire.Call(name=one.name, channel=one.channel, state=_CALLS[one.state], step=one.step)
            for one in flagged.calls
        ],
    )


def dead(one: Dead) -> wire.Dead:
    page = one.page
    return wire.Dead(
        page=page.oid,
        name=page.hook.name if page.hook else page.target,
        line=one.line.name,
        level=level_word(page.level),
        alarm=page.alarm.code if page.alarm else "",
        made_at=page.made_at,
        error=page.error,
    )


def help_asked(asked: Asked) -> wire.HelpAsked:
    row, about = asked.help, asked.help.conversation
    return wire.HelpAsked(
        id=row.id,
        conversation=about.id,
        handle=about.visitor.handle,
        line=about.line.name,
        level=level_word(about.level),
        kind=row.kind,  # type: ignore[arg-type]  # the column's choices are the literal's
        note=asked.note,
        asked_by=row.asked_by.name,
        asked_at=row.asked_at,
        answered_by=row.answered_by.name if row.answered_by else "",
    )


def emergency_told(told: ToSign) -> wire.EmergencyTold:
    row = told.emergency
    return wire.EmergencyTold(
        id=row.id,
        conversation=row.conversation_id,
        handle=row.conversation.visitor.handle,
        consent=row.consent,
        outcome=row.outcome,
        tried=told.details.get("tried", ""),
        agency=told.details.get("agency", ""),
        call_taker=told.details.get("call_taker", ""),
        reference=told.details.get("reference", ""),
        called_at=row.called_at,
        reached_at=row.reached_at,
        by=row.by.name,
        by_id=row.by_id,
        at=row.at,
    )


def barred(told: Barred) -> wire.Barred:
    row = told.block
    return wire.Barred(
        id=row.pk,
        handle=told.handle,
        line=row.line.name,
        reason=row.reason,
        by=told.by,
        since=row.since,
        expires_at=row.expires_at,
        reviewed_by=told.reviewed_by,
    )


def talk(row: Conversation, now: datetime) -> wire.Talk:
    return wire.Talk(
        conversation=row.id,
        handle=row.visitor.handle,
        medium=row.medium,
        line=row.line.name,
        level=level_word(row.level),
        holder=row.volunteer.name if row.volunteer else "",
        since=row.taken_at or row.waiting_since,
        unanswered_since=unanswered_since(row),
        open_flags=row.open_flags,
        away=is_away(row, now),
        holder_away=_is_holder_gone(row, now),
    )


def _is_holder_gone(row: Conversation, now: datetime) -> bool:
    """For a conversation that was read with `volunteer__desk`."""
    desk = getattr(row.volunteer, "desk", None)
    return desk is not None and is_gone(desk, now)


def colleague(row: OnShift) -> wire.Colleague:
    return wire.Colleague(
        row.id, row.name, row.supervises, row.ready, row.seats, row.held, row.away, list(row.lines)
    )


def shift(
    here: Sequence[OnShift], paused: list[str], open_lines: list[wire.OpenLine], shown: int, now: datetime
) -> wire.Shift:
    """Of very many, supervisors and who is ready first."""
    first = {one.id for one in sorted(here, key=lambda one: (not one.supervises, not one.ready))[:shown]}
    return wire.Shift(
        colleagues=[colleague(one) for one in here if one.id in first],
        more=len(here) - len(first),
        paused=paused,
        open_lines=open_lines,
        now=now,
    )


def desk(desk: DeskNow, name: str, *, supervises: bool) -> wire.Desk:
    return wire.Desk(
        name=name,
        supervises=supervises,
        ready=desk.ready,
        seats=desk.seats,
        conversations=desk.conversations,
        watching=desk.watching,
        offers=[_offered(one) for one in desk.offers],
        begun_at=desk.begun_at,
        now=desk.now,
    )


def _offered(offer: Offer) -> wire.Offered:
    about = offer.conversation
    return wire.Offered(
        conversation=about.id,
        handle=about.visitor.handle,
        medium=about.medium,
        line=about.line.name,
        level=level_word(about.level),
        by=about.volunteer.name if about.volunteer else "",
        expires_at=offer.expires_at,
    )


def flag_changed(flagged: Flagged) -> wire.FlagChanged:
    told = flag(flagged)
    return wire.FlagChanged(**{name: getattr(told, name) for name in told.__struct_fields__})
