"""What the line says at once to whoever texts: welcome, or that nobody can answer now, and where else there is help."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from chatline.conversations import actions, reads
from chatline.conversations.models import Conversation, Message
from chatline.conversations.states import State
from chatline.conversations.texts import automatic
from chatline.lines import hours
from chatline.lines.models import Line
from chatline.lines.reads import Service, service, timetable

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
    answers = service(line, now)
    if answers.kind == "closed":
        zone = timetable(line).zone
        opening = answers.opens_at
        opens = hours.in_words(opening, now, zone, row.visitor.language) if opening else ""
        return "closed", {"opens": opens}
    if answers.kind == "paused":
        return "paused", {}
    is_first = row.told_at is None and row.opened_at == now
    return ("full", {}) if is_first and _is_full(line, besides=row) else None


def _is_full(line: Line, besides: Conversation | None = None) -> bool:
    if line.most_waiting is None:
        return False
    waiting = Conversation.objects.filter(line=line, state=State.WAITING, blocked=False, visitor_left_at=None)
    return waiting.exclude(id__in=[besides.id] if besides else []).count() >= line.most_waiting


# --- the same for whoever chats, who see it on their page -------------------------------------------------


@dataclass(frozen=True, slots=True)
class Outlook:
    """What somebody who comes, or waits, may expect: the range of minutes of late, and whether anybody answers now."""

    wait: tuple[int, int] | None = None
    service: Service = field(default_factory=Service)


def service_to_newcomers(line: Line, now: datetime) -> Service:
    answers = service(line, now)
    return Service("full") if answers.kind == "open" and _is_full(line) else answers


def outlook(line: UUID, now: datetime) -> Outlook:
    """For those who wait on this line."""
    row = Line.objects.prefetch_related("hours", "holidays").get(id=line)
    return Outlook(reads.recent_wait(line), service(row, now))
