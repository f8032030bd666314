"""The small language phrases are written in, and the graph of words that it stands for.

    want to (die|be dead)       words, and one of several
    i [really] want to          something that may be left out
    {kill_self} [right] now     a list of words by its name in words.toml
    took ... pills              up to three other words of the same sentence
    took ## pills               `#` any number, `##` one of two digits or more

There is no "any number of times": a phrase has a longest match, which keeps reading linear.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

ANY, NUMBER, LARGE = "*", "#", "##"
GAP_WORDS = 3
_DEEPEST = 8  # lists within lists; more is a list that names itself

_SYMBOL = re.compile(r"\.\.\.|[()\[\]|]|\{[a-z_]+\}|##?|[^\s()\[\]{}|#]+")
_SIGNS = frozenset((")", "]", "|"))


class PhraseError(ValueError):
    """A phrase or list that cannot be read; the message quotes it."""


@dataclass(slots=True)
class Graph:
    """States and the words that lead from one to the next. State 0 is where every phrase begins."""

    edges: list[dict[str, list[int]]] = field(default_factory=lambda: [{}])
    skips: list[list[int]] = field(default_factory=lambda: [[]])
    ends: dict[int, int] = field(default_factory=dict)

    def state(self) -> int:
        self.edges.append({})
        self.skips.append([])
        return len(self.edges) - 1

    def join(self, source: int, word: str, target: int) -> None:
        self.edges[source].setdefault(word, []).append(target)


class Writer:
    """Adds phrases to a graph. `lists` are the named word lists, `spell` the normaliser's spelling of a word."""

    def __init__(
        self, graph: Graph, lists: Mapping[str, Sequence[str]], spell: Callable[[str], Sequence[str]]
    ) -> None:
        self._graph = graph
        self._lists = lists
        self._spell = spell

    def add(self, phrase: str, owner: int) -> None:
        """Add one phrase whose matches belong to `owner`. Raises PhraseError."""
        end = self._graph.state()
        self._phrase(phrase, 0, end, 0)
        if end in self._graph.skips[0]:
            raise PhraseError(f"the phrase can match nothing at all: {phrase!r}")
        if ANY in self._graph.edges[0]:
            raise PhraseError(f"a phrase cannot begin with a gap: {phrase!r}")
        self._graph.ends[end] = owner

    def _phrase(self, phrase: str, entry: int, end: int, depth: int) -> None:
        if depth > _DEEPEST:
            raise PhraseError(f"a list names itself: {phrase!r}")
        symbols = _SYMBOL.findall(phrase)
        symbols.reverse()
        self._sequence(symbols, entry, end, depth)
        if symbols:
            raise PhraseError(f"unexpected {symbols[-1]!r} in {phrase!r}")

    def _sequence(self, symbols: list[str], entry: int, end: int, depth: int) -> None:
        """From `entry` to `end`; the last item leads straight there, which keeps the graph small."""
        if not symbols or symbols[-1] in _SIGNS:
            raise PhraseError("something is missing between brackets or bars")
        while symbols and symbols[-1] not in _SIGNS:
            entry = self._item(symbols, entry, end, depth)

    def _item(self, symbols: list[str], entry: int, end: int, depth: int) -> int:
        symbol = symbols.pop()
        inner = self._inside(symbols, ")" if symbol == "(" else "]") if symbol in "([" else []
        is_last = not symbols or symbols[-1] in _SIGNS
        after = end if is_last else self._graph.state()
        if symbol in "([":
            self._choice(inner, entry, after, depth)
            if symbol == "[":
                self._graph.skips[entry].append(after)
        elif symbol == "...":
            self._gap(entry, after)
        elif symbol.startswith("{"):
            self._list(symbol[1:-1], entry, after, depth)
        else:
            self._chain([symbol] if symbol in (NUMBER, LARGE) else self._spell(symbol.lower()), entry, after)
        return after

    @staticmethod
    def _inside(symbols: list[str], closing: str) -> list[str]:
        """Take what stands before the closing sign of a bracket that was just opened, in reading order reversed."""
        inner: list[str] = []
        open_brackets = 1
        while symbols:
            symbol = symbols.pop()
            open_brackets += (symbol in "([") - (symbol in ")]")
            if open_brackets == 0:
                if symbol != closing:
                    break
                inner.reverse()
                return inner
            inner.append(symbol)
        raise PhraseError(f"a {closing!r} is missing")

    def _choice(self, symbols: list[str], entry: int, end: int, depth: int) -> None:
        self._sequence(symbols, entry, end, depth)
        while symbols:
            if symbols.pop() != "|":
                raise PhraseError("a bracket is closed that was never opened")
            self._sequence(symbols, entry, end, depth)

    def _list(self, name: str, entry: int, end: int, depth: int) -> None:
        if name not in self._lists:
            raise PhraseError(f"no list is called {name!r}")
        for phrase in self._lists[name]:
            self._phrase(phrase, entry, end, depth + 1)

    def _gap(self, entry: int, end: int) -> None:
        self._graph.skips[entry].append(end)
        for _ in range(GAP_WORDS - 1):
            following = self._graph.state()
            self._graph.join(entry, ANY, following)
            self._graph.skips[following].append(end)
            entry = following
        self._graph.join(entry, ANY, end)

    def _chain(self, words: Sequence[str], entry: int, end: int) -> None:
        if not words:
            raise PhraseError("a word that is no word")
        for word in words[:-1]:
            following = self._graph.state()
            self._graph.join(entry, word, following)
            entry = following
        self._graph.join(entry, words[-1], end)
