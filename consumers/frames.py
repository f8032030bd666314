"""From rows to frames: what of a row each reader may see. Pure."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from chatline.conversations.leaving import ended_by, is_erasure_due, is_over
from chatline.conversations.models import Conversation
from chatline.conversations.presence import is_away
from chatline.conversations.reads import SaidRow
from chatline.conversations.states import Medium, State
from consumers import wire
from routing.board import Flagged, Waiter
from routing.reception import Outlook

_WORDS: tuple[wire.Level, ...] = ("none", "concern", "high", "imminent")
"""By `routing.risk.Level`."""


def level_word(level: int) -> wire.Level:
    return _WORDS[level]


def message_for_visitor(row: SaidRow) -> wire.Message:
    return _message(row, {"visitor"})


def message_for_desk(row: SaidRow) -> wire.Message:
    """The key goes along for staff's own words only: a visitor's is a provider id or belongs to their tab."""
    message = _message(row, {"volunteer", "supervisor"})
    message.delivery = row.delivery or None
    message.level = level_word(row.level)
    message.fault = row.fault or None
    message.resend = row.resend
    message.media = [wire.Media(one.id, one.kind, one.state) for one in row.media]
    return message


def _message(row: SaidRow, owners_of_keys: set[str]) -> wire.Message:
    return wire.Message(
        conversation=row.conversation,
        seq=row.seq,
        version=row.version,
        sender=row.sender_kind,
        name=row.name,
        text=row.text,
        at=row.at,
        key=row.key if row.sender_kind in owners_of_keys else None,
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


def desk_state(row: Conversation, now: datetime) -> wire.DeskState:
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
        left=row.visitor_left_at is not None,
        left_fast=row.left_fast,
        away=row.visitor_left_at is None and is_away(row, now),
        feeling=row.feeling_before,
        reachable=is_reachable(row),
        erase_asked=is_erasure_due(row),
        closing_at=row.closing_at,
        last_seq=row.last_seq,
    )


def queue(waiters: Sequence[Waiter], shown: int, now: datetime) -> wire.Queue:
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
                flagged=one.flagged,
                away=one.away,
            )
            for one in waiters[:shown]
        ],
        counts=dict(Counter(level_word(one.level) for one in waiters)),
        oldest=oldest,
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
        acknowledged_by=row.acknowledged_by.name if row.acknowledged_by else "",
        outcome=row.outcome,
    )


def flag_changed(flagged: Flagged) -> wire.FlagChanged:
    told = flag(flagged)
    return wire.FlagChanged(**{name: getattr(told, name) for name in told.__struct_fields__})
