"""Flags: raised by the screen or by a person, acknowledged, resolved. While one is open the database refuses `closed`.

Every verb here locks the conversation before the flag, and keeps `open_flags`, `level` and the queue order true.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from chatline import announce
from chatline.conversations import actions, keys, leaving
from chatline.conversations.access import held
from chatline.conversations.models import Conversation
from chatline.conversations.saying import changed, lock
from chatline.conversations.states import Medium, State
from chatline.errors import BadInput, NotFound, Refused
from chatline.people import access
from chatline.people.actions import audit, raise_alarm
from routing import climbing, emergencies
from routing.inbox import place_of_note
from routing.models import Flag, FlagState, Outcome
from routing.ranking import rank_at, tier_of
from routing.risk import Assessment, Level

RISK, UNSCREENED, BY_HAND, DRILL = "risk", "unscreened", "by_hand", "drill"


def _in_no_words(template: str, label: str) -> dict[str, object]:
    """A reason that is about what happened, not about anything said."""
    return {
        "template": template,
        "label": label,
        "seq": 0,
        "start": 0,
        "end": 0,
        "level": int(Level.NONE),
    }


OUT_OF_REACH = _in_no_words("out_of_reach", "They sent STOP: no text can reach them")
"""The reason that is added to a flag when its person can no longer be reached."""


# --- raised -----------------------------------------------------------------------------------------------


def screened(row: Conversation, seq: int, assessment: Assessment, now: datetime) -> bool:
    """Takes one message's assessment into a locked conversation; true if its level or flags changed by it.

    The level only rises. The caller writes the row.
    """
    before = row.level
    row.level = max(row.level, assessment.level)
    if assessment.unscreened:
        _raise_unscreened(row, seq, now)
    if assessment.level >= Level.HIGH:
        _raise(row, RISK, assessment.level, _reasons(seq, assessment), now)
    if row.level == before and not assessment.unscreened and assessment.level < Level.HIGH:
        return False
    rank(row)
    return True


def _reasons(seq: int, assessment: Assessment) -> list[dict[str, object]]:
    return [
        {
            "template": reason.template,
            "category": reason.category,
            "label": reason.label,
            "seq": seq,
            "start": reason.start,
            "end": reason.end,
            "level": int(reason.level),
        }
        for reason in assessment.reasons
    ]


def _raise_unscreened(row: Conversation, seq: int, now: datetime) -> None:
    """One flag a conversation, however many messages the screen failed on."""
    raise_alarm("screen_failed")
    if row.unscreened:
        return
    row.unscreened = True
    row.level = max(row.level, Level.HIGH)
    reason = {"template": "unscreened", "label": "The risk screen failed: read this conversation", "seq": seq}
    _raise(row, UNSCREENED, Level.HIGH, [reason | {"start": 0, "end": 0, "level": int(Level.HIGH)}], now)


def _raise(
    row: Conversation,
    kind: str,
    level: int,
    reasons: list[dict[str, object]],
    now: datetime,
    by: UUID | None = None,
) -> Flag:
    """A new flag, or what is new added to the unresolved one. A flag that grew worse is open again."""
    flag = Flag.objects.select_for_update().filter(conversation=row, kind=kind)
    flag_row = flag.exclude(state=FlagState.RESOLVED).first()
    if flag_row is None:
        row.open_flags += 1
        row.closing_at, row.closing_reason = None, ""
        if row.medium == Medium.SMS and row.visitor.stopped_at:
            reasons = [*reasons, OUT_OF_REACH]
        flag_row = Flag(
            conversation=row, kind=kind, level=level, reasons=reasons, raised_at=now, raised_by=by
        )
        climbing.begin(flag_row, now)
        flag_row.save(force_insert=True)
        return flag_row
    flag_row.reasons = [*flag_row.reasons, *reasons]
    if level > flag_row.level:
        flag_row.level = level
        _open_again(flag_row, now)
    flag_row.save()
    return flag_row


def _open_again(flag: Flag, now: datetime) -> None:
    flag.state = FlagState.OPEN
    flag.acknowledged_at = flag.acknowledged_by = None
    climbing.begin(flag, now)


def out_of_reach(row: Conversation) -> None:
    """The person of a locked conversation can be texted no more: its volunteer is told, and with an open flag a
    supervisor has to acknowledge that anew."""
    _add_to_the_worst(row, OUT_OF_REACH)
    row.version += 1
    row.save(update_fields=["version"])
    announce.after_commit(changed(row), announce.BoardChanged())


def call_again(row: Conversation, template: str, label: str) -> None:
    """Beside an open flag of a locked conversation something happened that a supervisor has to acknowledge anew."""
    _add_to_the_worst(row, _in_no_words(template, label))


def _add_to_the_worst(row: Conversation, reason: dict[str, object]) -> None:
    unresolved = Flag.objects.select_for_update().filter(conversation=row).exclude(state=FlagState.RESOLVED)
    worst = unresolved.order_by("-level", "raised_at").first()
    if worst is None:
        return
    worst.reasons = [*worst.reasons, reason]
    _open_again(worst, timezone.now())
    worst.save()


def rank(row: Conversation) -> None:
    """Stores where a conversation stands in the queue; it only moves forward by itself."""
    row.tier = min(row.tier, tier_of(row.level, row.open_flags))
    row.rank_at = min(row.rank_at, rank_at(row.waiting_since, row.level))


def raise_by_hand(staff: UUID, conversation: UUID, note: str) -> Flag:
    """The volunteer who holds a conversation sees a risk that the screen did not. Raises NotFound."""
    with transaction.atomic():
        now = timezone.now()
        row = held(staff, conversation)
        flag = _judged(row, Level.HIGH, "by_hand", "Raised by the volunteer", staff, now)
        flag.note_sealed = _sealed(flag, row, "note", note)
        flag.save(update_fields=["note_sealed"])
        row.version += 1
        row.save()
        announce.after_commit(changed(row), announce.BoardChanged())
        return flag


ALL_FOUR = "all_four"
"""The reason of a flag that the four questions about suicide raised (`asking.py`)."""


def raise_all_four(row: Conversation, staff: UUID, now: datetime) -> None:
    """All four questions were answered with yes. Once, while that flag is unresolved. The caller writes the row."""
    unresolved = Flag.objects.filter(conversation=row, kind=BY_HAND).exclude(state=FlagState.RESOLVED)
    if any(reason["template"] == ALL_FOUR for flag in unresolved for reason in flag.reasons):
        return
    label = "All four questions about suicide answered with yes"
    _judged(row, Level.IMMINENT, ALL_FOUR, label, staff, now)


def _judged(row: Conversation, level: Level, template: str, label: str, staff: UUID, now: datetime) -> Flag:
    """A flag of a locked conversation by a person's judgement: about no words in particular."""
    reason = {"template": template, "label": label, "seq": 0, "start": 0, "end": 0, "level": int(level)}
    row.level = max(row.level, level)
    flag = _raise(row, BY_HAND, level, [reason], now, staff)
    rank(row)
    return flag


