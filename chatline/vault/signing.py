"""Signatures under a key of this installation: whoever has the public half can tell ours from others'."""

import base64
import binascii

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from .derive import KEY_BYTES, derive
from .errors import BadKeys, Tampered


class Signer:
    """Signs by Ed25519 (RFC 8032)."""

    def __init__(self, written: str) -> None:
        """Take 32 random bytes in base64, as `Keyring.generate` writes them. Raises BadKeys for anything else."""
        try:
            secret = base64.b64decode(written.replace("-", "+").replace("_", "/") + "=" * (-len(written) % 4))
        except (binascii.Error, ValueError):
            secret = b""
        if len(secret) != KEY_BYTES or len(set(secret)) == 1:
            raise BadKeys("A signing key is 32 random bytes in base64.")
        self._key = Ed25519PrivateKey.from_private_bytes(derive(secret, "signing"))

    def sign(self, said: bytes) -> bytes:
        """The 64 bytes of a signature."""
        return self._key.sign(said)

    @property
    def public(self) -> str:
        """The public half, in base64: to be kept elsewhere, by whoever checks."""
        return base64.b64encode(self._key.public_key().public_bytes_raw()).decode()


def signers(written: str) -> list[Signer]:
    """Of several keys, comma-separated: the first signs, all verify. Raises BadKeys, also where there is none."""
    return [Signer(one.strip()) for one in written.split(",")]


def verify_signature(public: str, said: bytes, signature: bytes) -> None:
    """Raises Tampered unless the holder of the key behind `public` signed exactly this."""
    try:
        Ed25519PublicKey.from_public_bytes(base64.b64decode(public)).verify(signature, said)
    except (InvalidSignature, ValueError, binascii.Error):
        raise Tampered("This was not signed by the key behind the public half that was given.") from None
