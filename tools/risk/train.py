"""`python -m tools.risk train`: learns the model anew and writes its weights and its card."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from routing.risk.model import Model
from routing.risk.screen import Screen
from routing.risk.templates import load
from tools.risk import budget, card, cases, training, weights
from tools.risk.budget import Seen
from tools.risk.cases import Case
from tools.risk.verdicts import NOTHING_EARLIER


def run(data: Path, out: Path, at: Path | None, say: Callable[[str], None]) -> str:
    """Train on what may ship of `data` and of our own, write `out` and the card, and say what was made."""
    phrases = load()
    alone = Screen(phrases)
    texts = training.sources(data)
    learned = training.examples(texts, phrases)
    say(f"{len(texts)} texts, {len(learned)} examples with copies, pieces and the examples of phrases")
    trained = training.train(learned, say)
    chances = 1 / (1 + np.exp(-trained.scores))
    seen = [
        _seen(example.case, alone, row)
        for example, row in zip(learned, chances, strict=True)
        if example.case is not None
    ]
    thresholds = budget.thresholds(seen)
    weights.write(trained, thresholds, out)
    say("scoring the kept half")
    model = Model.load(out)
    kept = card.kept(cases.own("kept"), Screen(phrases, model), alone)
    (at or out.parent / "README.md").write_text(card.text(learned, trained, seen, model, kept))
    return f"wrote {out}: version {model.version}, {out.stat().st_size:,} bytes"


def _seen(case: Case, alone: Screen, chances: NDArray[np.float64]) -> Seen:
    hints = {template.id for template in alone.phrases.templates if template.hint}
    verdict = alone.assess(case.text, NOTHING_EARLIER)
    hinted = bool(verdict.reasons) and all(reason.template in hints for reason in verdict.reasons)
    return Seen(case, verdict.level, chances, hinted)
