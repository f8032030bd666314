"""What the screen must still find of our own cases, and may falsely flag: a floor a little under what was measured.

Both halves, apart: the screen may be tuned on the one, and never on the other. `make risk` prints the figures.
"""

import pytest

from routing.risk import Level, assess
from tools.risk import cases
from tools.risk.cases import Case

HALVES = {half: [(case, assess(case.text).level) for case in cases.own(half)] for half in ("tune", "kept")}

#       half    recall  >= high of acute  false alarms at concern, at high
FLOOR = [("tune", 0.91, 0.80, 0.26, 0.14), ("kept", 0.58, 0.47, 0.37, 0.21)]


def share(half: str, level: Level, wanted: bool, least: int = 0) -> float:
    texts: list[tuple[Case, Level]] = [
        (case, found) for case, found in HALVES[half] if case.risk is wanted and (case.severity or 0) >= least
    ]
    return sum(found >= level for _, found in texts) / len(texts)


@pytest.mark.parametrize(("half", "recall", "acute", "concern", "high"), FLOOR)
def test_the_screen_finds_no_less_and_falsely_flags_no_more(
    half: str, recall: float, acute: float, concern: float, high: float
) -> None:
    assert share(half, Level.CONCERN, wanted=True) >= recall
    assert share(half, Level.HIGH, wanted=True, least=cases.ACUTE) >= acute
    assert share(half, Level.CONCERN, wanted=False) <= concern
    assert share(half, Level.HIGH, wanted=False) <= high


def test_a_screen_that_has_lost_a_category_falls_below_the_floor() -> None:
    half, recall, *_ = FLOOR[1]
    lost = [(c, found) for c, found in HALVES[half] if c.risk]
    left = sum(found >= Level.CONCERN and case.category != "suicide" for case, found in lost)
    assert left / len(lost) < recall