def raise_practice(row: Conversation, now: datetime) -> Flag:
    """A flag about nobody in a locked conversation of a drill. The caller writes the row."""
    reason = _in_no_words(DRILL, "PRACTICE: this is a drill, nobody is in danger") | {
        "level": int(Level.HIGH)
    }
    row.level = max(row.level, Level.HIGH)
    flag = _raise(row, DRILL, Level.HIGH, [reason], now)
    rank(row)
    return flag


# --- answered ---------------------------------------------------------------------------------------------


def acknowledge(staff: UUID, flag: UUID) -> Flag:
    """A supervisor says: I have got this. Raises NotFound, or Refused `already_acknowledged` with who was faster."""
    with transaction.atomic():
        _supervised(staff, flag)
        return acknowledged(flag, staff, "screen")


def acknowledged(flag: UUID, staff: UUID | None, via: str) -> Flag:
    """Somebody who may has it (None: whoever drills), and it climbs no more; inside a transaction.

    Raises Refused `already_acknowledged`.
    """
    won = Flag.objects.filter(id=flag, state=FlagState.OPEN).update(
        state=FlagState.ACKNOWLEDGED,
        acknowledged_at=timezone.now(),
        acknowledged_by=staff,
        next_at=None,
        unanswered_at=None,
    )
    if not won:
        raise Refused("Somebody has this already.", code="already_acknowledged")
    audit(staff, "acknowledge_flag", flag, via=via)
    announce.after_commit(announce.BoardChanged())
    return Flag.objects.get(id=flag)


