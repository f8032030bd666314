"""How many parts a text is sent and paid in, exactly as the provider's own calculator counts them.

Source of the rules: 3GPP TS 23.038 and 23.040 (140 octets a part, 6 of them for the header once there are several),
and TwilioDevEd/message-segment-calculator at a50230f: a grapheme is never cut, nor is an escape pair, and one
character outside the alphabet makes the whole text UCS-2. `chatline/static/staff/segments.js` counts the same in the
composer; `tests/sms/test_segments.py` holds the two together.
"""

import json
import unicodedata
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Literal

import regex

Encoding = Literal["GSM-7", "UCS-2"]

_FILE = Path(__file__).resolve().parent.parent / "static" / "staff" / "alphabet.js"


def _table() -> dict[str, Any]:
    source = _FILE.read_text(encoding="utf-8")
    table: dict[str, Any] = json.loads(source[source.index("{") : source.rindex("}") + 1])
    return table


_TABLE = _table()
_SEPTETS = dict.fromkeys(_TABLE["basic"], 1) | dict.fromkeys(_TABLE["extension"], 2)
_FULL_WIDTH = {chr(0xFEE0 + code): chr(code) for code in range(0x21, 0x7F)}
_PLAIN = str.maketrans(_FULL_WIDTH | {char: to for to, chars in _TABLE["alike"].items() for char in chars})


@dataclass(frozen=True, slots=True)
class Segments:
    """What a text costs: `parts` is what is paid for. `units` are septets in GSM-7, UTF-16 units in UCS-2.

    `lengths` gives for each part its length in UTF-16 units, whatever the encoding.
    """

    encoding: Encoding
    parts: int
    units: int
    lengths: tuple[int, ...]


def count(text: str) -> Segments:
    if all(char in _SEPTETS for char in text):
        return _fill("GSM-7", [(_SEPTETS[char], 1) for char in text], single=160, part=153)
    return _fill("UCS-2", [(size, size) for size in map(_utf16, _graphemes(text))], single=70, part=67)


def plain(text: str) -> str:
    """The same words in characters that are likely to be in the cheap alphabet.

    Accents, letters of other scripts and emoji stay as they are. It may be longer than before ("…" is one character,
    "..." three), so that it is not always cheaper.
    """
    return unicodedata.normalize("NFC", text).translate(_PLAIN)


def _graphemes(text: str) -> list[str]:
    """What a reader sees as one character; but CRLF counts as two, as the provider has it."""
    return list(chain.from_iterable(one if one == "\r\n" else [one] for one in regex.findall(r"\X", text)))


def _utf16(text: str) -> int:
    return sum(2 if char > "\uffff" else 1 for char in text)


def _fill(encoding: Encoding, pieces: list[tuple[int, int]], *, single: int, part: int) -> Segments:
    """`pieces` are what may not be cut: for each its cost in units, and its length."""
    units = sum(cost for cost, _ in pieces)
    if units <= single:
        return Segments(encoding, 1, units, (sum(length for _, length in pieces),))
    lengths, used = [0], 0
    for cost, length in pieces:
        if used + cost > part:
            lengths.append(0)
            used = 0
        used += cost
        lengths[-1] += length
    return Segments(encoding, len(lengths), units, tuple(lengths))
