"""The secret that a line shares with one of its hooks: derived, so that no table holds it."""

from uuid import UUID

from django.conf import settings

from chatline.vault import read_keys
from chatline.vault.derive import derive


def secret_of(oid: UUID) -> str:
    """64 hex digits, for the hook with this `oid`. Rotating a root key changes nothing; another `oid` is another one.

    Under the oldest key of fingerprints, which stays behind a new one: whoever receives pages has stored this.
    """
    return derive(read_keys(settings.FINGERPRINT_KEY, "Fingerprint key")[-1], f"hook/{oid}").hex()
