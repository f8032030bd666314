"""The linear model: a second reader that has no phrases, and knows the company that words keep.

Words in ones and twos, and letters in threes to fives across them, are hashed into one table of weights with a
column a head. Every such gram is a stretch of the text, and its hash the difference of two prefix sums: no word
is looked up in Python, and nothing of what anybody wrote is kept. How it is trained: tools/risk/train.py; what it
is for, and what not: model/README.md.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from routing.risk.normalise import Words
from routing.risk.verdict import Assessment, Level, Reason

WEIGHTS = Path(__file__).parent / "model" / "weights.npz"
CATEGORIES = ("suicide", "self_harm", "harm_others", "abuse_now", "medical", "child")
CONCERN, HIGH = len(CATEGORIES), len(CATEGORIES) + 1  # the columns behind the categories
HEADS = (*CATEGORIES, "concern", "high")
LABELS = {
    "suicide": "words as in talk of suicide",
    "self_harm": "words as in talk of self-harm",
    "harm_others": "words as in talk of harming others",
    "abuse_now": "words as in talk of violence or abuse",
    "medical": "words as in a medical emergency",
    "child": "words as in talk of a child at risk",
}
BITS = 16
BUCKETS = 1 << BITS
WORDS_A_GRAM = (1, 2)
LETTERS_A_GRAM = (3, 4, 5)
QUOTED_WORDS = 6  # the run of words that is shown as the reason
FEWEST_WORDS, ENOUGH_WORDS = 4, 8  # of a text it may call a concern, and high: the company of fewer is chance
MOST_LETTERS = 1 << 14  # eight times a message; the phrases read what lies beyond

_BASE = 0x01000193
_MIX = np.uint32(0x9E3779B1)
_DROPPED = np.uint32(32 - BITS)
_SPACE = ord(" ")

_Numbers = NDArray[np.uint32]
_Floats = NDArray[np.float32]


def _powers(base: int) -> _Numbers:
    """1, base, base² ... modulo 2³²."""
    factors = np.full(MOST_LETTERS + 1, base, np.uint32)
    factors[0] = 1
    return np.cumprod(factors, dtype=np.uint32)


_POWERS, _INVERSES = _powers(_BASE), _powers(pow(_BASE, -1, 1 << 32))


@dataclass(frozen=True, slots=True)
class Grams:
    """The buckets of a text's grams: first `words` of words, then those of letters.

    `starts` and `ends` say which letters of the joined words each gram covers, `spaces` where words begin.
    """

    buckets: _Numbers
    words: int
    spaces: NDArray[np.intp]

    def places(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """The first and the last word that each gram touches."""
        count = len(self.spaces) - 1
        numbers = np.arange(count)
        letters = np.searchsorted(self.spaces, np.arange(self.spaces[-1] + 1), side="right") - 1
        firsts = [numbers[: count - n + 1] for n in WORDS_A_GRAM]
        lasts = [numbers[n - 1 :] for n in WORDS_A_GRAM]
        for n in LETTERS_A_GRAM:
            firsts.append(letters[: max(len(letters) - n + 1, 0)])
            lasts.append(letters[n - 1 :])
        return np.minimum(np.concatenate(firsts), count - 1), np.minimum(np.concatenate(lasts), count - 1)


def grams(words: Sequence[str]) -> Grams:
    """The grams of `words`, in time that grows with their letters alone."""
    line = f" {' '.join(words)} "
    if len(line) > MOST_LETTERS:
        line = f"{line[: MOST_LETTERS - 1]} "
    letters = np.frombuffer(line.encode("ascii", "replace"), np.uint8)
    size = len(letters)
    sums = np.zeros(size + 1, np.uint32)
    np.cumsum(letters * _POWERS[:size], dtype=np.uint32, out=sums[1:])
    spaces = np.flatnonzero(letters == _SPACE)
    at_space = sums[spaces]
    back = _INVERSES[spaces]
    found = [(at_space[n:] - at_space[:-n]) * back[:-n] for n in WORDS_A_GRAM]
    of_words = sum(map(len, found))
    found += [(sums[n:] - sums[:-n]) * _INVERSES[: max(size - n + 1, 0)] for n in LETTERS_A_GRAM]
    return Grams((np.concatenate(found) * _MIX) >> _DROPPED, of_words, spaces)


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the model makes of one text. `probabilities` are by `HEADS`; `reason` is None below the thresholds.

    `disagrees` is true where it is plainly against what a mere hint would say; of too few words it thinks nothing.
    """

    probabilities: tuple[float, ...] = (0.0,) * len(HEADS)
    reason: Reason | None = None
    disagrees: bool = False

    @property
    def probability(self) -> float:
        """That a supervisor should know of the text."""
        return self.probabilities[CONCERN]


def raised(verdict: Assessment, opinion: Opinion) -> Assessment:
    """The verdict of the phrases with the model's opinion, which is only heard where phrases found nothing.

    What they found they read with all that denies it, puts it in the past or laughs it off. The model sees none of
    that: of what phrases call a concern and it would call high, one text in three was.
    """
    reason = opinion.reason if verdict.level is Level.NONE else None
    if reason is None:
        return replace(verdict, probability=opinion.probability)
    return replace(verdict, level=reason.level, reasons=(reason,), probability=opinion.probability)


