"""How a phone number is found again without keeping it, with what this process remembers of that."""

import base64
from functools import cache

from django.conf import settings

from chatline.vault import Fingerprinter


@cache
def fingerprinter() -> Fingerprinter:
    """The one of this process, because it remembers."""
    secret = base64.b64decode(settings.FINGERPRINT_KEY)
    return Fingerprinter(secret, memory_kib=settings.FINGERPRINT_MEMORY_KIB)
