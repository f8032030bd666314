"""Characters: every disguise of a letter becomes the plain letter, and each remembers where it stood."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

LONGEST = (
    8  # letters one character may unfold into; a few ligatures would otherwise swell a text eighteenfold
)
MOST_SIGNS = 200  # emoji of a text that are read as words; a text with more has not really been read
FOREIGN_SHARE = 0.5  # of the letters; above it the phrases, which are Latin, have not really read the text
_RARE = re.compile(r"[^\x00-\x7f]")
_RARE_RUNS = re.compile(r"[^\x00-\x7f]+")
_FEW = 12  # different letters up to which replacing one after the other is quicker than a table


@dataclass(frozen=True, slots=True)
class Folded:
    """Lower-case plain text. `at[i]` is the original index of `text[i]`, with one entry more for the end.

    `at` is None when nothing moved; `foreign` when most letters belong to another script, or emoji have no end.
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
        rare = "".join(_RARE_RUNS.findall(text))
        plain = {char: self._plain(char) for char in set(rare)}
        foreign = self._is_foreign(text, rare, plain)
        if any(len(letter) != 1 for letter in plain.values()):
            return self._moved(text, plain, foreign)
        if len(plain) > _FEW:
            return Folded(
                text.translate({ord(char): letter for char, letter in plain.items()}).lower(), None, foreign
            )
        for char, letter in plain.items():
            text = text.replace(char, letter)
        return Folded(text.lower(), None, foreign)

    @staticmethod
    def _moved(text: str, plain: Mapping[str, str], foreign: bool) -> Folded:
        """What comes of characters that unfold into several or none, each remembering its place."""
        pieces: list[str] = []
        at: list[int] = []
        done = 0
        signs = 0
        for match in _RARE.finditer(text):
            place, letters = match.start(), plain[match.group()]
            if letters[:1] == " ":
                signs += 1
                letters = letters if signs <= MOST_SIGNS else ""
            pieces += (text[done:place], letters)
            at += range(done, place)
            at += (place,) * len(letters)
            done = place + 1
        pieces.append(text[done:])
        at += range(done, len(text) + 1)
        return Folded("".join(pieces).lower(), at, foreign or signs > MOST_SIGNS)

    @staticmethod
    def _is_foreign(text: str, rare: str, plain: Mapping[str, str]) -> bool:
        if not any(char.isalpha() and not _is_latin(char) for char in plain):
            return False
        foreign = sum(char.isalpha() and not _is_latin(char) for char in rare)
        return foreign > sum(map(str.isalpha, text)) * FOREIGN_SHARE

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
