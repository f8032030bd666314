"""Keys that seal nothing but other keys."""

import os
from uuid import UUID

from .box import Box, bind
from .derive import KEY_BYTES
from .errors import BadKeys

ROOT, EPOCH = "wrap", "epoch"
"""The uses of such keys: roots, which are never in the database, and those of months, which lie there wrapped."""


class Wrapper:
    """One opened key that wraps those of owners. Whoever keeps one of a month keeps it for 60 s at most."""

    __slots__ = ("_box",)

    def __init__(self, key: bytes, use: str = EPOCH) -> None:
        """Take 32 random bytes. Raises BadKeys for another length."""
        self._box = Box(key, use)

    @property
    def key_id(self) -> bytes:
        """The 8 bytes by which whatever this wraps names it."""
        return self._box.key_id

    def new_key(self, owner: UUID) -> tuple[bytes, bytes]:
        """Make a key for an owner (a conversation, a visitor, a month): (wrapped, key). Only the first is stored."""
        key = os.urandom(KEY_BYTES)
        return self.wrap(key, owner), key

    def wrap(self, key: bytes, owner: UUID) -> bytes:
        """Wrap an owner's 32-byte key: 69 bytes that open for this owner only. Raises BadKeys for another length."""
        if len(key) != KEY_BYTES:
            raise BadKeys(f"An owner's key has {KEY_BYTES} bytes; this one has {len(key)}.")
        return self._box.seal(key, bind(owner.bytes))

    def unwrap(self, wrapped: bytes | memoryview, owner: UUID) -> bytes:
        """Give back the key that was wrapped for this owner; `wrapped` is as the database driver gives it.

        Raises KeyUnknown when another key wrapped it, Tampered when it was changed or is another owner's.
        """
        return self._box.open(bytes(wrapped), bind(owner.bytes))
