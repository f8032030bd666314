"""Characters: every disguise of a letter becomes the plain letter, and each remembers where it stood."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

LONGEST = (
    8  # letters one character may unfold into; a few ligatures would otherwise swell a text eighteenfold
)
FOREIGN_SHARE = 0.5  # of the letters; above it the phrases, which are Latin, have not really read the text
_RARE = re.compile(r"[^\x00-\x7f]")


@dataclass(frozen=True, slots=True)
class Folded:
    """Lower-case plain text. `at[i]` is the original index of `text[i]`, with one entry more for the end.

    `at` is None when nothing moved; `foreign` when most letters belong to another script.
    """

    text: str
    at: list[int] | None = None
    foreign: bool = False

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The original half-open span behind `text[start:end]`, marks that were removed after it included."""
        if self.at is None:
            return start, end
        return self.at[start], max(self.at[end - 1] + 1, self.at[end])


class Folder:
    """Folds texts by a table of look-alike letters and one of emoji that stand for words."""

    def __init__(self, lookalikes: Mapping[str, str], emoji: Mapping[str, str]) -> None:
        self._table = {**lookalikes, **{sign: f" {word} " for sign, word in emoji.items()}}
        # Keyed by single characters, so it can hold nothing of what anybody wrote.
        self._plain = functools.lru_cache(maxsize=4096)(self._unfold)

    def __call__(self, text: str) -> Folded:
        """Fold `text`. ASCII, and single letters for single letters, keep their places."""
        if text.isascii():
            return Folded(text.lower())
        rare = Counter(_RARE.findall(text))
        plain = {char: self._plain(char) for char in rare}
        foreign = self._is_foreign(text, rare)
        if all(len(letter) == 1 for letter in plain.values()):
            return Folded(
                text.translate({ord(char): letter for char, letter in plain.items()}).lower(), None, foreign
            )
        pieces = [plain.get(char) or ("" if char in plain else char.lower()) for char in text]
        at = [place for place, piece in enumerate(pieces) for _ in piece]
        at.append(len(text))
        return Folded("".join(pieces), at, foreign)

    @staticmethod
    def _is_foreign(text: str, rare: Mapping[str, int]) -> bool:
        foreign = sum(times for char, times in rare.items() if char.isalpha() and not _is_latin(char))
        return foreign > 0 and foreign > sum(map(str.isalpha, text)) * FOREIGN_SHARE

    def _unfold(self, char: str) -> str:
        if char in self._table:
            return self._table[char]
        plain = unicodedata.normalize("NFKD", char).casefold()
        seen = (self._table.get(part, part) for part in plain if unicodedata.category(part) not in _UNSEEN)
        return "".join(seen)[:LONGEST]


# Combining marks, format characters such as the zero-width ones, and variation selectors carry no letter.
_UNSEEN = frozenset(("Mn", "Me", "Cf", "Cs", "Co"))


@functools.lru_cache(maxsize=4096)
def _is_latin(char: str) -> bool:
    name = unicodedata.name(unicodedata.normalize("NFKD", char)[0], "")
    return name.startswith(("LATIN", "MODIFIER", "FEMININE", "MASCULINE", "MATHEMATICAL"))
