"""Closed conversations from which people learn, in feedback and one-to-ones: the system draws them, nobody chooses.

A supervisor names the volunteer and what it is for. No second person, because nobody is looked for: what is drawn is by
chance, or the next of a new volunteer's first ten. Practice of text lines: one-to-ones once a month about two
conversations, and the first ten of whoever is new are looked at.
"""

import secrets
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from chatline.conversations.models import Conversation, Grant, Key
from chatline.conversations.states import GrantKind, GrantState, Kind, State, Thing
from chatline.errors import BadInput, NotFound, Refused
from chatline.people import access
from chatline.people.actions import audit
from chatline.people.models import Staff

FIRST_TEN = "first_ten"
REASONS = ("feedback", "one_to_one", FIRST_TEN)

LASTS = timedelta(hours=2)
"""How long what was drawn may be read: as long as it takes to prepare a talk about it, and to have it."""

MOST, WITHIN = 2, timedelta(days=28)
"""So many are drawn of one volunteer for feedback, and as many for one-to-ones, in so long."""

FIRST = 10


def draw(staff: UUID, line: UUID, volunteer: UUID, reason: str) -> Grant:
    """A closed conversation of this volunteer that no review had yet, which `staff` may read for `LASTS`.

    Raises NotFound, BadInput `unknown_reason`, or Refused (`own_conversations`, `drawn_enough`, `nothing_to_draw`).
    """
    if reason not in REASONS:
        raise BadInput(f"A reason is one of {', '.join(REASONS)}.", code="unknown_reason")
    with transaction.atomic():
        access.require(staff, line, access.SUPERVISES)
        if volunteer == staff:
            raise Refused("Somebody else reviews your own conversations.", code="own_conversations")
        _locked(volunteer, line)
        now = timezone.now()
        _refuse_many(line, volunteer, reason, now)
        drawn = _next(line, volunteer) if reason == FIRST_TEN else _any(line, volunteer)
        if drawn is None:
            raise Refused("There is none that can be read and had no review.", code="nothing_to_draw")
        grant = Grant(
            line_id=line,
            conversation_id=drawn,
            volunteer_id=volunteer,
            kind=GrantKind.REVIEW,
            thing=Thing.WORDS,
            reason=reason,
            state=GrantState.GRANTED,
            asked_by_id=staff,
            asked_at=now,
            lapses_at=now,
            expires_at=now + LASTS,
        )
        audit(
            staff, "draw_review", grant.id, conversation=str(drawn), reason=reason, volunteer=str(volunteer)
        )
        grant.save(force_insert=True)
        return grant


def _locked(volunteer: UUID, line: UUID) -> None:
    """One after another for each volunteer, so that two at once do not draw more than there may be."""
    if volunteer not in Staff.objects.select_for_update(no_key=True).filter(id=volunteer).values_list(
        "id", flat=True
    ):
        raise NotFound
    if not access.may(volunteer, line):
        raise NotFound


def _refuse_many(line: UUID, volunteer: UUID, reason: str, now: datetime) -> None:
    earlier = Grant.objects.filter(line=line, volunteer=volunteer, kind=GrantKind.REVIEW, reason=reason)
    if reason != FIRST_TEN and earlier.filter(asked_at__gt=now - WITHIN).count() >= MOST:
        raise Refused(f"At most {MOST} in {WITHIN.days} days.", code="drawn_enough")


def _closed(line: UUID, volunteer: UUID) -> QuerySet[Conversation]:
    return Conversation.objects.filter(
        line=line, volunteer=volunteer, state=State.CLOSED, kind=Kind.REAL
    ).order_by("first_taken_at", "id")


def _reviewed(line: UUID) -> QuerySet[Grant]:
    return Grant.objects.filter(line=line, kind=GrantKind.REVIEW)


def _readable(rows: QuerySet[Conversation], line: UUID) -> QuerySet[Conversation]:
    kept = rows.filter(id__in=Key.objects.values("owner"), erased_at=None)
    return kept.exclude(id__in=_reviewed(line).values("conversation"))


def _next(line: UUID, volunteer: UUID) -> UUID | None:
    """The earliest of their first ones; those that are forgotten by now count among them."""
    first = list(_closed(line, volunteer).values_list("id", flat=True)[:FIRST])
    return _readable(_closed(line, volunteer).filter(id__in=first), line).values_list("id", flat=True).first()


def _any(line: UUID, volunteer: UUID) -> UUID | None:
    found = list(_readable(_closed(line, volunteer), line).values_list("id", flat=True))
    return secrets.choice(found) if found else None
