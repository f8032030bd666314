"""What the model learns from, and how: logistic regression a head, the same bytes every time.

Only texts that may be shipped come here: our own tuning half, those of ours that only teach, the examples that stand
beside our phrases, and the sources of `cases.SOURCES` whose licence allows it.
"""

from __future__ import annotations

import random
import warnings
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from routing.risk.model import CATEGORIES, HEADS
from routing.risk.templates import Phrases
from routing.risk.verdict import Level
from tools.risk import cases, features
from tools.risk.cases import Case
from tools.risk.obfuscate import is_risky, perturb

SEED = 20
FOLDS = 5
SOFTNESS = 4.0  # C of the regression
PIECE_WORDS = 24  # long harmless posts are also read in pieces, which are as long as a message
MOST_PIECES = 4  # of one post

_ACUTE_WEIGHT = 2.0
_COPY_WEIGHT = 0.5
_CATEGORY = {"abuse": "abuse_now", "": "suicide"}

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Example:
    """One text to learn from: its words, which heads should speak, how much it counts, and its fold.

    `case` is the text itself where it is one; `origin` says what else it is: a copy, a piece, a phrase's example.
    """

    words: Sequence[str]
    heads: tuple[bool, ...]
    weight: float
    fold: int
    case: Case | None = None
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Trained:
    """A model as arrays, and what was seen out of fold while it was made. `scores` are by example and head."""

    weights: Floats
    rarity: NDArray[np.float32]
    bias: Floats
    scores: Floats


def sources(data: Path | None) -> list[Case]:
    """All cases that may train what ships."""
    found = cases.own("tune") + cases.teaching()
    for source, texts in cases.given(data).items():
        if source.trains:
            found += texts
    return found


def examples(texts: Iterable[Case], phrases: Phrases) -> list[Example]:
    """Each case, a disguised copy of what has a word to disguise, and the examples of the phrases."""
    dice = random.Random(SEED)
    found = []
    for case in texts:
        words, heads, weight = phrases.normalise(case.text).words, _heads(case), _weight(case)
        fold = fold_of(case.text)
        found.append(Example(words, heads, weight, fold, case))
        if case.severity is not None and is_risky(case.text):
            copy = phrases.normalise(perturb(case.text, dice)).words
            found.append(Example(copy, heads, weight * _COPY_WEIGHT, fold, origin="copy"))
        if not case.risk and len(words) > PIECE_WORDS:
            found += [
                Example(piece, heads, weight * _COPY_WEIGHT, fold, origin="piece") for piece in _pieces(words)
            ]
    return found + _of_phrases(phrases)


def fold_of(text: str) -> int:
    """The fold of a text, and of all that is made of it."""
    return zlib.crc32(text.encode()) % FOLDS


def _pieces(words: Sequence[str]) -> list[Sequence[str]]:
    """Runs of `PIECE_WORDS` from the beginning, half overlapping."""
    half = PIECE_WORDS // 2
    return [words[start : start + PIECE_WORDS] for start in range(0, len(words) - half, half)][:MOST_PIECES]


def _of_phrases(phrases: Phrases) -> list[Example]:
    """What must match a grave template is an example of its category."""
    return [
        Example(
            phrases.normalise(text).words,
            (*(template.category == name for name in CATEGORIES), True, True),
            1.0,
            fold_of(template.id),
            origin="phrase",
        )
        for template in phrases.templates
        if template.level >= Level.HIGH
        for text in template.match
    ]


def _heads(case: Case) -> tuple[bool, ...]:
    category = _CATEGORY.get(case.category, case.category)
    urgent = case.risk and (case.severity is None or case.severity >= cases.URGENT)
    return (*(case.risk and category == name for name in CATEGORIES), case.risk, urgent)


def _weight(case: Case) -> float:
    return _ACUTE_WEIGHT if (case.severity or 0) >= cases.ACUTE else 1.0


def train(learned: Sequence[Example], say: Callable[[str], None]) -> Trained:
    """Fit every head, and calibrate it by what each fold was told by the others."""
    rare = features.rarity([example.words for example in learned])
    rows = features.matrix([example.words for example in learned], rare)
    folds = np.array([example.fold for example in learned])
    weight = np.array([example.weight for example in learned])
    weights, bias = np.zeros((rows.shape[1], len(HEADS))), np.zeros(len(HEADS))
    scores = np.zeros((len(learned), len(HEADS)))
    for head, name in enumerate(HEADS):
        say(f"training {name}")
        wanted = np.array([example.heads[head] for example in learned])
        if not wanted.any():
            bias[head], scores[:, head] = -20.0, -20.0
            continue
        outside = _out_of_fold(rows, wanted, weight, folds)
        slope, shift = platt(outside, wanted, weight)
        coefficients, intercept = fit(rows, wanted, weight)
        weights[:, head], bias[head] = coefficients * slope, intercept * slope + shift
        scores[:, head] = outside * slope + shift
    return Trained(weights * rare[:, None], rare, bias, scores)


def fit(rows: csr_matrix, wanted: NDArray[np.bool_], weight: Floats) -> tuple[Floats, float]:
    """The weights and the bias of one balanced logistic regression."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model = LogisticRegression(
            C=SOFTNESS, class_weight="balanced", solver="liblinear", dual=True, tol=1e-3, random_state=SEED
        ).fit(rows, wanted, weight)
    return model.coef_[0], float(model.intercept_[0])


def _out_of_fold(
    rows: csr_matrix, wanted: NDArray[np.bool_], weight: Floats, folds: NDArray[np.int_]
) -> Floats:
    outside = np.zeros(len(wanted))
    for fold in range(FOLDS):
        inner, outer = folds != fold, folds == fold
        if wanted[inner].any() and outer.any():
            coefficients, intercept = fit(rows[inner], wanted[inner], weight[inner])
            outside[outer] = rows[outer] @ coefficients + intercept
    return outside


def platt(scores: Floats, wanted: NDArray[np.bool_], weight: Floats) -> tuple[float, float]:
    """The slope and shift that make a probability of a score."""
    model = LogisticRegression(C=1e3, solver="lbfgs").fit(scores[:, None], wanted, weight)
    return max(float(model.coef_[0, 0]), 0.05), float(model.intercept_[0])
