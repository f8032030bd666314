"""The keys of conversations and visitors: made, opened for at most a minute, destroyed."""

import threading
import time
from collections.abc import Iterable, Sequence
from functools import lru_cache
from uuid import UUID

from django.conf import settings

from chatline import announce
from chatline.conversations.models import Key
from chatline.errors import ChatlineError
from chatline.vault import Keyring, Sealer

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


def sealers(owners: Iterable[UUID]) -> dict[UUID, Sealer]:
    """The sealers of those whose key still exists, with one query for all that are not in memory."""
    found: dict[UUID, Sealer] = {}
    missing: list[UUID] = []
    for owner in set(owners):
        if sealer := _opened.get(owner):
            found[owner] = sealer
        else:
            missing.append(owner)
    if missing:
        for owner, wrapped in Key.objects.filter(owner__in=missing).values_list("owner", "wrapped"):
            found[owner] = Sealer(keyring().unwrap(bytes(wrapped), owner))
            _opened.put(owner, found[owner])
    return found


def sealer(owner: UUID) -> Sealer:
    """Raises Forgotten when the key was destroyed."""
    try:
        return sealers([owner])[owner]
    except KeyError:
        raise Forgotten from None


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