def seconded(verdict: Assessment, opinion: Opinion) -> Assessment:
    """The verdict where all that phrases found are hints: none if the model disagrees, else as far as it raises."""
    if opinion.disagrees:
        return replace(verdict, level=Level.NONE, reasons=(), probability=opinion.probability)
    if opinion.reason is not None and opinion.reason.level > verdict.level:
        return replace(verdict.joined((opinion.reason,)), probability=opinion.probability)
    return replace(verdict, probability=opinion.probability)


class Model:
    """Weights, read once. `weights[bucket, head]` are already times the rarity of the bucket.

    `rarity` are the buckets' inverse document frequencies, which a text's grams are brought to length one by;
    `bias[head]`; `thresholds` the probabilities of the two last heads from which a text is a concern, and high, and
    that of a concern below which the model disagrees with a hint.
    """

    def __init__(
        self, weights: _Floats, rarity: _Floats, bias: _Floats, thresholds: Sequence[float], version: str
    ) -> None:
        self.table = np.ascontiguousarray(np.hstack([weights, rarity[:, None] ** 2]), np.float32)
        self.bias = bias
        self.thresholds = tuple(thresholds)
        self.version = version

    @classmethod
    def load(cls, path: Path = WEIGHTS) -> Model:
        """Read a weights file. Raises OSError, zipfile.BadZipFile, KeyError or ValueError for what is not one."""
        content = path.read_bytes()
        with np.load(io.BytesIO(content), allow_pickle=False) as held:
            weights = held["weights"].astype(np.float32) * held["scale"]
            rarity, bias = held["rarity"].astype(np.float32), held["bias"].astype(np.float32)
            thresholds = [float(value) for value in held["thresholds"]]
        whole = all(np.isfinite(part).all() for part in (weights, rarity, bias, np.array(thresholds)))
        shapes = (weights.shape, rarity.shape, bias.shape, len(thresholds))
        sound = whole and bool((rarity > 0).all())
        if not sound or shapes != ((BUCKETS, len(HEADS)), (BUCKETS,), (len(HEADS),), 3):
            raise ValueError(f"not the weights of this model: {shapes}")
        return cls(weights, rarity, bias, thresholds, hashlib.sha256(content).hexdigest()[:8])

    def read(self, words: Words) -> Opinion:
        """The opinion on a text; nothing to read is no opinion."""
        if not words.words:
            return Opinion()
        found = grams(words.words)
        rows = self.table.take(found.buckets, axis=0)
        sums = np.add.reduceat(rows, (0, found.words), axis=0)
        scores = (sums[:, :-1] / np.sqrt(sums[:, -1:])).sum(axis=0) + self.bias
        chances = tuple((1 / (1 + np.exp(-scores.astype(np.float64)))).tolist())
        level = self._level(chances, len(words.words))
        disagrees = len(words.words) >= FEWEST_WORDS and chances[CONCERN] < self.thresholds[2]
        if level is Level.NONE:
            return Opinion(chances, disagrees=disagrees)
        return Opinion(chances, self._reason(words, found, rows, sums, level, chances))

    def _level(self, chances: Sequence[float], words: int) -> Level:
        """Concern or high. Never imminent: that something is happening now takes words that say so."""
        concern, high, _ = self.thresholds
        if words < FEWEST_WORDS:
            return Level.NONE
        if chances[HIGH] >= high:
            return Level.HIGH if words >= ENOUGH_WORDS else Level.CONCERN
        return Level.CONCERN if chances[CONCERN] >= concern else Level.NONE

    def _reason(
        self,
        words: Words,
        found: Grams,
        rows: _Floats,
        sums: _Floats,
        level: Level,
        chances: tuple[float, ...],
    ) -> Reason:
        """The likeliest category, and the run of words that weighs most in the head that decided."""
        column = HIGH if level is Level.HIGH else CONCERN
        category = CATEGORIES[max(range(len(CATEGORIES)), key=chances.__getitem__)]
        norms = np.sqrt(sums[:, -1])
        weighed = rows[:, column]
        weighed[: found.words] /= norms[0]
        weighed[found.words :] /= norms[1]
        start, end = heaviest(found, weighed)
        return Reason(
            f"model.{category}",
            category,
            LABELS[category],
            *words.span(start, end),
            level,
            probability=chances[column],
        )


def heaviest(found: Grams, weighed: _Floats) -> tuple[int, int]:
    """The run of at most `QUOTED_WORDS` words, end exclusive, whose grams weigh most together; no idle words beside."""
    count = len(found.spaces) - 1
    firsts, lasts = found.places()
    middle = (firsts + lasts) // 2
    each = np.bincount(middle, weighed, minlength=count)
    run = min(QUOTED_WORDS, count)
    start = int(np.argmax(np.convolve(each, np.ones(run), "valid")))
    weighty = start + np.flatnonzero(each[start : start + run] > 0)
    return (int(weighty[0]), int(weighty[-1]) + 1) if len(weighty) else (start, start + run)
