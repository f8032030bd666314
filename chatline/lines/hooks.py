"""The secret that a line shares with one of its hooks: derived, so that no table holds it."""

import base64
from uuid import UUID

from django.conf import settings

from chatline.vault.derive import derive


def secret_of(oid: UUID) -> str:
    """64 hex digits, for the hook with this `oid`. Rotating a root key changes nothing; another `oid` is another one.

    Under the key of fingerprints because that never changes: whoever receives pages has stored this.
    """
    return derive(base64.b64decode(settings.FINGERPRINT_KEY), f"hook/{oid}").hex()
