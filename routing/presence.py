"""A volunteer's presence on shift."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from chatline import announce
from chatline.conversations import watching as watches
from chatline.conversations.models import Conversation, Offer
from chatline.conversations.states import State
from chatline.errors import Refused
from chatline.people import access
from chatline.people.models import Membership
from routing.models import Desk

FIRST_SEATS = 2
"""How many conversations at once a volunteer has at first; practice lies between 1 and 4."""

SHIFT = timedelta(hours=12)
"""After so long nobody is on the same shift any more, even if they never said that it ended: none is that long."""

GONE = timedelta(seconds=45)
"""A desk that was not seen for longer is away: its looks are 15 s apart, so three of them were missed."""


def desk_of(staff: UUID) -> Desk:
    """The desk of somebody who signed in; made the first time."""
    desk, _ = Desk.objects.get_or_create(staff_id=staff, defaults={"seats": FIRST_SEATS})
    return desk


def set_ready(staff: UUID, on: bool, seats: int | None = None) -> Desk:
    """Ready for new people, or not; what they hold stays theirs. Raises NotFound for somebody who was removed."""
    with transaction.atomic():
        desk, now = _locked(staff), timezone.now()
        desk.ready_since = (desk.ready_since or now) if on else None
        desk.ready, desk.last_seen_at = on, now
        desk.seats = seats or desk.seats
        desk.save()
        announce.after_commit(announce.DeskChanged(staff))
        return desk


def begin(staff: UUID) -> Desk:
    """The volunteer begins their shift. Raises NotFound for somebody who was removed."""
    with transaction.atomic():
        desk = _locked(staff)
        desk.begun_at = desk.last_seen_at = timezone.now()
        desk.save(update_fields=["begun_at", "last_seen_at"])
        announce.after_commit(announce.DeskChanged(staff))
        return desk


def end(staff: UUID) -> Desk:
    """The volunteer ends their shift, and is ready for nobody. Raises NotFound, or Refused `still_with_you` while they
    hold anybody."""
    with transaction.atomic():
        desk = _locked(staff)
        if Conversation.objects.filter(volunteer=staff, state=State.ACTIVE).exists():
            raise Refused("Somebody is still with you.", code="still_with_you")
        desk.begun_at = desk.ready_since = None
        desk.ready, desk.last_seen_at = False, timezone.now()
        desk.save()
        announce.after_commit(announce.DeskChanged(staff))
        return desk


def on_duty(staff: Collection[UUID]) -> set[UUID]:
    """Those of them who are on shift, or ready for somebody, or hold somebody."""
    desks = Desk.objects.filter(Q(begun_at__gt=timezone.now() - SHIFT) | Q(ready=True), staff__in=staff)
    held = Conversation.objects.filter(volunteer__in=staff, state=State.ACTIVE)
    return {*desks.values_list("staff", flat=True), *held.values_list("volunteer", flat=True)} - {None}


def _locked(staff: UUID) -> Desk:
    access.active_staff(staff)
    desk_of(staff)
    return Desk.objects.select_for_update().get(staff=staff)


def seen(staff: set[UUID]) -> None:
    """Their sockets are open now. One statement for all of a process, at each of its looks."""
    with transaction.atomic():
        Desk.objects.filter(staff__in=staff).update(last_seen_at=timezone.now())


@dataclass(frozen=True, slots=True)
class DeskNow:
    """A desk as its volunteer sees it, whole. `begun_at` is null off shift."""

    ready: bool
    seats: int
    conversations: list[UUID]
    watching: list[UUID]
    offers: list[Offer]
    begun_at: datetime | None
    now: datetime


def desks(staff: set[UUID]) -> dict[UUID, DeskNow]:
    """The desks of these people, with few queries for all."""
    now = timezone.now()
    held: dict[UUID, list[UUID]] = {one: [] for one in staff}
    for owner, conversation in (
        Conversation.objects.filter(volunteer__in=staff, state=State.ACTIVE)
        .order_by("waiting_since")
        .values_list("volunteer", "id")
    ):
        assert owner
        held[owner].append(conversation)
    watching: dict[UUID, list[UUID]] = {one: [] for one in staff}
    standing = watches.standing(staff).order_by("since")
    for owner, conversation in standing.values_list("staff", "conversation"):
        watching[owner].append(conversation)
    offers: dict[UUID, list[Offer]] = {one: [] for one in staff}
    for offer in _passed_on(staff, now):
        offers[offer.staff_id].append(offer)
    rows = {row.staff_id: row for row in Desk.objects.filter(staff__in=staff)}
    nobody = Desk(seats=FIRST_SEATS)
    return {
        one: DeskNow(
            ready=rows.get(one, nobody).ready,
            seats=rows.get(one, nobody).seats,
            conversations=held[one],
            watching=watching[one],
            offers=offers[one],
            begun_at=_begun(rows.get(one, nobody), now),
            now=now,
        )
        for one in staff
    }


def _begun(desk: Desk, now: datetime) -> datetime | None:
    return desk.begun_at if desk.begun_at and desk.begun_at > now - SHIFT else None


def _passed_on(staff: set[UUID], now: datetime) -> QuerySet[Offer]:
    """What colleagues offer these people; the line's own offers of a waiting person are the queue's affair."""
    open_ones = Offer.objects.filter(
        staff__in=staff, by__isnull=False, ended_at=None, expires_at__gt=now, conversation__state=State.ACTIVE
    )
    return open_ones.select_related("conversation__visitor", "conversation__line", "conversation__volunteer")


# --- everybody's ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OnShift:
    """A colleague as others see them. `held` is how many people they have, `lines` where they answer, as slugs."""

    id: UUID
    name: str
    supervises: bool
    ready: bool
    seats: int
    held: int
    away: bool
    lines: tuple[str, ...] = ()


def on_shift(lines: Collection[UUID], now: datetime) -> list[OnShift]:
    """Who works on these lines now, supervisors first: seen lately, or still holding somebody."""
    held = dict(
        Conversation.objects.filter(state=State.ACTIVE).values_list("volunteer").annotate(Count("id"))
    )
    roles = Membership.objects.filter(
        Q(staff__desk__last_seen_at__gt=now - GONE) | Q(staff__in=[one for one in held if one]),
        line__in=lines,
        role__in=access.ANSWERS,
        staff__is_active=True,
    )
    about = ("name", "desk__ready", "desk__seats", "desk__last_seen_at")
    rows: dict[UUID, tuple[Any, ...]] = {}
    leads: set[UUID] = set()
    answers: dict[UUID, dict[str, None]] = defaultdict(dict)
    for staff, role, slug, *row in roles.order_by("line__name").values_list(
        "staff", "role", "line__slug", *(f"staff__{one}" for one in about)
    ):
        rows[staff] = tuple(row)
        answers[staff][slug] = None
        if role in access.SUPERVISES:
            leads.add(staff)
    here = [
        OnShift(
            staff,
            name,
            staff in leads,
            bool(ready),
            seats or FIRST_SEATS,
            held.get(staff, 0),
            seen is None or seen <= now - GONE,
            tuple(answers[staff]),
        )
        for staff, (name, ready, seats, seen) in rows.items()
    ]
    return sorted(here, key=lambda one: (not one.supervises, one.name, one.id))


def is_gone(desk: Desk, now: datetime) -> bool:
    return desk.last_seen_at is None or desk.last_seen_at <= now - GONE
