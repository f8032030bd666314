"""How a phone number is found again without keeping it, with what this process remembers of that."""

from functools import lru_cache
from uuid import UUID

from django.conf import settings

from chatline.vault import Fingerprinter, read_keys


def fingerprints_of(number: str, line: UUID) -> tuple[bytes, ...]:
    """Whatever a number may be found by within a line, under every key that is there; the first is what is kept of it.

    Milliseconds for each key, so never inside a transaction. Raises VaultError for an empty number.
    """
    every = _fingerprinters(settings.FINGERPRINT_KEY, settings.FINGERPRINT_MEMORY_KIB)
    return tuple(one.of(number, line) for one in every)


@lru_cache(maxsize=4)
def _fingerprinters(keys: str, memory_kib: int) -> tuple[Fingerprinter, ...]:
    """Those of this process, because they remember."""
    return tuple(Fingerprinter(key, memory_kib=memory_kib) for key in read_keys(keys, "Fingerprint key"))
