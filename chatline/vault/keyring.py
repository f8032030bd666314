"""The root keys, which are never in the database, and the keys that lie there wrapped by them."""

import base64
import os
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from uuid import UUID

from .box import key_id_of
from .derive import KEY_BYTES
from .errors import KeyUnknown
from .wrapping import ROOT, Wrapper
from .written import read_keys


@dataclass(frozen=True, slots=True, eq=False)
class Keyring:
    """The root keys of this installation: the first wraps, every one of them unwraps. Made by `parse`."""

    _first: Wrapper
    _roots: Mapping[bytes, Wrapper]

    @classmethod
    def parse(cls, text: str) -> "Keyring":
        """Read root keys as an operator writes them (`read_keys`). Raises BadKeys."""
        roots = [Wrapper(root, ROOT) for root in read_keys(text, "Root key")]
        return cls(roots[0], MappingProxyType({root.key_id: root for root in roots}))

    @staticmethod
    def generate() -> str:
        """Make one new root key, written as `parse` reads it."""
        return base64.urlsafe_b64encode(os.urandom(KEY_BYTES)).decode().rstrip("=")

    def new_key(self, owner: UUID) -> tuple[bytes, bytes]:
        """Make a key for an owner (a month, or what is kept outside the database): (wrapped, key)."""
        return self._first.new_key(owner)

    def wrap(self, key: bytes, owner: UUID) -> bytes:
        """Wrap an owner's 32-byte key under the first root key: 69 bytes that open for this owner only.

        Raises BadKeys when the key has another length.
        """
        return self._first.wrap(key, owner)

    def unwrap(self, wrapped: bytes | memoryview, owner: UUID) -> bytes:
        """Give back the key that was wrapped for this owner; `wrapped` is as the database driver gives it.

        Raises KeyUnknown when its root key is not in the ring, Tampered when it was changed
        or is another owner's.
        """
        root = self._roots.get(key_id_of(bytes(wrapped)))
        if root is None:
            raise KeyUnknown(
                f"Root key {root_of(wrapped)} is not in the ring. Put it back, behind the first."
            )
        return root.unwrap(wrapped, owner)

    def is_current(self, wrapped: bytes | memoryview) -> bool:
        """Whether the first root key wrapped this. Raises Tampered when it is not of our shape."""
        return key_id_of(bytes(wrapped)) == self._first.key_id

    @property
    def old(self) -> list[str]:
        """The ids of the root keys behind the first, as they stand in refusals."""
        return [root_id.hex() for root_id in self._roots if root_id != self._first.key_id]

    def __repr__(self) -> str:
        """Show ids only: a keyring in a log or a traceback gives nothing away."""
        return f"<Keyring {', '.join(root_id.hex() for root_id in self._roots)}>"


def root_of(wrapped: bytes | memoryview) -> str:
    """The id of the root key that wrapped this, as in refusals. Raises Tampered when it is not of our shape."""
    return key_id_of(bytes(wrapped)).hex()
