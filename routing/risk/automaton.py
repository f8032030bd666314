"""Finds every phrase in one pass: however many phrases there are, a word costs one look in a table.

A thread begins at each word that can begin a phrase and dies at the first word that no phrase goes on with; those
alive after a word are a front. Threads and fronts are worked out as words come (a lazy subset construction), keyed
by words of the phrases and never by anybody else's, and forgotten when there are too many.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from routing.risk.grammar import ANY, LARGE, NUMBER, Graph
from routing.risk.normalise import STOP

_Edges = dict[str, tuple[int, ...]]  # from a state, by a word, to states

MOST = 20_000  # threads or fronts, a kilobyte each; a day of very different talk meets about as many


@dataclass(frozen=True, slots=True)
class Hit:
    """Words `start` to `end`, end exclusive, match a phrase of `owner`."""

    owner: int
    start: int
    end: int


@dataclass(slots=True, eq=False)
class _Thread:
    """Where one reading of phrases stands, `ends` being the phrases that are complete there."""

    states: frozenset[int]
    ends: tuple[int, ...] = ()
    after: dict[str, _Thread] = field(default_factory=dict)
    edges: _Edges | None = None  # of all its states together, once somebody asks


@dataclass(slots=True, eq=False)
class _Front:
    """The threads alive after some word, the oldest first."""

    threads: tuple[_Thread, ...]
    ends: bool
    after: dict[str, _Move] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class _Move:
    """To a front by one word. `came` says of each of its threads which it was before, or that it began here."""

    front: _Front
    came: tuple[int, ...]


_BEGAN = -1
_DEAD = _Thread(frozenset())


class Automaton:
    """Reads word lists against a finished graph."""

    def __init__(self, graph: Graph) -> None:
        # Tuples of numbers: the garbage collector learns to pass them by, and a full collection stays short.
        self._edges = [_fixed(edges) for edges in graph.edges]
        self._skips = [tuple(skips) for skips in graph.skips]
        self._ends = graph.ends
        self._words = frozenset(word for edges in graph.edges for word in edges)
        self._begin = frozenset(self._closed([0]))
        self._new = _Thread(self._begin)
        self._threads: dict[frozenset[int], _Thread] = {}
        self._forget_fronts()

    def _forget_fronts(self) -> None:
        self._rest = _Front((), False)
        self._fronts: dict[tuple[_Thread, ...], _Front] = {(): self._rest}

    def find(self, words: Sequence[str]) -> list[Hit]:
        """Every match, each phrase at its longest for the place it ends; time is linear in `words`."""
        hits: list[Hit] = []
        path: list[_Move] = []
        known, front = self._words, self._rest
        for word in words:
            key = word if word in known else (ANY if word.isalpha() else _kind(word))
            move = front.after.get(key) or self._move(front, key)
            path.append(move)
            front = move.front
            if front.ends:
                self._report(path, hits)
        return hits

    def _report(self, path: Sequence[_Move], hits: list[Hit]) -> None:
        """Add what ends at the end of `path`; the oldest threads come first, so each phrase is at its longest."""
        seen: set[int] = set()
        for number, thread in enumerate(path[-1].front.threads):
            for end in thread.ends:
                if end not in seen:
                    seen.add(end)
                    hits.append(Hit(self._ends[end], _beginning(path, number), len(path)))

    def _move(self, front: _Front, key: str) -> _Move:
        """Where `front` goes by `key`: what is left of its threads, and the one that begins here."""
        came: dict[_Thread, int] = {}
        for number, thread in enumerate((*front.threads, self._new)):
            following = thread.after.get(key) or self._step(thread, key)
            if following is not _DEAD:
                came.setdefault(following, number if number < len(front.threads) else _BEGAN)
        threads = tuple(came)
        known = self._fronts.get(threads)
        if known is None:
            if len(self._fronts) >= MOST:
                self._forget_fronts()
            known = self._fronts[threads] = _Front(threads, any(thread.ends for thread in threads))
        move = front.after[key] = _Move(known, tuple(came.values()))
        return move

    def _step(self, thread: _Thread, key: str) -> _Thread:
        states = self._after(thread, key)
        following = self._threads.get(states) if states else _DEAD
        if following is None:
            if len(self._threads) >= MOST:
                self._new.after.clear()
                self._threads.clear()
            ends = tuple(sorted(state for state in states if state in self._ends))
            following = self._threads[states] = _Thread(states, ends)
        thread.after[key] = following
        return following

    def _after(self, thread: _Thread, key: str) -> frozenset[int]:
        """The states that the word `key` leads to, with all that follow without a word."""
        if thread.edges is None:
            edges: dict[str, list[int]] = defaultdict(list)
            for state in thread.states:
                for word, targets in self._edges[state].items():
                    edges[word].extend(targets)
            thread.edges = _fixed(edges)
        reached = [target for label in _labels(key) for target in thread.edges.get(label, ())]
        return frozenset(self._closed(reached)) if reached else frozenset()

    def _closed(self, states: Iterable[int]) -> set[int]:
        todo = list(states)
        closed = set(todo)
        while todo:
            for following in self._skips[todo.pop()]:
                if following not in closed:
                    closed.add(following)
                    todo.append(following)
        return closed


def _beginning(path: Sequence[_Move], number: int) -> int:
    """The word at which the thread began that is the `number`-th at the end of `path`."""
    place = len(path)
    while number != _BEGAN:
        place -= 1
        number = path[place].came[number]
    return place


def _kind(word: str) -> str:
    """What an unlisted word is to a phrase: the end of a sentence, a large number, a number, or just some word."""
    if word == STOP:
        return STOP
    if word.isdecimal():
        return LARGE if len(word) > 1 else NUMBER
    return ANY


def _labels(key: str) -> tuple[str, ...]:
    """The edges a word may take; none lead across the end of a sentence."""
    if key == STOP:
        return ()
    if key == ANY:
        return (ANY,)
    if key == NUMBER or (key.isdecimal() and len(key) == 1):
        return (key, NUMBER, ANY) if key != NUMBER else (NUMBER, ANY)
    if key == LARGE or key.isdecimal():
        return (key, LARGE, NUMBER, ANY) if key != LARGE else (LARGE, NUMBER, ANY)
    return (key, ANY)


def _fixed(edges: Mapping[str, Sequence[int]]) -> _Edges:
    return {word: tuple(targets) for word, targets in edges.items()}
