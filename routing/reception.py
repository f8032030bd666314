"""What the line says at once: welcome to whoever texts, or that nobody can answer now and where else there is help; and
why somebody waits again."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from chatline import announce
from chatline.conversations import actions, reads
from chatline.conversations.models import Conversation, Message
from chatline.conversations.saying import changed
from chatline.conversations.states import Kind, State
from chatline.conversations.texts import automatic
from chatline.lines import hours
from chatline.lines.models import Line
from chatline.lines.reads import Service, service, timetable

NOBODY = ("closed", "paused", "paused_words", "full")
"""Said once a conversation, in place of the welcome, which then waits for the next one."""

Words = tuple[str, dict[str, object]]
"""A purpose, and the facts that its text speaks of."""


def answer_at_once(row: Conversation, now: datetime) -> None:
    """Says to a locked conversation what is to be said now, if anything. Not announced."""
    if actions.may_tell(row, now) and (words := _words(row, now)):
        purpose, facts = words
        _say(row, purpose, now, **facts)


def say_why_again(row: Conversation, purpose: str, now: datetime) -> None:
    """Tells the person of a locked conversation once why they wait again, if anything may be said to them now.

    It is the first that those who wait are told, so the next follows when their second is due.
    """
    if row.state == State.WAITING and actions.may_tell(row, now, purpose):
        _say(row, purpose, now)
        row.told_waiting = 1
        row.save(update_fields=["told_waiting"])
        announce.after_commit(changed(row))


def _say(row: Conversation, purpose: str, now: datetime, **facts: object) -> None:
    words = automatic(_line_of(row), purpose, row.visitor.language, **facts)
    actions.say_automatically(row, words, purpose, now)


def _line_of(row: Conversation) -> Line:
    """The line that answers, which is mostly the one whose door they came by."""
    return row.visitor.line if row.line_id == row.visitor.line_id else row.line


def _words(row: Conversation, now: datetime) -> Words | None:
    if row.state == State.WAITING and row.kind == Kind.REAL and (words := _why_nobody(row, now)):
        told = Message.objects.filter(conversation=row, purpose__in=NOBODY).exists()
        return None if told else words
    if row.told_at or row.visitor.welcomed_at:
        return None
    row.visitor.welcomed_at = now
    row.visitor.save(update_fields=["welcomed_at"])
    return "welcome", {}


def _why_nobody(row: Conversation, now: datetime) -> Words | None:
    line = _line_of(row)
    answers = service(line, now)
    if answers.kind == "closed":
        zone = timetable(line).zone
        opening = answers.opens_at
        opens = hours.in_words(opening, now, zone, row.visitor.language) if opening else ""
        return "closed", {"opens": opens}
    if answers.kind == "paused":
        # Words of this hour go before those that the line has for any pause.
        return ("paused_words", {"words": answers.words}) if answers.words else ("paused", {})
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
