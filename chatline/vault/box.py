"""The one shape of everything sealed: version, key id, nonce, then AES-256-GCM ciphertext and tag.

Version and key id come first and in clear: a rotation can count what an old key still holds,
and the right key is found without trying any.
"""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from .derive import KEY_ID_BYTES, derive, key_id
from .errors import KeyUnknown, Tampered

VERSION = b"\x01"
# NIST SP 800-38D, 8.2.2 and 8.3: with random nonces of 96 bits a key may seal 2**32 times.
NONCE_BYTES = 12
TAG_BYTES = 16
_NONCE_AT = len(VERSION) + KEY_ID_BYTES
_BODY_AT = _NONCE_AT + NONCE_BYTES
OVERHEAD_BYTES = _BODY_AT + TAG_BYTES


def fresh_nonce() -> bytes:
    """Return 12 random bytes, never twice the same; the known-answer tests put fixed ones here."""
    return os.urandom(NONCE_BYTES)


def bind(*parts: bytes) -> bytes:
    """Join version and parts into associated data, each behind its length: no two lists join alike."""
    return b"".join([len(part).to_bytes(4, "big") + part for part in (VERSION, *parts)])


def key_id_of(sealed: bytes) -> bytes:
    """Read the 8-byte id of the key that sealed this. Raises Tampered when it is not of our shape."""
    if len(sealed) < OVERHEAD_BYTES or sealed[:1] != VERSION:
        raise Tampered("This was not sealed by a version of the vault that is known here.")
    return sealed[len(VERSION) : _NONCE_AT]


class Box:
    """One key for one use, ready to seal and open."""

    __slots__ = ("_cipher", "_header", "key_id")

    def __init__(self, key: bytes, use: str) -> None:
        """Take 32 random bytes and the name of their use. Raises BadKeys when there are not 32."""
        self.key_id = key_id(key)
        self._cipher = AESGCM(derive(key, use))
        self._header = VERSION + self.key_id

    def seal(self, plain: bytes, bound: bytes) -> bytes:
        """Seal plain bytes; `bound` is the associated data that opening must repeat."""
        nonce = fresh_nonce()
        return self._header + nonce + self._cipher.encrypt(nonce, plain, bound)

    def open(self, sealed: bytes, bound: bytes) -> bytes:
        """Open what `seal` made. Raises KeyUnknown for another key's, Tampered for anything changed."""
        named = key_id_of(sealed)
        if named != self.key_id:
            raise KeyUnknown(f"This was sealed under key {named.hex()}, not under key {self.key_id.hex()}.")
        try:
            return self._cipher.decrypt(sealed[_NONCE_AT:_BODY_AT], sealed[_BODY_AT:], bound)
        except InvalidTag:
            raise Tampered("This was changed after it was sealed, or was sealed for another place.") from None
