"""The keys of conversations and visitors: made, opened for at most a minute, destroyed."""

import logging
from collections.abc import Iterable, Sequence
from uuid import UUID

from django.utils import timezone

from chatline import announce
from chatline.conversations import epochs
from chatline.conversations.models import Key
from chatline.conversations.opened import Opened
from chatline.errors import ChatlineError, TryAgain
from chatline.vault import KeyUnknown, Sealer, VaultError

log = logging.getLogger(__name__)


class Forgotten(ChatlineError):
    """The key was destroyed, so what it sealed cannot be read by anyone."""

    code = "forgotten"
    detail = "This was erased and cannot be read any more."


_opened: Opened[Sealer] = Opened()


def make(owner: UUID) -> Sealer:
    """A new key for `owner`, stored wrapped; runs inside the transaction that creates the owner."""
    sealer = Sealer(_stored(owner))
    # Should the transaction roll back, nobody will ever ask for this owner again.
    _opened.put(owner, sealer)
    return sealer


def _stored(owner: UUID) -> bytes:
    """Raises TryAgain when root keys are missing: nothing may be stored that nobody could ever read."""
    try:
        epoch, wrapper = epochs.of_month(epochs.month_of(timezone.now()))
    except VaultError as fault:
        log.error("epoch_unopened reason=%s", type(fault).__name__)
        raise TryAgain from None
    wrapped, key = wrapper.new_key(owner)
    Key.objects.create(owner=owner, epoch_id=epoch, wrapped=wrapped)
    return key


def sealers(owners: Iterable[UUID], *, erased: Iterable[UUID] = ()) -> dict[UUID, Sealer]:
    """The sealers of those whose key exists and opens, with one query for all that are not in memory.

    `erased` names owners whose key was destroyed once: whatever is in memory of them may be that key, because the hint
    that told to drop it may be lost.
    """
    wanted, stale = set(owners), set(erased)
    found = {one: sealer for one in wanted - stale if (sealer := _opened.get(one))}
    if missing := wanted - found.keys():
        for row in Key.objects.filter(owner__in=missing).select_related("epoch"):
            owner = row.owner
            try:
                found[owner] = Sealer(unwrapped(row))
            except VaultError as fault:
                # One damaged or foreign key is one owner's misfortune; everybody else must read on.
                log.error("key_unopened owner=%s reason=%s", owner, type(fault).__name__)
                continue
            _opened.put(owner, found[owner])
    return found


def unwrapped(row: Key) -> bytes:
    """The key itself, under its month's or, from before there were months, a root key. Raises VaultError."""
    if row.epoch is None:
        return epochs.keyring().unwrap(row.wrapped, row.owner)
    if row.epoch.wrapped is None:
        raise KeyUnknown("The key of its month was destroyed.")
    return epochs.opened_of(row.epoch.id, row.epoch.wrapped).unwrap(row.wrapped, row.owner)


def sealer(owner: UUID) -> Sealer:
    """Raises Forgotten when the key was destroyed."""
    try:
        return sealers([owner])[owner]
    except KeyError:
        raise Forgotten from None


def sealer_for_words(owner: UUID, *, erased: bool = False) -> Sealer:
    """For what a visitor says: whose key was destroyed while their conversation stayed open gets a new one.

    `erased` if that has happened before, so that what is in memory may be the key that is no more.

    Raises TryAgain when the key is there and does not open: an operator has to mend that, and nothing may be stored
    meanwhile that nobody could ever read.
    """
    if found := sealers([owner], erased=[owner] if erased else ()).get(owner):
        return found
    if Key.objects.filter(owner=owner).exists():
        raise TryAgain
    return make(owner)


def renew(owner: UUID) -> None:
    """A new key in place of the present one, which is destroyed."""
    destroy([owner])
    # Not kept in memory: should the transaction roll back, the old key is there still, and in use.
    _stored(owner)


def destroy(owners: Sequence[UUID]) -> None:
    """Makes everything sealed under these keys unreadable, here at once and in other processes by hint."""
    Key.objects.filter(owner__in=owners).delete()
    announce.after_commit(*(announce.KeyDestroyed(owner) for owner in owners))


def forget_opened() -> None:
    _opened.drop_all()
    epochs.opened.drop_all()


def _on_hints(hints: Sequence[announce.Hint]) -> None:
    for hint in hints:
        if isinstance(hint, announce.KeyDestroyed):
            _opened.drop(hint.owner)
            epochs.opened.drop(hint.owner)


announce.listen(_on_hints)
