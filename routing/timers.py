"""Carries out what `patience.py` decides: told that they wait (by text; a page says so itself), asked, let go.

Each verb looks for whom it may concern and decides without a lock; then it locks that one conversation, looks and
decides again. So of two workers the second finds it done, and each text goes out once.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from django.db import transaction
from django.db.models import F, OuterRef, Q, QuerySet, Subquery

from chatline import announce
from chatline.conversations import actions, reads
from chatline.conversations.models import Conversation, Message, Step
from chatline.conversations.presence import absent
from chatline.conversations.saying import changed
from chatline.conversations.states import Medium, Sender, State
from chatline.conversations.texts import automatic
from chatline.lines import hours
from chatline.lines.hours import Timetable
from chatline.lines.models import Line
from chatline.lines.reads import timetable
from routing import patience, queue

Due = TypeVar("Due")


def tell_waiting(now: datetime) -> bool:
    """Those who wait on an open line hear that they are not forgotten; true if anybody did."""
    told = [_each(one.untold(), one.what_to_tell, one.tell) for one in _open_lines(now)]
    return any(told)


def expire_waiting(now: datetime) -> bool:
    """Those for whom nobody came are let go, with a word if they may be sent one; true if there were any."""
    gone = [_each(one.overdue(), one.is_expired, one.expire) for one in _open_lines(now)]
    return any(gone)


def end_silences(now: datetime) -> bool:
    """Those who do not answer their volunteer are asked, then let go; true if there were any."""
    silences = [_Silences(line, now) for line in Line.objects.filter(quiet_ask_minutes__gt=0)]
    done = [_each(one.silent(), one.what_to_do, one.do) for one in silences]
    return any(done)


def _each(
    whom: QuerySet[Conversation],
    decide: Callable[[Conversation], Due | None],
    carry_out: Callable[[Conversation, Due], None],
) -> bool:
    due = [row.id for row in whom.select_related("visitor") if decide(row)]
    for one in due:
        with transaction.atomic():
            locked = whom.select_related("visitor").select_for_update(of=("self",), no_key=True)
            row = locked.filter(id=one).first()
            if row is not None and (decision := decide(row)):
                carry_out(row, decision)
    return bool(due)


def _say(row: Conversation, line: Line, purpose: str, now: datetime, **facts: object) -> None:
    actions.say_automatically(row, automatic(line, purpose, row.visitor.language, **facts), purpose, now)


# --- waiting ----------------------------------------------------------------------------------------------


def _open_lines(now: datetime) -> Iterator["_Waiting"]:
    """Lines that are open now and not paused; on the others nobody's patience is counted."""
    for line in Line.objects.filter(paused_at=None, opened_at__isnull=False).prefetch_related(
        "hours", "holidays"
    ):
        table = timetable(line)
        if hours.is_open(table, now):
            yield _Waiting(line, table, now)


@dataclass(frozen=True, slots=True)
class _Waiting:
    line: Line
    table: Timetable
    now: datetime

    def _here(self) -> QuerySet[Conversation]:
        came = Step.objects.filter(conversation=OuterRef("pk"), after=State.WAITING).order_by("-id")
        waiting = Conversation.objects.filter(line=self.line, state=State.WAITING)
        return waiting.annotate(came_at=Subquery(came.values("at")[:1]))

    def _waited(self, since: datetime) -> timedelta:
        """Since then, as far as the line was open; a pause that is over wipes out what was before."""
        return hours.open_for(self.table, max(since, self.line.resumed_at or since), self.now)

    def untold(self) -> QuerySet[Conversation]:
        return self._here().filter(
            medium=Medium.SMS,
            told_waiting__lt=len(patience.TELLS),
            opened_at__lte=self.now - patience.TELLS[0],
        )

    def what_to_tell(self, row: Conversation) -> patience.Tell | None:
        tell = patience.while_waiting(row.told_waiting, self._waited(row.came_at))  # type: ignore[attr-defined]  # annotated
        return tell if tell and actions.may_tell(row, self.now) else None

    def tell(self, row: Conversation, tell: patience.Tell) -> None:
        waited = self._waited(row.came_at)  # type: ignore[attr-defined]  # annotated
        minutes = patience.honest_minutes(reads.recent_wait(self.line.id), waited)
        _say(row, self.line, tell.purpose, self.now, minutes=minutes)
        row.told_waiting = tell.told
        row.save(update_fields=["told_waiting"])
        announce.after_commit(changed(row))

    def overdue(self) -> QuerySet[Conversation]:
        before = self.now - timedelta(hours=self.line.wait_expire_hours)
        here = self._here().filter(open_flags=0, last_visitor_at__lte=before)
        return here.filter(Q(medium=Medium.SMS) | absent(self.now))

    def is_expired(self, row: Conversation) -> bool:
        since = max(row.last_visitor_at, row.came_at)  # type: ignore[attr-defined]  # annotated
        limit = timedelta(hours=self.line.wait_expire_hours)
        if not patience.is_expired(self.now - since, self._waited(since), limit):
            return False
        # Not without the word, if that only has to wait for its turn.
        return actions.may_tell(row, self.now) or not actions.may_be_told(row)

    def expire(self, row: Conversation, _: bool) -> None:
        if actions.may_tell(row, self.now):
            _say(row, self.line, "expired", self.now)
        actions.step(row, State.CLOSED, "expired", self.now)
        row.save()
        announce.after_commit(changed(row), announce.BoardChanged())


# --- silent -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Silences:
    line: Line
    now: datetime

    def silent(self) -> QuerySet[Conversation]:
        ours = Message.objects.filter(conversation=OuterRef("pk")).exclude(sender_kind=Sender.VISITOR)
        return (
            Conversation.objects.filter(line=self.line, state=State.ACTIVE, closing_at=None)
            .exclude(absent(self.now))
            .filter(
                last_answer_at__gt=F("last_visitor_at"),
                last_answer_at__lte=self.now - timedelta(minutes=self.line.quiet_ask_minutes),
            )
            .annotate(last_delivery=Subquery(ours.order_by("-seq").values("delivery")[:1]))
        )

    def what_to_do(self, row: Conversation) -> str | None:
        assert row.last_answer_at  # else `silent` had not found it
        silence = patience.Silence(
            since=row.last_answer_at,
            asked_at=row.asked_at,
            arrived=row.medium == Medium.WEB or row.last_delivery in patience.ARRIVED,  # type: ignore[attr-defined]  # annotated
            at_risk=row.open_flags > 0,
            ask=timedelta(minutes=self.line.quiet_ask_minutes),
            close=timedelta(minutes=self.line.quiet_close_minutes),
        )
        due = patience.after_silence(silence, self.now)
        return due if due and actions.may_tell(row, self.now, due) else None

    def do(self, row: Conversation, purpose: str) -> None:
        if purpose == "still_there":
            row.asked_at = self.now
            _say(row, self.line, purpose, self.now)
        else:
            # As when a volunteer closes: they see it, and can undo it; the word is said when it takes effect.
            row.closing_at, row.closing_reason = self.now + queue.UNDO, actions.QUIET
            row.version += 1
            row.save(update_fields=["closing_at", "closing_reason", "version"])
        announce.after_commit(changed(row))
