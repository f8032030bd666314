"""Finds every phrase in one pass: however many phrases there are, a word costs one look in a table.

The table is built from the graph as words come (a lazy subset construction), keyed by words of the phrases
and never by anybody else's, and forgotten when it grows too large.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from routing.risk.grammar import ANY, LARGE, NUMBER, Graph
from routing.risk.normalise import STOP

_Edges = dict[str, tuple[int, ...]]  # from a state, by a word, to states

MOST_NODES = 4_000  # a few MB; ordinary talk visits some two thousand


@dataclass(frozen=True, slots=True)
class Hit:
    """Words `start` to `end`, end exclusive, match a phrase of `owner`."""

    owner: int
    start: int
    end: int


@dataclass(slots=True, eq=False)
class _Node:
    states: frozenset[int]
    ends: tuple[int, ...] = ()
    after: dict[str, _Node] = field(default_factory=dict)


class Automaton:
    """Reads word lists against a finished graph."""

    def __init__(self, graph: Graph) -> None:
        # Tuples of numbers: the garbage collector learns to pass them by, and a full collection stays short.
        self._edges = [_fixed(edges) for edges in graph.edges]
        self._skips = [tuple(skips) for skips in graph.skips]
        self._ends = graph.ends
        self._words = frozenset(word for edges in graph.edges for word in edges)
        self._back, self._back_skips = _reversed(graph)
        self._begin = self._beginnings()
        self._begun: dict[str, frozenset[int]] = {}
        self._rest = _Node(frozenset())
        self._nodes = {self._rest.states: self._rest}

    def find(self, words: Sequence[str]) -> list[Hit]:
        """Every match, each phrase at its longest for the place it ends; time is linear in `words`."""
        hits: list[Hit] = []
        node = self._rest
        known = self._words
        for place, word in enumerate(words):
            if word == STOP:
                node = self._rest
                continue
            key = word if word in known else _kind(word)
            node = node.after.get(key) or self._step(node, key)
            for end in node.ends:
                hits.append(Hit(self._ends[end], self._start(words, end, place), place + 1))
        return hits

    def _step(self, node: _Node, key: str) -> _Node:
        begun = self._begun.get(key)
        if begun is None:
            begun = self._begun[key] = frozenset(self._after(self._begin, (0,), key))
        states = begun.union(self._after(self._edges, node.states, key)) if node.states else begun
        following = self._nodes.get(states)
        if following is None:
            following = self._keep(states)
        node.after[key] = following
        return following

    def _after(
        self, edges: Sequence[Mapping[str, Sequence[int]]], states: Iterable[int], key: str
    ) -> set[int]:
        """The states that the word `key` leads to, with all that follow without a word."""
        labels = _labels(key)
        reached: list[int] = []
        for state in states:
            out = edges[state]
            for label in labels:
                if label in out:
                    reached.extend(out[label])
        return self._closed(reached, self._skips)

    def _beginnings(self) -> list[_Edges]:
        """The first words of all phrases as the edges of one state."""
        edges: dict[str, list[int]] = defaultdict(list)
        for state in self._closed([0], self._skips):
            for word, targets in self._edges[state].items():
                edges[word].extend(targets)
        return [_fixed(edges)]

    def _keep(self, states: frozenset[int]) -> _Node:
        if len(self._nodes) >= MOST_NODES:
            self._rest = _Node(frozenset())
            self._nodes = {self._rest.states: self._rest}
        ends = tuple(sorted(state for state in states if state in self._ends))
        node = self._nodes[states] = _Node(states, ends)
        return node

    def _start(self, words: Sequence[str], end: int, place: int) -> int:
        """The earliest word at which the phrase that ends with `words[place]` can have begun."""
        states = self._closed([end], self._back_skips)
        start = place
        while place >= 0 and words[place] != STOP:
            word = words[place]
            labels = _labels(word if word in self._words else _kind(word))
            reached = [
                source for state in states for label in labels for source in self._back[state].get(label, ())
            ]
            if not reached:
                break
            states = self._closed(reached, self._back_skips)
            if 0 in states:
                start = place
            place -= 1
        return start

    @staticmethod
    def _closed(states: Iterable[int], skips: Sequence[Sequence[int]]) -> set[int]:
        todo = list(states)
        closed = set(todo)
        while todo:
            for following in skips[todo.pop()]:
                if following not in closed:
                    closed.add(following)
                    todo.append(following)
        return closed


def _kind(word: str) -> str:
    """What an unlisted word is to a phrase: a large number, a number, or just some word."""
    if word.isdecimal():
        return LARGE if len(word) > 1 else NUMBER
    return ANY


def _labels(key: str) -> tuple[str, ...]:
    """The edges a word may take."""
    if key == ANY:
        return (ANY,)
    if key == NUMBER or (key.isdecimal() and len(key) == 1):
        return (key, NUMBER, ANY) if key != NUMBER else (NUMBER, ANY)
    if key == LARGE or key.isdecimal():
        return (key, LARGE, NUMBER, ANY) if key != LARGE else (LARGE, NUMBER, ANY)
    return (key, ANY)


def _fixed(edges: Mapping[str, Sequence[int]]) -> _Edges:
    return {word: tuple(targets) for word, targets in edges.items()}


def _reversed(graph: Graph) -> tuple[list[_Edges], list[tuple[int, ...]]]:
    back: list[dict[str, list[int]]] = [defaultdict(list) for _ in graph.edges]
    back_skips: list[list[int]] = [[] for _ in graph.skips]
    for source, edges in enumerate(graph.edges):
        for word, targets in edges.items():
            for target in targets:
                back[target][word].append(source)
    for source, targets in enumerate(graph.skips):
        for target in targets:
            back_skips[target].append(source)
    return [_fixed(edges) for edges in back], [tuple(skips) for skips in back_skips]
