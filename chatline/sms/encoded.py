"""Texts that arrive as base64 instead of words. Pure.

Some long texts, sent in parts, reach the provider's customers encoded as a whole, with line ends in between and now
and then cut inside the last letter; nothing in the request says so (seen by nyaruka/courier, which decodes them).
Such a text must be readable and screened. But nobody can prove that a person did not type exactly those letters, so
what they sent is never replaced: the reading stands beside it.
"""

import base64
import binascii
import re

SHORTEST = 60
"""Letters. Only texts of several parts are concerned, and short words may well be valid base64."""

_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")


def reading(body: str) -> str:
    """What `body` says if it is base64 of words, else "".

    Right: `"aXMgYW55Ym9keSB0aGVyZT8g..."` of 60 letters and more that decode to printable text with blanks.
    Wrong: `"loooooooo...ng"`, which decodes to no text at all.
    """
    letters = re.sub(r"[\r\n]", "", body)
    if len(letters) < SHORTEST or not _BASE64.fullmatch(letters):
        return ""
    whole = letters.rstrip("=")
    try:
        decoded = base64.b64decode(whole + "=" * (-len(whole) % 4))
    except binascii.Error:
        return ""
    words = _decoded(decoded)
    readable = all(one.isprintable() or one in "\r\n\t" for one in words)
    return words if readable and " " in words else ""


def _decoded(content: bytes) -> str:
    """Words that may be cut inside their last letter, which UTF-8 writes in up to four bytes; "" for anything else."""
    try:
        return content.decode()
    except UnicodeDecodeError as odd:
        cut = odd.reason == "unexpected end of data" and len(content) - odd.start < 4
        return content[: odd.start].decode() if cut else ""
