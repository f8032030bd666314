"""Which supervisors have a conversation open. Its row repeats them, so that whoever reads it sees who is here.

Everything here but `standing` is of a locked conversation that the caller saves, with a new version.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import F, QuerySet

from chatline.conversations.models import Conversation, Watch
from chatline.conversations.states import State
from chatline.people import access


def standing(staff: Iterable[UUID]) -> QuerySet[Watch]:
    """What these people watch now, as far as they still supervise its line."""
    return _rightful(Watch.objects.filter(staff__in=list(staff)))


def void() -> QuerySet[Watch]:
    """Watches of those who lost the right to them."""
    return Watch.objects.exclude(id__in=_rightful(Watch.objects.all()).values("id"))


def _rightful(rows: QuerySet[Watch]) -> QuerySet[Watch]:
    # In one call, so that it is one and the same membership.
    rightful = rows.filter(
        staff__is_active=True,
        staff__memberships__line=F("conversation__line"),
        staff__memberships__role__in=access.SUPERVISES,
    )
    return rightful.exclude(conversation__state=State.CLOSED)


def begin(row: Conversation, staff: UUID, now: datetime) -> bool:
    """False if they watched it already."""
    _, is_new = Watch.objects.get_or_create(conversation=row, staff_id=staff, defaults={"since": now})
    if is_new:
        repeat(row)
    return is_new


def end(row: Conversation, staff: UUID) -> bool:
    """False if they did not watch it."""
    ended, _ = Watch.objects.filter(conversation=row, staff=staff).delete()
    if ended:
        repeat(row)
    return bool(ended)


def end_all(row: Conversation) -> None:
    if row.watchers:
        Watch.objects.filter(conversation=row).delete()
        row.watchers = []


def join(row: Conversation, watch: Watch, now: datetime) -> None:
    watch.joined_at = now
    watch.save(update_fields=["joined_at"])
    repeat(row)


def repeat(row: Conversation) -> None:
    """Writes on the row who watches it now, in the order in which they came."""
    rows = Watch.objects.filter(conversation=row).order_by("since", "id")
    row.watchers = [
        {"staff": str(one), "name": name, "joined": joined_at is not None}
        for one, name, joined_at in rows.values_list("staff", "staff__name", "joined_at")
    ]
