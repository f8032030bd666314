"""The keys of conversations and visitors: made, opened for at most a minute, destroyed."""

import logging
import threading
import time
from collections.abc import Iterable, Sequence
from functools import lru_cache
from uuid import UUID

from django.conf import settings

from chatline import announce
from chatline.conversations.models import Key
from chatline.errors import ChatlineError, TryAgain
from chatline.vault import Keyring, Sealer, VaultError

log = logging.getLogger(__name__)

OPEN_SECONDS = 60.0
"""How long an opened key may stay in memory."""


class Forgotten(ChatlineError):
    """The key was destroyed, so what it sealed cannot be read by anyone."""

    code = "forgotten"
    detail = "This was erased and cannot be read any more."


@lru_cache(maxsize=4)
def _parse(text: str) -> Keyring:
    return Keyring.parse(text)


def keyring() -> Keyring:
    return _parse(settings.VAULT_KEYS)


class _Opened:
    """Opened keys by owner, each for `OPEN_SECONDS` after it was opened."""

    def __init__(self) -> None:
        self._sealers: dict[UUID, tuple[float, Sealer]] = {}
        self._lock = threading.Lock()

    def get(self, owner: UUID) -> Sealer | None:
        entry = self._sealers.get(owner)
        return entry[1] if entry and entry[0] > time.monotonic() else None

    def put(self, owner: UUID, sealer: Sealer) -> None:
        now = time.monotonic()
        with self._lock:
            if len(self._sealers) > 256 and next(iter(self._sealers.values()))[0] <= now:
                self._sealers = {one: entry for one, entry in self._sealers.items() if entry[0] > now}
            self._sealers.pop(owner, None)
            self._sealers[owner] = (now + OPEN_SECONDS, sealer)

    def drop(self, owner: UUID) -> None:
        with self._lock:
            self._sealers.pop(owner, None)

    def drop_all(self) -> None:
        with self._lock:
            self._sealers.clear()


_opened = _Opened()


def make(owner: UUID) -> Sealer:
    """A new key for `owner`, stored wrapped; runs inside the transaction that creates the owner."""
    wrapped, key = keyring().new_key(owner)
    Key.objects.create(owner=owner, wrapped=wrapped)
    # Should the transaction roll back, nobody will ever ask for this owner again.
    _opened.put(owner, Sealer(key))
    return Sealer(key)


def sealers(owners: Iterable[UUID], *, erased: Iterable[UUID] = ()) -> dict[UUID, Sealer]:
    """The sealers of those whose key exists and opens, with one query for all that are not in memory.

    `erased` names owners whose key was destroyed once: whatever is in memory of them may be that key, because the hint
    that told to drop it may be lost.
    """
    wanted, stale = set(owners), set(erased)
    found = {one: sealer for one in wanted - stale if (sealer := _opened.get(one))}
    if missing := wanted - found.keys():
        for owner, wrapped in Key.objects.filter(owner__in=missing).values_list("owner", "wrapped"):
            try:
                found[owner] = Sealer(keyring().unwrap(bytes(wrapped), owner))
            except VaultError as fault:
                # One damaged or foreign key is one owner's misfortune; everybody else must read on.
                log.error("key_unopened owner=%s reason=%s", owner, type(fault).__name__)
                continue
            _opened.put(owner, found[owner])
    return found


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
    Key.objects.create(owner=owner, wrapped=keyring().new_key(owner)[0])


def destroy(owners: Sequence[UUID]) -> None:
    """Makes everything sealed under these keys unreadable, here at once and in other processes by hint."""
    Key.objects.filter(owner__in=owners).delete()
    announce.after_commit(*(announce.KeyDestroyed(owner) for owner in owners))


def forget_opened() -> None:
    _opened.drop_all()


def _on_hints(hints: Sequence[announce.Hint]) -> None:
    for hint in hints:
        if isinstance(hint, announce.KeyDestroyed):
            _opened.drop(hint.owner)


announce.listen(_on_hints)