def resolve(staff: UUID, flag: UUID, outcome: str, reason: str) -> Flag:
    """A supervisor says what was done. What waited for it (an erasure, somebody who left) happens now.

    Raises NotFound, BadInput (`unknown_outcome`, `reason_missing`) or Refused: `already_resolved`, or
    `emergency_missing` for an emergency action of which nothing is written down yet.
    """
    if outcome not in Outcome.values:
        raise BadInput(f"An outcome is one of {', '.join(Outcome.values)}.", code="unknown_outcome")
    if outcome == Outcome.FALSE_FLAG and not reason.strip():
        raise BadInput("Lowering a risk needs a reason.", code="reason_missing")
    with transaction.atomic():
        now = timezone.now()
        rows, row, flag_row = _supervised(staff, flag)
        if flag_row.state == FlagState.RESOLVED:
            raise Refused("This is resolved already.", code="already_resolved")
        if outcome == Outcome.EMERGENCY_ACTION and not emergencies.is_written(row):
            raise Refused("Write down first what was done.", code="emergency_missing")
        flag_row.state, flag_row.outcome = FlagState.RESOLVED, outcome
        flag_row.resolved_at, flag_row.resolved_by_id = now, staff
        climbing.end(flag_row)
        flag_row.acknowledged_at = flag_row.acknowledged_at or now
        flag_row.acknowledged_by_id = flag_row.acknowledged_by_id or staff
        flag_row.reason_sealed = _sealed(flag_row, row, "reason", reason)
        flag_row.save()
        audit(staff, "resolve_flag", flag, outcome=outcome)
        _after_resolving(rows, row, outcome, now)
        announce.after_commit(changed(row), announce.BoardChanged())
        return flag_row


def _sealed(flag: Flag, row: Conversation, column: str, text: str) -> bytes | None:
    """Under the conversation's own key; what is said about words that were erased is not kept either."""
    sealer = keys.sealers([row.id]).get(row.id)
    return sealer.seal(text, place_of_note(flag.id, row.id, column)) if sealer and text.strip() else None


def _after_resolving(rows: list[Conversation], row: Conversation, outcome: str, now: datetime) -> None:
    row.open_flags -= 1
    row.version += 1
    if outcome == Outcome.FALSE_FLAG and not row.open_flags:
        row.level = Level.NONE
    row.tier = tier_of(row.level, row.open_flags)
    row.save()
    if row.open_flags:
        return
    if row.erase_asked_at:
        leaving.forget_as_asked(rows, now)
    elif row.visitor_left_at and row.state == State.WAITING:
        actions.step(row, State.CLOSED, "left", now)
        row.save()


def _supervised(staff: UUID, flag: UUID) -> tuple[list[Conversation], Conversation, Flag]:
    """All that an erasure waiting for this flag would take, the flag's own conversation, the flag: locked in order."""
    about = Flag.objects.filter(id=flag).values_list("conversation", "conversation__visitor").first()
    if about is None:
        raise NotFound
    conversation, visitor = about
    asked = Conversation.objects.filter(visitor=visitor, erase_asked_at__isnull=False, erased_at=None)
    rows = lock([conversation, *asked.values_list("id", flat=True)])
    row = rows[conversation]
    access.require(staff, row.line_id, access.SUPERVISES)
    return list(rows.values()), row, Flag.objects.select_for_update().get(id=flag)
