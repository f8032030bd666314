"""Words: what was typed becomes the words that phrases are written in, each knowing where it came from."""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from routing.risk.fold import Folded, Folder

STOP = "."  # the word that stands for the end of a sentence; no phrase reaches across it

_PAUSES = frozenset(".!?;,:")
_SET_APART = (
    (".", " . "),
    (",", " , "),
    ("?", " ? "),
    ("\n", " ! "),
)  # the pauses that never stand for a letter
_TOKEN = re.compile(r"(?:[^\W_]|[$@])[^\W_]*(?:['@$!*|][^\W_]+)*|[.!?;,:]")
_SPACED = re.compile(r"(?<![^\W_])[a-z](?:[ ._*-]{1,3}[a-z]){2,}(?![^\W_])")
_SPACED_HINT = re.compile(r"[ ._*-][a-z][ ._*-]{1,3}[a-z](?![a-z0-9])")  # thirty times as quick to rule out
_THRICE = re.compile(r"([^\W\d_])\1\1+")
_ALPHABET = "abcdefghijklmnopqrstuvwxyz"
_TRIPLES = tuple(letter * 3 for letter in _ALPHABET)
_PARTS = re.compile(r"[0-9]+|[^0-9]+")
_NUMBERED = re.compile(r"[0-9]+[a-z]{0,3}|[a-z][0-9]+")  # 988, 800mg, 3am, 2nd; a4, b12
_SIGNS = re.compile(r"[@$!*|]+")
_LEET = str.maketrans("0134578@$!|", "oieastbasil")
_STROKES = re.compile(r"[1!|]")  # an i or an l
_MOST_STROKES = 3  # in a token whose readings are all tried
_APOSTROPHES = {"m": "am", "re": "are", "ve": "have", "ll": "will", "d": "would"}
_IS = frozenset("he she it that what who there here where how everything".split())
_CONTRACTED = ("i", "you", "we", "they", *_IS)
_WHOLE = frozenset(
    "a al as at de do e en es in irme is it la las le lo me no o on or se so te to us y".split()
)  # no second half of a word


