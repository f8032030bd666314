"""Where the model begins to speak: as low as its budgets allow, decided by what each fold was told by the others.

A budget is what the model may add to the false alarms of the phrases: on everyday texts, and on harmless ones that were
written to mislead, such as jokes, news and the past.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routing.risk.model import CONCERN, HIGH
from routing.risk.verdict import Level
from tools.risk import cases
from tools.risk.cases import Case

HINTS_KEPT = 0.98  # of the texts of risk that hold hints alone, those with which the model must not disagree
NEVER = 1.0  # a probability that the model does not reach


@dataclass(frozen=True, slots=True)
class Budget:
    """The shares of everyday texts and of misleading ones that the model may add at one level."""

    head: int
    level: Level
    everyday: float
    misleading: float


BUDGETS = (
    Budget(CONCERN, Level.CONCERN, everyday=0.0015, misleading=0.10),
    Budget(HIGH, Level.HIGH, everyday=0.0005, misleading=0.03),
)


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of one text: what the phrases said, and the model when it had not learned from it."""

    case: Case
    phrases: Level
    chances: NDArray[np.float64]
    hinted: bool = False  # all that the phrases found are hints


def thresholds(seen: Sequence[Seen]) -> tuple[float, ...]:
    """The probability from which each level of `BUDGETS` is raised, and that below which a hint counts for nothing."""
    everyday = {source.name for source in cases.SOURCES if source.everyday}
    calm = [one for one in seen if one.case.source in everyday]
    misleading = [one for one in seen if one.case.severity is not None and not one.case.risk]
    raising = (
        max(_lowest(calm, budget, budget.everyday), _lowest(misleading, budget, budget.misleading))
        for budget in BUDGETS
    )
    return (*raising, _against_hints(seen))


def _against_hints(seen: Sequence[Seen]) -> float:
    """The chance below which the model disagrees with a hint; never, where no text of risk is known only by one."""
    chances = sorted(one.chances[CONCERN] for one in seen if one.hinted and one.case.risk)
    return float(chances[int((1 - HINTS_KEPT) * len(chances))]) if chances else 0.0


def _lowest(texts: Sequence[Seen], budget: Budget, share: float) -> float:
    """The lowest threshold that raises at most `share` of `texts`, the model being heard where phrases say nothing."""
    raised = sorted((one.chances[budget.head] for one in texts if one.phrases is Level.NONE), reverse=True)
    allowed = int(share * len(texts))
    if not texts:
        return 0.0
    if not raised:
        return NEVER
    return float(np.nextafter(raised[min(allowed, len(raised) - 1)], 2.0))
