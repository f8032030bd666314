"""Sealing words and pictures, each for the one place where it may be read: moved to another row, it does not open."""

from typing import NamedTuple
from uuid import UUID

from .box import Box, bind

# Every short text has one size, and longer ones tell their length only in steps (DESIGN section 5, Keys).
BLOCK_BYTES = 256
# The exact size of a picture names it, to whoever has the same one; steps of 256 bytes would still tell nearly all
# apart. These cost 8 KiB each on average, a few hundredths of a photograph.
LARGE_BLOCK_BYTES = 16 * 1024
_LENGTH_BYTES = 4


class Place(NamedTuple):
    """Where sealed words lie. Only what never changes in the life of a row belongs here.

    `owner` is the conversation or visitor whose key seals; `seq` is a number from 0 to 2**64 - 1,
    0 where the owner has only one such row.
    """

    table: str
    column: str
    owner: UUID
    seq: int


class Sealer:
    """One owner's opened key, ready for much. Whoever keeps it keeps the key: 60 s at most."""

    __slots__ = ("_box",)

    def __init__(self, key: bytes) -> None:
        """Take an opened key (32 bytes, from `Keyring.unwrap`). Raises BadKeys for another length."""
        self._box = Box(key, "words")

    def seal(self, words: str, place: Place) -> bytes:
        """Seal any text, lone surrogates and NUL included, for its place.

        Returns 37 bytes more than the padded text. Raises OverflowError when `place.seq` is out of its range.
        """
        return self._box.seal(_pad(_encode(words), BLOCK_BYTES), bound_to(place))

    def unseal(self, sealed: bytes | memoryview, place: Place) -> str:
        """Open what was sealed for this place; `sealed` is as the database driver gives it.

        Raises KeyUnknown when another key sealed it, Tampered when it or any part of its place differs.
        """
        return self.unseal_bytes(sealed, place).decode("utf-8", "surrogatepass")

    def seal_bytes(self, content: bytes, place: Place) -> bytes:
        """Seal a picture or the like, of less than 4 GiB, for its place; its size is told in steps of 16 KiB only.

        No place is ever sealed for both ways: the column says which. Raises OverflowError as `seal` does.
        """
        return self._box.seal(_pad(content, LARGE_BLOCK_BYTES), bound_to(place))

    def unseal_bytes(self, sealed: bytes | memoryview, place: Place) -> bytes:
        """Open what `seal_bytes` sealed for this place. Raises as `unseal` does."""
        return _unpad(self._box.open(bytes(sealed), bound_to(place)))


def seal(key: bytes, words: str, place: Place) -> bytes:
    """Seal one text under an opened key; see Sealer, which is several times faster for many."""
    return Sealer(key).seal(words, place)


def unseal(key: bytes, sealed: bytes | memoryview, place: Place) -> str:
    """Open one text under an opened key; see Sealer, which is several times faster for many."""
    return Sealer(key).unseal(sealed, place)


def bound_to(place: Place) -> bytes:
    """Write a place as associated data; two places that differ in any part never give the same bytes."""
    return bind(_encode(place.table), _encode(place.column), place.owner.bytes, place.seq.to_bytes(8, "big"))


def _encode(text: str) -> bytes:
    # Browsers may send half a pair; words that cannot be stored would be words lost.
    return text.encode("utf-8", "surrogatepass")


def _pad(plain: bytes, block: int) -> bytes:
    told = len(plain).to_bytes(_LENGTH_BYTES, "big") + plain
    return told + bytes(-len(told) % block)


def _unpad(padded: bytes) -> bytes:
    length = int.from_bytes(padded[:_LENGTH_BYTES], "big")
    return padded[_LENGTH_BYTES : _LENGTH_BYTES + length]
