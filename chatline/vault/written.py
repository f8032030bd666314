"""Keys as operators write them."""

import base64
import re

from .errors import BadKeys

# 32 bytes are 43 letters of base64, in the standard alphabet or the one for addresses.
_WRITTEN_KEY = re.compile(r"[A-Za-z0-9+/_-]{43}=?")
_REMEDY = (
    "Give 32 random bytes each in base64, separated by commas, the one for what is new first. "
    'Make one with: python -c "from chatline.vault import Keyring; print(Keyring.generate())"'
)


def read_keys(text: str, called: str) -> list[bytes]:
    """Read base64 of 32 bytes each, separated by commas: at least one key, in their order.

    Either alphabet of base64 will do, with or without padding, and blanks around a key. `called` names such a key in
    refusals ("Root key"). Raises BadKeys, with what to do and never with any part of the text, when there is no key
    or when one is malformed, a placeholder (one byte repeated) or given twice.
    """
    keys: list[bytes] = []
    for number, written in enumerate(text.split(","), start=1):
        key = _read(written.strip(), f"{called} {number}")
        if key in keys:
            raise BadKeys(f"{called} {number} is there twice. {_REMEDY}")
        keys.append(key)
    return keys


def _read(written: str, called: str) -> bytes:
    if not _WRITTEN_KEY.fullmatch(written):
        problem = "is malformed" if written else "is empty"
        raise BadKeys(f"{called} {problem}. {_REMEDY}")
    key = base64.b64decode(written[:43].replace("-", "+").replace("_", "/") + "=")
    if len(set(key)) == 1:
        raise BadKeys(f"{called} is a placeholder, not a random key. {_REMEDY}")
    return key
