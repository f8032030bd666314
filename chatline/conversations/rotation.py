"""Root keys rotate: what an old one wraps is wrapped anew under the first, while everybody reads on.

An owner's key itself stays the same, so nothing that it sealed is touched; and as long as the old root key stands
behind the first, what was not reached yet opens as before.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from chatline.conversations.keys import keyring
from chatline.conversations.models import Key
from chatline.vault import VaultError

BATCH = 500
"""Keys of one transaction: a visitor who wants theirs destroyed waits for no more than that."""


@dataclass(slots=True)
class Rotated:
    """How many keys were looked at, wrapped anew, and could not be opened by any root key that is there."""

    seen: int = 0
    rewrapped: int = 0
    unopened: int = 0


def rewrap() -> Iterator[Rotated]:
    """Wraps every key anew that is not under the first root key; tells after each batch how far it is.

    It may be ended at any time and begun again, and run beside itself.
    """
    told, after = Rotated(), UUID(int=0)
    while (last := _rewrap_some(after, told)) is not None:
        after = last
        yield told


def _rewrap_some(after: UUID, told: Rotated) -> UUID | None:
    """The next batch of owners beyond `after`; the last of them, None if there were none."""
    ring = keyring()
    with transaction.atomic():
        rows = list(Key.objects.select_for_update().filter(owner__gt=after).order_by("owner")[:BATCH])
        changed = []
        for row in rows:
            told.seen += 1
            try:
                if ring.is_current(row.wrapped):
                    continue
                row.wrapped = ring.wrap(ring.unwrap(row.wrapped, row.owner), row.owner)
            except VaultError:
                told.unopened += 1
                continue
            changed.append(row)
        Key.objects.bulk_update(changed, ["wrapped"])
        told.rewrapped += len(changed)
    return rows[-1].owner if rows else None
