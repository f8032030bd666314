"""A volunteer's presence on shift."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from chatline import announce
from chatline.conversations.models import Conversation
from chatline.conversations.states import State
from chatline.people import access
from routing.models import Desk

FIRST_SEATS = 2
"""How many conversations at once a volunteer has at first; practice lies between 1 and 4."""


def desk_of(staff: UUID) -> Desk:
    """The desk of somebody who signed in; made the first time."""
    desk, _ = Desk.objects.get_or_create(staff_id=staff, defaults={"seats": FIRST_SEATS})
    return desk


def set_ready(staff: UUID, on: bool, seats: int | None = None) -> Desk:
    """Ready for new people, or not; what they hold stays theirs. Raises NotFound for somebody who was removed."""
    access.active_staff(staff)
    with transaction.atomic():
        desk_of(staff)
        desk = Desk.objects.select_for_update().get(staff=staff)
        now = timezone.now()
        desk.ready_since = (desk.ready_since or now) if on else None
        desk.ready, desk.last_seen_at = on, now
        desk.seats = seats or desk.seats
        desk.save()
        announce.after_commit(announce.DeskChanged(staff))
        return desk


def seen(staff: set[UUID]) -> None:
    """Their sockets are open now. One statement for all of a process, at each of its looks."""
    with transaction.atomic():
        Desk.objects.filter(staff__in=staff).update(last_seen_at=timezone.now())


@dataclass(frozen=True, slots=True)
class DeskNow:
    """A desk as its volunteer sees it, whole."""

    ready: bool
    seats: int
    conversations: list[UUID]
    now: datetime


def desks(staff: set[UUID]) -> dict[UUID, DeskNow]:
    """The desks of these people, with two queries for all."""
    now = timezone.now()
    held: dict[UUID, list[UUID]] = {one: [] for one in staff}
    for owner, conversation in (
        Conversation.objects.filter(volunteer__in=staff, state=State.ACTIVE)
        .order_by("waiting_since")
        .values_list("volunteer", "id")
    ):
        assert owner
        held[owner].append(conversation)
    rows = {row.staff_id: row for row in Desk.objects.filter(staff__in=staff)}
    return {
        one: DeskNow(rows[one].ready, rows[one].seats, held[one], now)
        if one in rows
        else DeskNow(False, FIRST_SEATS, held[one], now)
        for one in staff
    }
