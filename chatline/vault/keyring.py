"""The root keys, which are never in the database, and the owners' keys that lie there wrapped by them."""

import base64
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from uuid import UUID

from .box import Box, bind, key_id_of
from .derive import KEY_BYTES
from .errors import BadKeys, KeyUnknown

# 32 bytes are 43 letters of base64, in the standard alphabet or the one for addresses.
_WRITTEN_KEY = re.compile(r"[A-Za-z0-9+/_-]{43}=?")
_REMEDY = (
    "Give root keys as 32 random bytes each in base64, separated by commas, the one that seals first. "
    'Make one with: python -c "from chatline.vault import Keyring; print(Keyring.generate())"'
)


@dataclass(frozen=True, slots=True, eq=False)
class Keyring:
    """The root keys of this installation: the first wraps, every one of them unwraps. Made by `parse`."""

    _first: Box
    _boxes: Mapping[bytes, Box]

    @classmethod
    def parse(cls, text: str) -> "Keyring":
        """Read root keys as an operator writes them: base64 of 32 bytes each, separated by commas.

        Either alphabet of base64 will do, with or without padding, and blanks around a key.
        Raises BadKeys, with what to do and never with any part of the text, when there is no key
        or when one is malformed, a placeholder (one byte repeated) or given twice.
        """
        boxes: dict[bytes, Box] = {}
        for number, written in enumerate(text.split(","), start=1):
            box = Box(_read(written.strip(), number), "wrap")
            if box.key_id in boxes:
                raise BadKeys(f"Root key {number} is there twice. {_REMEDY}")
            boxes[box.key_id] = box
        return cls(next(iter(boxes.values())), MappingProxyType(boxes))

    @staticmethod
    def generate() -> str:
        """Make one new root key, written as `parse` reads it."""
        return base64.urlsafe_b64encode(os.urandom(KEY_BYTES)).decode().rstrip("=")

    def new_key(self, owner: UUID) -> tuple[bytes, bytes]:
        """Make a key for an owner (a conversation or a visitor): (wrapped, key). Only the first is stored."""
        key = os.urandom(KEY_BYTES)
        return self.wrap(key, owner), key

    def wrap(self, key: bytes, owner: UUID) -> bytes:
        """Wrap an owner's 32-byte key under the first root key: 69 bytes that open for this owner only.

        Raises BadKeys when the key has another length.
        """
        if len(key) != KEY_BYTES:
            raise BadKeys(f"An owner's key has {KEY_BYTES} bytes; this one has {len(key)}.")
        return self._first.seal(key, bind(owner.bytes))

    def unwrap(self, wrapped: bytes | memoryview, owner: UUID) -> bytes:
        """Give back the key that was wrapped for this owner; `wrapped` is as the database driver gives it.

        Raises KeyUnknown when its root key is not in the ring, Tampered when it was changed
        or is another owner's.
        """
        wrapped = bytes(wrapped)
        root_id = key_id_of(wrapped)
        box = self._boxes.get(root_id)
        if box is None:
            raise KeyUnknown(f"Root key {root_id.hex()} is not in the ring. Put it back, behind the first.")
        return box.open(wrapped, bind(owner.bytes))

    def is_current(self, wrapped: bytes | memoryview) -> bool:
        """Whether the first root key wrapped this. Raises Tampered when it is not of our shape."""
        return key_id_of(bytes(wrapped)) == self._first.key_id

    @property
    def old(self) -> list[str]:
        """The ids of the root keys behind the first, as they stand in refusals."""
        return [root_id.hex() for root_id in self._boxes if root_id != self._first.key_id]

    def __repr__(self) -> str:
        """Show ids only: a keyring in a log or a traceback gives nothing away."""
        return f"<Keyring {', '.join(root_id.hex() for root_id in self._boxes)}>"


def _read(written: str, number: int) -> bytes:
    if not _WRITTEN_KEY.fullmatch(written):
        problem = "is malformed" if written else "is empty"
        raise BadKeys(f"Root key {number} {problem}. {_REMEDY}")
    root = base64.b64decode(written[:43].replace("-", "+").replace("_", "/") + "=")
    if len(set(root)) == 1:
        raise BadKeys(f"Root key {number} is a placeholder, not a random key. {_REMEDY}")
    return root
