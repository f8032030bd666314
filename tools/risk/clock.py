"""What screening costs: ordinary messages, the longest ones, and the worst that a small fuzzer finds."""

from __future__ import annotations

import gc
import random
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

LONGEST = 2_000  # characters of a message
LONG_TEXTS = 300
TRIES = 600
_REPEATS = 3
_PIECES = (
    "i want to die ", "took all my ", "do not ", "he is hitting me ", "s u i c i d e ", "k*", "a.", "'", "💊",
    "e\u0301", "ﷺ", "not suicidal but ", "lol ", "years ago ", "aaaa", "1l1l ", "ѕ", "\u200b", "quiero morirme ", "\n",
)  # fmt: skip

Reads = Callable[[str], object]


def microseconds(read: Reads, text: str) -> float:
    """The least of a few runs: what the work costs without the neighbours."""
    best = float("inf")
    for _ in range(_REPEATS):
        start = time.perf_counter()
        read(text)
        best = min(best, time.perf_counter() - start)
    return best * 1e6


def median(read: Reads, texts: Sequence[str]) -> float:
    with _undisturbed():
        return statistics.median(microseconds(read, text) for text in texts)


def p99(read: Reads, texts: Sequence[str]) -> float:
    with _undisturbed():
        found = sorted(microseconds(read, text) for text in texts)
    return found[int(len(found) * 0.99)]


def long_texts(texts: Sequence[str], dice: random.Random) -> list[str]:
    """Messages of the greatest length, joined from ordinary ones."""
    found = []
    for _ in range(LONG_TEXTS):
        text = ""
        while len(text) < LONGEST:
            text += dice.choice(texts) + " "
        found.append(text[:LONGEST])
    return found


def worst(read: Reads, texts: Sequence[str], dice: random.Random) -> tuple[float, str]:
    """The dearest input found by mixing pieces and changing the dearest so far, in microseconds, and its pieces."""
    best, pieces = 0.0, [dice.choice(_PIECES)]
    for _ in range(TRIES):
        tried = _mutated(pieces, texts, dice)
        text = "".join(tried)
        text = (text * (LONGEST // max(len(text), 1) + 1))[:LONGEST]
        cost = microseconds(read, text)
        if cost > best:
            best, pieces = cost, tried
    return best, "".join(pieces)


def _mutated(pieces: Sequence[str], texts: Sequence[str], dice: random.Random) -> list[str]:
    if dice.random() < 0.3:
        return [dice.choice(_PIECES) for _ in range(dice.randint(1, 8))]
    tried = list(pieces)
    place = dice.randrange(len(tried))
    new = dice.choice(_PIECES) if dice.random() < 0.8 else dice.choice(texts)[:40]
    if dice.random() < 0.5:
        tried[place] = new
    else:
        tried.insert(place, new)
    return tried[:40]


@contextmanager
def _undisturbed() -> Iterator[None]:
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