@dataclass(slots=True)
class Words:
    """A text as words. `commas` are the words that a comma precedes; `starts`, `ends` original code points.

    Where the words stand is worked out when somebody asks: most messages hold nothing worth quoting.
    """

    folded: Folded
    words: list[str] = field(default_factory=list)
    raws: list[str] = field(
        default_factory=list
    )  # for each word what was typed; nothing if it shares the last one's
    commas: set[int] = field(default_factory=set)
    halves: dict[int, str] = field(default_factory=dict)  # the second half of a word typed as two
    _places: list[tuple[int, int]] | None = None

    @property
    def foreign(self) -> bool:
        return self.folded.foreign

    @property
    def starts(self) -> list[int]:
        return [self.span(word, word + 1)[0] for word in range(len(self.words))]

    @property
    def ends(self) -> list[int]:
        return [self.span(word, word + 1)[1] for word in range(len(self.words))]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The half-open span of the original text behind the words `start` to `end`, end exclusive."""
        if self._places is None:
            self._places = self._located()
        begins, ends = self._places[start], self._places[end - 1]
        return self.folded.span(*begins)[0], self.folded.span(*ends)[1]

    def _located(self) -> list[tuple[int, int]]:
        places: list[tuple[int, int]] = []
        text, start, end = self.folded.text, 0, 0
        for word, raw in enumerate(self.raws):
            if raw:
                start = text.index(raw, end)
                end = start + len(raw)
            if word in self.halves:
                end = text.index(self.halves[word], end) + len(self.halves[word])
            places.append((start, end))
        return places


class Normaliser:
    """Reads texts by the tables of `spelling.toml`.

    `chat` maps a spelling to the words meant, `stems` are the words worth repairing, `common` the words that
    are never taken for a misspelt stem, `apart` what is typed as two words, and `glue` what may stand between
    stems in letters written apart.
    """

    def __init__(self, tables: Mapping[str, Any]) -> None:
        self._fold = Folder(_pairs(tables["lookalikes"]), tables["emoji"])
        self._stems = frozenset(tables["stems"])
        chat = {spelt: tuple(meant.split()) for spelt, meant in tables["chat"].items()}
        self._table: dict[str, tuple[str, ...]] = {
            **_repairs(self._stems, frozenset(tables["common"])),
            **chat,
            **{f"{spelt[:-1]}'t": meant for spelt, meant in chat.items() if spelt.endswith("nt")},
        }
        self._table |= {
            f"{head}'{tail}": self._apart_at_apostrophe(f"{head}'{tail}")
            for head in _CONTRACTED
            for tail in (*_APOSTROPHES, "s")
        }
        self._halves = _halves(self._stems, tables["apart"])
        self._special = self._table.keys() | self._halves.keys() | _PAUSES
        apart = sorted({*self._stems, *tables["glue"]}, key=len, reverse=True)
        self._apart = re.compile("|".join(map(re.escape, apart)))

    def __call__(self, text: str) -> Words:
        """Read `text`; what it costs grows with its length and nothing else."""
        folded = self._fold(text)
        if _SPACED_HINT.search(folded.text) or "*" in folded.text:
            folded = self._closed_up(folded)
        found = Words(folded)
        special, words, raws = self._special, found.words, found.raws
        spaced = folded.text
        for pause, apart in _SET_APART:
            spaced = spaced.replace(pause, apart)
        chunks = spaced.split()
        triples = [triple for triple in _TRIPLES if triple in spaced]
        stretched = {chunk for triple in triples for chunk in chunks if triple in chunk}
        for chunk in chunks:
            if chunk.isalpha() and chunk not in special and chunk not in stretched:
                words.append(chunk)
                raws.append(chunk)
            elif chunk in special:
                self._read(chunk, found)
            else:
                for raw in _TOKEN.findall(chunk):
                    self._read(raw, found)
        return found

    def _read(self, raw: str, found: Words) -> None:
        """Add the words that one token means; one word, when with the token before it is a word typed as two."""
        if raw in _PAUSES:
            return _pause(raw, found)
        words, raws = found.words, found.raws
        firsts = self._halves.get(raw)
        if firsts and raws and raws[-1] in firsts and len(words) not in found.commas:
            meant = firsts[raws[-1]].split()
            found.halves[len(words) - 1] = raw
            words[-1:] = meant
            raws += [""] * (len(meant) - 1)
            return None
        for word in self.spell(raw):
            words.append(word)
            raws.append(raw)
            raw = ""
        return None

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
        for plain in _plain_readings(raw):
            if plain in self._stems or plain in self._table:
                return self._table.get(plain, (plain,))
        if _NUMBERED.fullmatch(raw):
            return tuple(_PARTS.findall(raw))
        if raw.isalnum():
            return self._unstretched(raw.translate(_LEET))
        return tuple(word for part in _SIGNS.split(raw) if part for word in self.spell(part))

    def _closed_up(self, folded: Folded) -> Folded:
        """The same text with its letters written apart put together, `s.u.i.c.i.d.e` as `suicide`."""
        text = folded.text
        pieces: list[str] = []
        at: list[int] = []
        done = 0
        for run in _SPACED.finditer(text):
            joined = self._joined(run.group())
            if joined:
                letters = [place for place in range(*run.span()) if "a" <= text[place] <= "z"]
                pieces.append(text[done : run.start()])
                at += range(done, run.start())
                for word in joined:
                    pieces += (word, " ")
                    at += letters[: len(word)]
                    at.append(letters[len(word) - 1] + 1)
                    letters = letters[len(word) :]
                done = run.end()
        pieces.append(text[done:])
        at += range(done, len(text) + 1)
        if folded.at is not None:
            at = [folded.at[place] for place in at]
        return Folded("".join(pieces), at, folded.foreign)

    def _joined(self, run: str) -> list[str]:
        """The words in letters written apart; none unless every letter is used and a real word comes out."""
        letters = "".join(char for char in run if "a" <= char <= "z")
        found = self._apart.findall(letters)
        whole = sum(map(len, found)) == len(letters)
        return found if whole and any(len(word) > 2 for word in found) else []


def _plain_readings(raw: str) -> Iterator[str]:
    """What digits and signs between letters can stand for: `k!l1` is kili, kill, klli or klll."""
    raw = raw.replace("*", "")
    strokes = min(len(_STROKES.findall(raw)), _MOST_STROKES)
    parts = _STROKES.split(raw, _MOST_STROKES)
    for letters in itertools.product("il", repeat=strokes):
        pairs = zip(parts, (*letters, ""), strict=True)
        yield "".join(part + letter for part, letter in pairs).translate(_LEET)


def _pause(raw: str, found: Words) -> None:
    """A stop ends the sentence; a comma, a colon or dots in a row only mark the place."""
    words = found.words
    dots = raw == "." and bool(words) and words[-1] == STOP and found.raws[-1] == "."
    if dots:
        words.pop()
        found.raws.pop()
    if dots or raw in ",:":
        found.commas.add(len(words))
    elif words and words[-1] != STOP and not (raw == "." and len(words) in found.commas):
        words.append(STOP)
        found.raws.append("." if raw == "." else "")


def _pairs(rows: Mapping[str, str]) -> dict[str, str]:
    """`{"a": "аα"}` (plain letter: its look-alikes) as `{"а": "a", "α": "a"}`."""
    return {char: plain for plain, chars in rows.items() for char in chars}


def _repairs(stems: frozenset[str], common: frozenset[str]) -> dict[str, tuple[str, ...]]:
    """Every spelling one slip away from a stem of six letters or more.

    Of shorter ones, a letter lost to `*`, typed twice, or changed for its neighbour.
    """
    repairs: dict[str, tuple[str, ...]] = {}
    for stem in sorted(stems, key=lambda stem: (len(stem), stem)):
        slips = {*_masked(stem), *_doubled(stem), *(_swapped(stem) if len(stem) > 3 else ())}
        if len(stem) > 5:
            slips.update(_slips(stem))
        for slip in slips - common - stems:
            repairs.setdefault(slip, (stem,))
    return repairs


def _halves(stems: frozenset[str], apart: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Second half, first half, and what they mean: a stem of six letters or more, or what `apart` says."""
    halves: dict[str, dict[str, str]] = defaultdict(dict)
    for stem in stems:
        for cut in range(1, len(stem) if len(stem) > 5 else 1):
            if stem[cut:] not in _WHOLE:
                halves[stem[cut:]][stem[:cut]] = stem
    for typed, meant in apart.items():
        first, second = typed.split()
        halves[second][first] = meant
    return dict(halves)


def _masked(stem: str) -> Iterator[str]:
    return (stem[:i] + "*" + stem[i + 1 :] for i in range(1, len(stem) - 1))


def _doubled(stem: str) -> Iterator[str]:
    return (stem[: i + 1] + stem[i:] for i in range(len(stem)))


def _swapped(stem: str) -> Iterator[str]:
    return (stem[:i] + stem[i + 1] + stem[i] + stem[i + 2 :] for i in range(len(stem) - 1))


def _slips(stem: str) -> Iterator[str]:
    for i in range(len(stem)):
        head, tail = stem[:i], stem[i:]
        yield head + tail[1:]
        for letter in _ALPHABET:
            yield head + letter + tail[1:]
            yield head + letter + tail
