"""A text that is too long for the provider becomes several, each a message of its own on the phone.

Pure, and always the same for the same text, because a delivery remembers only the number of its part.
`chatline/static/staff/parts.js` splits alike, so that the composer can say what will come of it.
"""

from collections.abc import Callable, Sequence

import regex

MOST = 1_600
"""UTF-16 units in one text; more is refused with 21617 (reference: the provider's error dictionary)."""

_BLANKS = frozenset(" \t\r\n") | {"\r\n"}
_LINE_ENDS = frozenset("\r\n") | {"\r\n"}
_STOPS = frozenset(".!?…؟۔।")
_WIDE_STOPS = frozenset("。！？")  # after these no blank is written
_CLOSERS = frozenset("\"'”’»)]")


def split(text: str, most: int = MOST) -> list[str]:
    """The parts in which a text is sent, each of at most `most` UTF-16 units; one that fits stays as it is.

    A part is as long as it can be while it is at least half full and ends at the best place there is: the end of a
    sentence, else of a line, else of a word, else between two graphemes. A grapheme is cut, between its characters,
    only if it is longer than a part. Blanks (space, tab, line end) on both sides of a cut and at the two ends of a
    split text are left out; nothing else is lost, changed or said twice. A part is never empty, so a text that is
    all blanks and does not fit has none.
    """
    if units(text) <= most:
        return [text]
    rest: Sequence[str] = _pieces(text, most)
    parts = []
    while rest := _without_blanks_before(rest):
        cut = _cut(rest, most)
        if part := _without_blanks_after(rest[:cut]):
            parts.append("".join(part))
        rest = rest[cut:]
    return parts


def units(text: str) -> int:
    """The length as the provider measures it: UTF-16 units."""
    return sum(2 if char > "\uffff" else 1 for char in text)


def _pieces(text: str, most: int) -> list[str]:
    graphemes: list[str] = regex.findall(r"\X", text)
    return [piece for one in graphemes for piece in (one if units(one) > most else [one])]


def _cut(pieces: Sequence[str], most: int) -> int:
    """How many of the pieces the next part takes."""
    half, fits = _how_many_fit(pieces, most // 2), _how_many_fit(pieces, most)
    if fits == len(pieces):
        return fits
    for ends in (_sentence_ends, _line_ends, _word_ends):
        if place := _last(pieces, ends, half, fits):
            return place
    return fits


def _how_many_fit(pieces: Sequence[str], most: int) -> int:
    used = 0
    for place, piece in enumerate(pieces):
        used += units(piece)
        if used > most:
            return place
    return len(pieces)


Ends = Callable[[Sequence[str], int], bool]


def _last(pieces: Sequence[str], ends: Ends, half: int, fits: int) -> int | None:
    return next((place for place in range(fits, max(half, 1) - 1, -1) if ends(pieces, place)), None)


def _sentence_ends(pieces: Sequence[str], place: int) -> bool:
    """Whether the piece before `place` is the last of a sentence; quotes and brackets may follow the stop."""
    last = place - 1
    while last > 0 and pieces[last] in _CLOSERS:
        last -= 1
    return pieces[last] in _WIDE_STOPS or (pieces[last] in _STOPS and pieces[place] in _BLANKS)


def _line_ends(pieces: Sequence[str], place: int) -> bool:
    return pieces[place] in _LINE_ENDS


def _word_ends(pieces: Sequence[str], place: int) -> bool:
    return pieces[place] in _BLANKS


def _without_blanks_before(pieces: Sequence[str]) -> Sequence[str]:
    start = next((place for place, piece in enumerate(pieces) if piece not in _BLANKS), len(pieces))
    return pieces[start:]


def _without_blanks_after(pieces: Sequence[str]) -> Sequence[str]:
    end = next((place for place in range(len(pieces), 0, -1) if pieces[place - 1] not in _BLANKS), 0)
    return pieces[:end]
