"""Screens on the wall: who has a wall's token sees how its lines are doing now, without words, handles or names.

A wall shows what whoever made it may see, asked anew each time: when that is none of its lines any more, it is blank.
"""

import hashlib
import secrets
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from chatline.conversations.models import Conversation
from chatline.conversations.states import Kind, State
from chatline.errors import BadInput, NotFound
from chatline.lines.models import Line
from chatline.people import access
from chatline.people.actions import audit
from routing import board, inbox, presence, pulse
from routing.models import Flag, FlagState, Wallboard
from routing.reports.rows import trouble

HANGS = access.SUPERVISES | access.MANAGES
"""Who makes walls, and revokes them."""

MOST_NAME = 60


# --- made and revoked ---------------------------------------------------------------------------------------


def make(staff: UUID, name: str, lines: Collection[UUID]) -> tuple[Wallboard, str]:
    """A wall of these lines, and its token, which is never to be had again: only a hash of it is kept.

    Raises BadInput `name_missing`, `name_too_long` or `line_missing`, or NotFound for a line that is not theirs.
    """
    if not name.strip():
        raise BadInput("Give the wall a name.", code="name_missing")
    if len(name.strip()) > MOST_NAME:
        raise BadInput(f"A name has at most {MOST_NAME} letters.", code="name_too_long")
    if not lines:
        raise BadInput("Choose a line at least.", code="line_missing")
    if not set(lines) <= access.lines_of(staff, HANGS):
        raise NotFound
    token = secrets.token_urlsafe(32)
    with transaction.atomic():
        wall = Wallboard.objects.create(
            name=name.strip(), token_hash=_hash(token), made_by=staff, made_at=timezone.now()
        )
        wall.lines.set(Line.objects.filter(id__in=lines))
        audit(staff, "make_wall", wall.id, lines=" ".join(sorted(map(str, lines))))
    return wall, token


def revoke(staff: UUID, wall: UUID) -> None:
    """It is blank from now on, for whoever works on one of its lines to decide; twice is once. Raises NotFound."""
    with transaction.atomic():
        row = standing(staff).filter(id=wall).first()
        if row is None:
            raise NotFound
        if Wallboard.objects.filter(id=wall, revoked_at=None).update(revoked_at=timezone.now()):
            audit(staff, "revoke_wall", wall)


def standing(staff: UUID) -> QuerySet[Wallboard]:
    """Walls that this person may revoke, the newest first."""
    lines = access.lines_of(staff, HANGS)
    mine = Wallboard.objects.filter(lines__in=lines, revoked_at=None)
    return Wallboard.objects.filter(id__in=mine.values("id")).order_by("-made_at")


def _hash(token: str) -> bytes:
    # Of 256 random bits nothing can be guessed, so a fast hash is enough.
    return hashlib.sha256(token.encode()).digest()


def shown_by(token: str) -> list[Line]:
    """The lines of the wall with this token, by name. Raises NotFound for one that is unknown, revoked or nobody's."""
    wall = Wallboard.objects.filter(token_hash=_hash(token), revoked_at=None).first()
    if wall is None:
        raise NotFound
    lines = list(wall.lines.filter(id__in=access.lines_of(wall.made_by, HANGS)).order_by("name"))
    if not lines:
        raise NotFound
    return lines


# --- what it shows ------------------------------------------------------------------------------------------

LONG = timedelta(minutes=5)
"""Above it a wait is long: what crisis lines that text watch first."""

LATELY = timedelta(minutes=30)
TEXTS = timedelta(hours=24)
"""How far back texts that went wrong are counted."""


@dataclass(frozen=True, slots=True)
class Now:
    """Counts, and moments (None where there is nothing). `trouble` names what is wrong, the worst first."""

    at: datetime
    waiting: int
    waiting_long: int
    waiting_since: datetime | None
    volunteers: int
    free: int
    talks: int
    left: int
    flags: int
    unanswered: int
    unanswered_since: datetime | None
    supervisors: int
    unsure: int
    failed: int
    trouble: tuple[str, ...]

    @property
    def talks_each(self) -> float | None:
        return round(self.talks / self.volunteers, 1) if self.volunteers else None


def now(lines: Iterable[UUID], at: datetime) -> Now:
    """How these lines are doing. Drills are not counted: a wall has no room to say that it is one."""
    ids = list(lines)
    waits = [waiter.since for waiter in board.queue(ids) if not waiter.drill]
    here = [one for one in presence.on_shift(ids, at) if not one.away]
    answering = [one for one in here if not one.supervises]
    real = Flag.objects.filter(conversation__line__in=ids, conversation__kind=Kind.REAL)
    flags = real.exclude(state=FlagState.RESOLVED)
    open_ones = list(flags.values_list("state", "raised_at"))
    unanswered = [raised for state, raised in open_ones if state == FlagState.OPEN]
    texts = trouble(ids, at - TEXTS, at)
    supervisors = len(here) - len(answering)
    return Now(
        at=at,
        waiting=len(waits),
        waiting_long=sum(since < at - LONG for since in waits),
        waiting_since=min(waits, default=None),
        volunteers=len(answering),
        free=sum(one.ready and one.held < one.seats for one in answering),
        talks=Conversation.objects.filter(line__in=ids, state=State.ACTIVE).count(),
        left=_left(ids, at - LATELY),
        flags=len(open_ones),
        unanswered=len(unanswered),
        unanswered_since=min(unanswered, default=None),
        supervisors=supervisors,
        unsure=texts["unsure"],
        failed=texts["failed"],
        trouble=_trouble(ids, at, waits, here, unanswered, supervisors),
    )


def _left(lines: list[UUID], since: datetime) -> int:
    """Who went, or was let go, since then before anybody had answered."""
    unheard = Conversation.objects.filter(
        Q(blocked=False), line__in=lines, kind=Kind.REAL, first_answer_at=None
    )
    over = unheard.filter(
        state=State.CLOSED, closed_at__gte=since, close_reason__in=["left", "expired", "erased"]
    )
    kept = unheard.exclude(state=State.CLOSED).filter(visitor_left_at__gte=since)
    return over.count() + kept.count()


def _trouble(
    lines: list[UUID],
    at: datetime,
    waits: Collection[datetime],
    here: Collection[presence.OnShift],
    unanswered: Collection[datetime],
    supervisors: int,
) -> tuple[str, ...]:
    wrong = {
        "worker_silent": not pulse.is_alive(at),
        "flag_alone": bool(unanswered) and not supervisors,
        "nobody_on_shift": bool(waits) and not here,
        "alarm": bool(inbox.alarms(lines)),
    }
    return tuple(name for name, is_so in wrong.items() if is_so)
