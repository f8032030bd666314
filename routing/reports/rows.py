"""What reports are counted from, read with one narrow query each: numbers and codes, never a row of a person.

Counted is who came in the span, by when they came, whatever happened to them later; real conversations alone. Of those
who are barred only who was answered counts: the others are stored and screened, and wait for nobody.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import BigIntegerField, Case, Count, F, Func, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Coalesce

from chatline.conversations.models import Conversation, Delivery
from chatline.conversations.states import DeliveryState, Kind, State
from routing.models import Flag
from routing.risk import Level


class Milliseconds(Func):
    """A moment as milliseconds since 1970: the database turns 100,000 of them into numbers faster than Python."""

    output_field = BigIntegerField()

    def as_sqlite(self, compiler: Any, connection: Any, **more: Any) -> Any:
        # A moment without a fraction is stored without one.
        template = (
            "(strftime('%%%%s', %(expressions)s) * 1000 + CAST(substr(%(expressions)s, 21, 3) AS INTEGER))"
        )
        sql, values = super().as_sql(compiler, connection, template=template, **more)
        return sql, (*values, *values)

    def as_postgresql(self, compiler: Any, connection: Any, **more: Any) -> Any:
        template = "FLOOR(EXTRACT(EPOCH FROM %(expressions)s) * 1000)::bigint"
        return super().as_sql(compiler, connection, template=template, **more)


@dataclass(frozen=True, slots=True)
class Whose:
    """Of which line, from which moment on, until before which one."""

    line: UUID
    since: datetime
    until: datetime


def _came(whose: Whose) -> QuerySet[Conversation]:
    return Conversation.objects.filter(
        Q(blocked=False) | Q(first_answer_at__isnull=False),
        line=whose.line,
        kind=Kind.REAL,
        opened_at__gte=whose.since,
        opened_at__lt=whose.until,
    )


class Fate:
    """What became of somebody who came."""

    ANSWERED = 0
    LATE = 1  # answered; they wrote nothing more and did not say that they go
    LEFT = 2  # went before an answer, and said so
    SILENT = 3  # nobody came, they wrote no more, and the line let them go
    CLOSED = 4  # closed by staff without an answer
    WAITING = 5


class Came(NamedTuple):
    """When somebody came and was first answered by a person (milliseconds since 1970), and their `Fate`."""

    opened: int
    answered: int | None
    fate: int


def came(whose: Whose) -> list[Came]:
    """Everybody who came.

    Who goes without a word is never seen to go (silent abandonment: Castellanos et al., arXiv 2501.08869): while they
    wait they are known by their waiting expiring, and when they were answered by writing nothing more, which may also
    mean that one answer was enough. STOP closes nothing, so that whoever sends it while they wait is silent too.
    """
    answered = Q(first_answer_at__isnull=False)
    gone = Q(visitor_left_at__isnull=False) | Q(close_reason__in=["left", "erased"])
    late = Q(state=State.CLOSED, visitor_left_at=None) & (
        Q(last_visitor_at=None) | Q(last_visitor_at__lte=F("first_answer_at"))
    )
    fate = Case(
        When(answered & late, then=Value(Fate.LATE)),
        When(answered, then=Value(Fate.ANSWERED)),
        When(gone, then=Value(Fate.LEFT)),
        When(close_reason="expired", then=Value(Fate.SILENT)),
        When(state=State.CLOSED, then=Value(Fate.CLOSED)),
        default=Value(Fate.WAITING),
    )
    rows = _came(whose).values_list(Milliseconds("opened_at"), Milliseconds("first_answer_at"), fate)
    return [Came(*row) for row in rows]


class Ended(NamedTuple):
    """Conversations that are over and have all of this in common: how many, and how long they were held.

    `volunteer` and `name` are whose it was at the end, None of those whom nobody took, and they held it from when they
    took it; `at_risk` is of level high and above; `asked` is `risk_asked`; `before` and `after` are how upset they said
    they were.
    """

    volunteer: UUID | None
    name: str | None
    at_risk: bool
    asked: str
    before: int | None
    after: int | None
    conversations: int
    milliseconds: int


def ended(whose: Whose) -> list[Ended]:
    held = Milliseconds("closed_at") - Milliseconds(Coalesce("taken_at", "first_taken_at", "closed_at"))
    at_risk = Case(When(level__gte=Level.HIGH, then=Value(True)), default=Value(False))
    rows = (
        _came(whose)
        .filter(state=State.CLOSED)
        .annotate(risky=at_risk)
        .values_list("volunteer", "volunteer__name", "risky", "risk_asked", "feeling_before", "feeling_after")
        .annotate(conversations=Count("id"), milliseconds=Sum(held))
        .order_by()
    )
    return [Ended(*row) for row in rows]


class Raised(NamedTuple):
    """When a flag was raised and acknowledged, in milliseconds since 1970."""

    raised: int
    acknowledged: int | None


def raised(whose: Whose) -> list[Raised]:
    """Flags on this line that were raised in the span."""
    rows = Flag.objects.filter(
        conversation__line=whose.line,
        conversation__kind=Kind.REAL,
        raised_at__gte=whose.since,
        raised_at__lt=whose.until,
    )
    times = rows.values_list(Milliseconds("raised_at"), Milliseconds("acknowledged_at"))
    return [Raised(*row) for row in times]


TROUBLE: dict[str, tuple[str, ...]] = {
    "unsure": (DeliveryState.UNKNOWN,),
    "failed": (DeliveryState.UNDELIVERED, DeliveryState.FAILED, DeliveryState.REJECTED),
    "dropped": (DeliveryState.DROPPED,),
}
"""What is wrong with a text: it may not have arrived; it did not; it was not sent, too late or erased."""


def trouble(lines: Iterable[UUID], since: datetime, until: datetime) -> dict[str, int]:
    """Texts of these lines, by what is wrong with them."""
    states = [state for states in TROUBLE.values() for state in states]
    rows = Delivery.objects.filter(
        Q(message=None) | Q(message__conversation__kind=Kind.REAL),
        visitor__line__in=list(lines),
        state__in=states,
        created_at__gte=since,
        created_at__lt=until,
    )
    found = dict(rows.values_list("state").annotate(Count("id")))
    return {name: sum(found.get(state, 0) for state in states) for name, states in TROUBLE.items()}
