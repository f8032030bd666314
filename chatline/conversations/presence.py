"""Whether a visitor's page is open. By web only: a phone is never away. It may be lost, and no promise rests on it."""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from chatline.conversations.models import Conversation, Presence
from chatline.conversations.states import Medium

AWAY = timedelta(seconds=60)
"""Not seen for longer: the page was closed, the phone locked, or the connection is gone. Looks are 15 s apart."""


def seen(visitors: Collection[UUID]) -> None:
    """Their pages are open now. One statement for all of a process, at each of its looks."""
    now = timezone.now()
    # Sorted, so that two processes that see the same people do not wait for each other in a circle.
    rows = [Presence(visitor_id=one, at=now) for one in sorted(visitors)]
    with transaction.atomic():
        Presence.objects.bulk_create(
            rows, update_conflicts=True, unique_fields=["visitor"], update_fields=["at"]
        )


def is_away(row: Conversation, now: datetime) -> bool:
    """For a conversation that was read with `visitor__presence`."""
    if row.medium != Medium.WEB or row.last_visitor_at is None:
        return False
    presence = getattr(row.visitor, "presence", None)
    return max(row.last_visitor_at, presence.at if presence else row.last_visitor_at) < now - AWAY


def absent(now: datetime) -> Q:
    """The same as a condition on conversations."""
    long_ago = now - AWAY
    unseen = Q(visitor__presence=None) | Q(visitor__presence__at__lt=long_ago)
    return Q(medium=Medium.WEB, last_visitor_at__lt=long_ago) & unseen
