"""A made-up past of a line, so that its reports show something: conversations that are over, without a word in them.

Drawn by dice with a seed, so that it is the same each time but for the days. It is all yesterday's and before: nobody
of it waits, holds or asks for anything, and the live line goes on as if it were not there.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from django.db import transaction
from django.db.models import Model

from chatline.conversations.handles import FIRST, SECOND
from chatline.conversations.models import Conversation, Delivery, Visitor
from chatline.conversations.states import DeliveryState, Medium, RiskAsked, State
from chatline.lines.models import Line
from chatline.people.models import Staff
from routing.models import Flag, FlagState, Outcome
from routing.risk import Level

SEED = 57230
DAYS = 30
A_DAY = 70
"""People, about; the busiest hours are those before midnight, as with lines that publish theirs."""

BY_HOUR = (8, 7, 5, 3, 2, 2, 2, 2, 3, 3, 3, 4, 4, 4, 4, 5, 5, 6, 7, 8, 9, 11, 12, 10)
BY_WEEKDAY = (1.2, 1.05, 1.0, 1.0, 0.95, 0.85, 1.0)


def make(
    line: Line, volunteers: Sequence[Staff], supervisor: Staff, now: datetime, *, people: int = A_DAY * DAYS
) -> None:
    """Gives the line a past, unless it has one already."""
    if Conversation.objects.filter(line=line, opened_at__lt=now - timedelta(days=1)).exists():
        return
    past = _Past(line, volunteers, supervisor)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    for _ in range(people):
        past.somebody(midnight)
    past.write()


@dataclass
class _Past:
    line: Line
    volunteers: Sequence[Staff]
    supervisor: Staff
    dice: Random = field(default_factory=lambda: Random(SEED))  # noqa: S311  # made-up people need no secret
    visitors: list[Visitor] = field(default_factory=list)
    conversations: list[Conversation] = field(default_factory=list)
    flags: list[Flag] = field(default_factory=list)
    texts: list[Delivery] = field(default_factory=list)

    def somebody(self, midnight: datetime) -> None:
        visitor, row = self._came(self._moment(midnight))
        kinds = ("answered", "left", "expired")
        kind = self.dice.choices(kinds, weights=(90, 6, 4))[0]
        if kind == "answered":
            self._talked(row)
        else:
            self._went(row, kind)
        self.visitors.append(visitor)
        self.conversations.append(row)
        # Not yesterday's, which a wall still counts.
        long_ago = row.opened_at < midnight - timedelta(days=1)
        if row.medium == Medium.SMS and long_ago and self.dice.random() < 0.03:
            self._went_wrong(visitor, row)

    def _moment(self, midnight: datetime) -> datetime:
        days = [midnight - timedelta(days=back) for back in range(1, DAYS + 1)]
        day = self.dice.choices(days, weights=[BY_WEEKDAY[one.weekday()] for one in days])[0]
        hour = self.dice.choices(range(24), weights=BY_HOUR)[0]
        return day + timedelta(hours=hour, milliseconds=self.dice.randrange(3_600_000))

    def _came(self, at: datetime) -> tuple[Visitor, Conversation]:
        medium = self.dice.choice((Medium.SMS, Medium.WEB))
        visitor = Visitor(
            id=self._id(),
            line=self.line,
            medium=medium,
            handle=f"{self.dice.choice(FIRST)} {self.dice.choice(SECOND)}",
            token_dead_at=at,
        )
        row = Conversation(
            id=self._id(),
            line=self.line,
            visitor=visitor,
            medium=medium,
            state=State.CLOSED,
            version=1,
            level=self.dice.choices(list(Level), weights=(80, 13, 5, 2))[0],
            rank_at=at,
            opened_at=at,
            waiting_since=at,
            last_visitor_at=at,
            feeling_before=self._felt(5.6) if self.dice.random() < 0.55 else None,
        )
        return visitor, row

    def _id(self) -> UUID:
        return UUID(int=self.dice.getrandbits(128), version=4)

    def _felt(self, about: float) -> int:
        return min(7, max(1, round(self.dice.gauss(about, 1.1))))

    def _talked(self, row: Conversation) -> None:
        wait = min(self.dice.lognormvariate(3.7, 1.1), 3_600)
        row.first_answer_at = row.taken_at = row.opened_at + timedelta(seconds=round(wait, 3))
        row.last_answer_at = row.first_answer_at
        row.volunteer = self.dice.choice(self.volunteers)
        if self.dice.random() < 0.93:
            row.last_visitor_at = row.first_answer_at + timedelta(minutes=self.dice.uniform(5, 60))
        last = row.last_visitor_at or row.opened_at
        self._over(row, max(last, row.first_answer_at) + timedelta(minutes=2), "done")
        if row.feeling_before and self.dice.random() < 0.5:
            row.feeling_after = self._felt(row.feeling_before - 1.2)
        answers = (RiskAsked.ASKED, RiskAsked.NOT_APPROPRIATE, "")
        row.risk_asked = self.dice.choices(answers, weights=(90, 8, 2))[0]
        if row.level >= Level.HIGH:
            self._flagged(row)

    def _went(self, row: Conversation, why: str) -> None:
        waited = self.dice.uniform(60, 1_800) if why == "left" else 12 * 3_600
        row.level = min(row.level, Level.CONCERN)
        self._over(row, row.opened_at + timedelta(seconds=round(waited, 3)), why)
        if why == "left":
            row.visitor_left_at = row.closed_at

    def _over(self, row: Conversation, at: datetime, why: str) -> None:
        # Forgotten at once, because there is nothing: no key, no words.
        row.closed_at = row.erased_at = at
        row.close_reason = why

    def _flagged(self, row: Conversation) -> None:
        at = row.opened_at + timedelta(seconds=1)
        acknowledged = at + timedelta(seconds=round(min(self.dice.lognormvariate(3.2, 0.9), 1_800), 3))
        outcome = self.dice.choices(list(Outcome), weights=(40, 30, 10, 5, 3, 12))[0]
        self.flags.append(
            Flag(
                id=self._id(),
                conversation=row,
                level=row.level,
                state=FlagState.RESOLVED,
                raised_at=at,
                acknowledged_at=acknowledged,
                acknowledged_by=self.supervisor,
                resolved_at=max(acknowledged, row.closed_at or acknowledged),
                resolved_by=self.supervisor,
                outcome=outcome,
            )
        )

    def _went_wrong(self, visitor: Visitor, row: Conversation) -> None:
        state = self.dice.choices((DeliveryState.UNDELIVERED, DeliveryState.UNKNOWN), weights=(3, 1))[0]
        at = row.opened_at
        self.texts.append(
            Delivery(
                oid=self._id(),
                visitor=visitor,
                purpose="reply",
                state=state,
                not_before=at,
                settled_at=at,
                created_at=at,
            )
        )

    def write(self) -> None:
        self.conversations.sort(key=lambda row: row.opened_at)
        made: tuple[list[Model], ...] = (self.visitors, self.conversations, self.flags, self.texts)  # type: ignore[assignment]  # lists of models
        with transaction.atomic():
            for rows in made:
                type(rows[0])._default_manager.bulk_create(rows, batch_size=500) if rows else None
            # The moment of writing is what the database notes by itself.
            for text in self.texts:
                Delivery.objects.filter(oid=text.oid).update(created_at=text.not_before)
