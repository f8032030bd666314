"""Root keys rotate: what an old one wraps is wrapped anew under the first, while everybody reads on.

That is a key for each month. An owner's key itself stays the same, so nothing that it sealed is touched; and as long as
the old root key stands behind the first, what was not reached yet opens as before.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from chatline.conversations import epochs
from chatline.conversations.keys import unwrapped
from chatline.conversations.models import Epoch, Key
from chatline.vault import VaultError, Wrapper, root_of

BATCH = 500
"""Keys of one transaction: a visitor who wants theirs destroyed waits for no more than that."""


@dataclass(slots=True)
class Rotated:
    """How many keys were looked at, wrapped anew, and could not be opened by what is there."""

    seen: int = 0
    rewrapped: int = 0
    unopened: int = 0


def rewrap_months() -> Rotated:
    """Wraps the key of every month anew that is not under the first root key."""
    told, ring = Rotated(), epochs.keyring()
    with transaction.atomic():
        for row in Epoch.objects.select_for_update(no_key=True).filter(destroyed_at=None).order_by("id"):
            told.seen += 1
            assert row.wrapped is not None  # the database refuses a living one without
            try:
                if ring.is_current(row.wrapped):
                    continue
                row.wrapped = ring.wrap(ring.unwrap(row.wrapped, row.id), row.id)
            except VaultError:
                told.unopened += 1
                continue
            row.save(update_fields=["wrapped"])
            told.rewrapped += 1
    return told


def replace_months(now: datetime) -> None:
    """Gives every month a new key, to which `move` then brings whatever its present one wraps."""
    Epoch.objects.filter(replaced_at=None, destroyed_at=None).update(replaced_at=now)


def to_move() -> QuerySet[Key]:
    """Keys under a month's key that was replaced, or under none: from before there were months."""
    return Key.objects.filter(Q(epoch=None) | Q(epoch__replaced_at__isnull=False))


def move() -> Iterator[Rotated]:
    """Wraps those anew under the key of the month they were made in; tells after each batch how far it is.

    It may be ended at any time and begun again, and run beside itself.
    """
    told, after = Rotated(), UUID(int=0)
    while (last := _move_some(after, told)) is not None:
        after = last
        yield told


def _move_some(after: UUID, told: Rotated) -> UUID | None:
    """The next batch of owners beyond `after`; the last of them, None if there were none."""
    with transaction.atomic():
        next_ones = to_move().filter(owner__gt=after).select_related("epoch").order_by("owner")
        rows = list(next_ones.select_for_update(of=("self",))[:BATCH])
        # Of this transaction alone: an epoch may be replaced between two.
        months = cache(epochs.of_month)
        changed = [row for row in rows if _moved(row, months)]
        Key.objects.bulk_update(changed, ["epoch", "wrapped"])
    told.seen += len(rows)
    told.rewrapped += len(changed)
    told.unopened += len(rows) - len(changed)
    return rows[-1].owner if rows else None


def _moved(row: Key, months: Callable[[date], tuple[UUID, Wrapper]]) -> bool:
    try:
        key = unwrapped(row)
        row.epoch_id, wrapper = months(epochs.month_of(row.created_at))
    except VaultError:
        return False
    row.wrapped = wrapper.wrap(key, row.owner)
    return True


def needed_roots() -> set[str]:
    """The ids of the root keys that wrap anything here that is not destroyed."""
    months = Epoch.objects.filter(destroyed_at=None).values_list("wrapped", flat=True)
    direct = Key.objects.filter(epoch=None).values_list("wrapped", flat=True)
    found = set()
    for wrapped in (*months, *direct.iterator()):
        try:
            found.add(root_of(wrapped or b""))
        except VaultError:
            continue
    return found
