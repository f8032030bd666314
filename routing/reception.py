"""What the line says at once to whoever texts: welcome, or that nobody can answer now, and where else there is help."""

from datetime import datetime

from chatline.conversations import actions
from chatline.conversations.models import Conversation, Message
from chatline.conversations.states import State
from chatline.conversations.texts import automatic
from chatline.lines import hours
from chatline.lines.models import Line
from chatline.lines.reads import timetable

NOBODY = ("closed", "paused", "full")
"""Said once a conversation, in place of the welcome, which then waits for the next one."""

Words = tuple[str, dict[str, object]]
"""A purpose, and the facts that its text speaks of."""


def answer_at_once(row: Conversation, now: datetime) -> None:
    """Says to a locked conversation what is to be said now, if anything. Not announced."""
    if actions.may_tell(row, now) and (words := _words(row, now)):
        purpose, facts = words
        actions.say_automatically(
            row, automatic(row.visitor.line, purpose, row.visitor.language, **facts), purpose, now
        )


def _words(row: Conversation, now: datetime) -> Words | None:
    if row.state == State.WAITING and (words := _why_nobody(row, now)):
        told = Message.objects.filter(conversation=row, purpose__in=NOBODY).exists()
        return None if told else words
    if row.told_at or row.visitor.welcomed_at:
        return None
    row.visitor.welcomed_at = now
    row.visitor.save(update_fields=["welcomed_at"])
    return "welcome", {}


def _why_nobody(row: Conversation, now: datetime) -> Words | None:
    line = row.visitor.line
    if line.paused_at:
        return "paused", {}
    table = timetable(line)
    if not hours.is_open(table, now):
        opening = hours.next_opening(table, now)
        opens = hours.in_words(opening, now, table.zone, row.visitor.language) if opening else ""
        return "closed", {"opens": opens}
    is_first = row.told_at is None and row.opened_at == now
    return ("full", {}) if is_first and _is_full(line, row) else None


def _is_full(line: Line, besides: Conversation) -> bool:
    if line.most_waiting is None:
        return False
    waiting = Conversation.objects.filter(line=line, state=State.WAITING, blocked=False, visitor_left_at=None)
    return waiting.exclude(id=besides.id).count() >= line.most_waiting
