"""Separate keys for separate uses, so that what one use shows about its key tells nothing about another's."""

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from .errors import BadKeys

KEY_BYTES = 32
KEY_ID_BYTES = 8


def derive(key: bytes, use: str, length: int = KEY_BYTES) -> bytes:
    """Derive `length` bytes from a key for one use, by HKDF-SHA256 without salt (RFC 5869).

    `key` is 32 random bytes; `use` names what the result is for, and two uses never share a name.
    Raises BadKeys when the key has another length.
    """
    if len(key) != KEY_BYTES:
        raise BadKeys(f"A key has {KEY_BYTES} bytes; this one has {len(key)}.")
    return HKDF(SHA256(), length, salt=None, info=b"chatline/v1/" + use.encode()).derive(key)


def key_id(key: bytes) -> bytes:
    """Name a key by 8 bytes that tell nothing about it; they stand in clear in whatever it seals.

    Raises BadKeys when the key has not 32 bytes.
    """
    return derive(key, "key id", KEY_ID_BYTES)
