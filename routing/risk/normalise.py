"""Words: what was typed becomes the words that phrases are written in, each knowing where it came from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from routing.risk.fold import Folder

STOP = "."  # the word that stands for the end of a sentence; no phrase reaches across it

_PAUSES = frozenset(".!?;,:\n")
_TOKEN = re.compile(r"[$@]?[^\W_](?:[^\W_]|['@$!*|](?=[^\W_]))*|\n+|[.!?;,:]+")
_SPACED = re.compile(r"(?<![^\W_])[a-z](?:[ ._*-]{1,3}[a-z]){2,}(?![^\W_])")
_THRICE = re.compile(r"([^\W\d_])\1\1+")
_PARTS = re.compile(r"[0-9]+|[^0-9]+")
_NUMBERED = re.compile(r"[0-9]+[a-z]{0,3}|[a-z][0-9]+")  # 988, 800mg, 3am, 2nd; a4, b12
_SIGNS = re.compile(r"[@$!*|]+")
_LEET = str.maketrans("0134578@$!|", "oieastbasil")
_LEET_ELL = str.maketrans("0134578@$!|", "oleastbasll")
_APOSTROPHES = {"m": "am", "re": "are", "ve": "have", "ll": "will", "d": "would"}
_IS = frozenset("he she it that what who there here where how everything".split())
_ALPHABET = "abcdefghijklmnopqrstuvwxyz"

_Piece = tuple[str, int, int]  # a token, and where it starts and ends in the folded text


@dataclass(slots=True)
class Words:
    """A text as words: `starts` and `ends` are original code points; `commas` the words a comma precedes."""

    words: list[str] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    commas: set[int] = field(default_factory=set)
    foreign: bool = False


class Normaliser:
    """Reads texts by the tables of `spelling.toml`.

    `chat` maps a spelling to the words meant, `stems` are the words worth repairing, `common` the words that
    are never taken for a misspelt stem, `glue` what may stand between stems in letters written apart.
    """

    def __init__(self, tables: Mapping[str, Any]) -> None:
        self._fold = Folder(_pairs(tables["lookalikes"]), tables["emoji"])
        self._stems = frozenset(tables["stems"])
        self._table: dict[str, tuple[str, ...]] = {
            **_repairs(self._stems, frozenset(tables["common"])),
            **{spelt: tuple(meant.split()) for spelt, meant in tables["chat"].items()},
        }
        self._halves = {(s[:cut], s[cut:]): s for s in self._stems if len(s) > 5 for cut in range(1, len(s))}
        apart = sorted({*self._stems, *tables["glue"]}, key=len, reverse=True)
        self._apart = re.compile("|".join(map(re.escape, apart)))

    def __call__(self, text: str) -> Words:
        """Read `text`; what it costs grows with its length and nothing else."""
        folded = self._fold(text)
        found = Words(foreign=folded.foreign)
        table, halves = self._table, self._halves
        words, starts, ends = found.words, found.starts, found.ends
        before, stretched = "", _THRICE.search(folded.text) is not None
        for raw, start, end in self._pieces(folded.text):
            if folded.at is not None:
                start, end = folded.span(start, end)
            if raw[-1] in _PAUSES:
                _pause(raw, found, start, end)
                before = ""
                continue
            meant = table.get(raw) or (self.spell(raw) if stretched or not raw.isalpha() else (raw,))
            if (before, raw) in halves:
                meant = (halves[before, raw],)
                words.pop()
                ends.pop()
                start = starts.pop()
            before = raw
            for word in meant:
                words.append(word)
                starts.append(start)
                ends.append(end)
        return found

    def spell(self, raw: str) -> tuple[str, ...]:
        """The words meant by one folded token: `can't` is can not, `k1lll` is kill, `800mg` is 800 mg."""
        meant = self._table.get(raw)
        if meant is not None:
            return meant
        if raw.isalpha():
            return self._unstretched(raw)
        if "'" in raw:
            return self._apart_at_apostrophe(raw)
        if raw.isdecimal():
            return (raw,)
        return self._unleet(raw)

    def _unstretched(self, word: str) -> tuple[str, ...]:
        if not _THRICE.search(word):
            return (word,)
        for keep in (r"\1\1", r"\1"):
            shorter = _THRICE.sub(keep, word)
            if shorter in self._stems:
                return (shorter,)
            if shorter in self._table:
                return self._table[shorter]
        return (_THRICE.sub(r"\1", word),)

    def _apart_at_apostrophe(self, raw: str) -> tuple[str, ...]:
        joined = raw.replace("'", "")
        if joined.endswith("nt") and joined in self._table:
            return self._table[joined]
        head, _, tail = raw.partition("'")
        if tail in _APOSTROPHES:
            return (*self.spell(head), _APOSTROPHES[tail])
        if tail == "s":
            return (*self.spell(head), "is") if head in _IS else self.spell(head)
        return self.spell(joined)

    def _unleet(self, raw: str) -> tuple[str, ...]:
        for table in (_LEET_ELL, _LEET):
            plain = raw.translate(table).replace("*", "")
            if plain in self._stems or plain in self._table:
                return self._table.get(plain, (plain,))
        if _NUMBERED.fullmatch(raw):
            return tuple(_PARTS.findall(raw))
        if raw.isalnum():
            return self._unstretched(raw.translate(_LEET))
        return tuple(word for part in _SIGNS.split(raw) if part for word in self.spell(part))

    def _pieces(self, text: str) -> list[_Piece]:
        """Tokens with their places in the folded text; letters written apart come joined."""
        pieces: list[_Piece] = []
        done = 0
        for run in _SPACED.finditer(text):
            joined = self._joined(run.group(), run.start())
            if joined:
                pieces += _tokens(text, done, run.start())
                pieces += joined
                done = run.end()
        return pieces + _tokens(text, done, len(text))

    def _joined(self, run: str, offset: int) -> list[_Piece]:
        """`s.u.i.c.i.d.e` as one token; nothing unless every letter is used and a word comes out."""
        places = [offset + i for i, char in enumerate(run) if "a" <= char <= "z"]
        letters = "".join(char for char in run if "a" <= char <= "z")
        found = [
            (m.group(), places[m.start()], places[m.end() - 1] + 1) for m in self._apart.finditer(letters)
        ]
        whole = sum(len(word) for word, _, _ in found) == len(letters)
        return found if whole and any(len(word) > 2 for word, _, _ in found) else []


def _tokens(text: str, start: int, end: int) -> list[_Piece]:
    return [(match.group(), match.start(), match.end()) for match in _TOKEN.finditer(text, start, end)]


def _pause(raw: str, found: Words, start: int, end: int) -> None:
    """A stop ends the sentence; a comma, a colon or trailing dots only mark the place."""
    hesitates = raw[0] in ",:" or (len(raw) > 1 and set(raw) == {"."})
    if hesitates:
        found.commas.add(len(found.words))
    elif found.words and found.words[-1] != STOP:
        found.words.append(STOP)
        found.starts.append(start)
        found.ends.append(end)


def _pairs(rows: Mapping[str, str]) -> dict[str, str]:
    """`{"a": "аα"}` (plain letter: its look-alikes) as `{"а": "a", "α": "a"}`."""
    return {char: plain for plain, chars in rows.items() for char in chars}


def _repairs(stems: frozenset[str], common: frozenset[str]) -> dict[str, tuple[str, ...]]:
    """Every spelling one slip away from a stem of six letters or more; shorter stems only lose a letter to `*`."""
    repairs: dict[str, tuple[str, ...]] = {}
    for stem in sorted(stems, key=lambda stem: (len(stem), stem)):
        slips = set(_masked(stem))
        if len(stem) > 5:
            slips.update(_slips(stem))
        for slip in slips - common - stems:
            repairs.setdefault(slip, (stem,))
    return repairs


def _masked(stem: str) -> Iterator[str]:
    return (stem[:i] + "*" + stem[i + 1 :] for i in range(1, len(stem) - 1))


def _slips(stem: str) -> Iterator[str]:
    for i in range(len(stem)):
        head, tail = stem[:i], stem[i:]
        yield head + tail[1:]
        if len(tail) > 1:
            yield head + tail[1] + tail[0] + tail[2:]
        for letter in _ALPHABET:
            yield head + letter + tail[1:]
            yield head + letter + tail
