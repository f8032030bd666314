"""Whether the design carries over: trained without a source, then measured on it, nothing changed in between.

Only the head that flags is trained here. Its threshold is fixed before the source is looked at: where phrases and
model together flag a share of `BUDGET` of everyday texts of the other sources that it has not learned from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routing.risk.model import CONCERN
from routing.risk.templates import Phrases
from routing.risk.verdict import Level
from tools.risk import features, training
from tools.risk.cases import Case
from tools.risk.training import Example

BUDGET = 0.01
_HELD_BACK = 0  # the fold that sets the threshold


@dataclass(frozen=True, slots=True)
class Carried:
    """One source that nothing was learned from: what the model alone and both together flag of its texts."""

    model: list[bool]
    together: list[bool]


def carried(
    left_out: Sequence[Case],
    others: Sequence[Case],
    everyday: Sequence[Case],
    levels: Mapping[str, Level],
    phrases: Phrases,
) -> Carried:
    """Train on `others`, fix the threshold on the held-back part of `everyday`, and read `left_out`.

    `levels` is what the phrases say of each text.
    """
    learned = training.examples(others, phrases)
    held = [case for case in everyday if training.fold_of(case.text) == _HELD_BACK]
    score = _Reader([example for example in learned if example.fold != _HELD_BACK], phrases)
    calm = score(held)
    silent = np.array([levels[case.text] is Level.NONE for case in held])
    alone = _threshold(calm, int(len(held) * BUDGET))
    both = _threshold(calm[silent], int(len(held) * BUDGET) - int((~silent).sum()))
    scores = score(left_out)
    return Carried(
        [bool(value > alone) for value in scores],
        [
            bool(value > both) or levels[case.text] > Level.NONE
            for value, case in zip(scores, left_out, strict=True)
        ],
    )


def _threshold(scores: NDArray[np.float64], allowed: int) -> float:
    """Above which `allowed` of the scores lie; above all of them when there is nothing left to allow."""
    ordered = np.sort(scores)[::-1]
    return float(ordered[min(max(allowed, 0), len(ordered) - 1)])


class _Reader:
    """The head that flags, trained on some examples."""

    def __init__(self, learned: Sequence[Example], phrases: Phrases) -> None:
        self._phrases = phrases
        texts = [example.words for example in learned]
        self._rare = features.rarity(texts)
        self._weights, _ = training.fit(
            features.matrix(texts, self._rare),
            np.array([example.heads[CONCERN] for example in learned]),
            np.array([example.weight for example in learned]),
        )

    def __call__(self, texts: Sequence[Case]) -> NDArray[np.float64]:
        words = [self._phrases.normalise(case.text).words for case in texts]
        scores: NDArray[np.float64] = features.matrix(words, self._rare) @ self._weights
        return scores
