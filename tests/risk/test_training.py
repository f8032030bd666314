"""Training, on a few texts: the same data gives the same bytes, the kept half stays unseen, budgets hold."""

from pathlib import Path

import numpy as np
import pytest

from routing.risk.model import CONCERN, HEADS, Model
from routing.risk.templates import load
from routing.risk.verdict import Level
from tools.risk import budget, cases, training, weights
from tools.risk.budget import Seen
from tools.risk.cases import Case

PHRASES = load()
FEW = [
    *(
        Case(f"swallowed the lot, number {n}", True, "own tune", category="medical", severity=5)
        for n in range(12)
    ),
    *(Case(f"bread and milk for {n} of us", False, "sms_ham") for n in range(30)),
    *(Case(f"sad about the {n} exams", False, "own tune", category="none", severity=1) for n in range(12)),
]


@pytest.fixture(scope="module")
def learned() -> list[training.Example]:
    return training.examples(FEW, PHRASES)


@pytest.fixture(scope="module")
def trained(learned: list[training.Example]) -> training.Trained:
    return training.train(learned, lambda text: None)


def test_training_twice_on_the_same_data_writes_the_same_bytes(
    tmp_path: Path, learned: list[training.Example], trained: training.Trained
) -> None:
    again = training.train(training.examples(FEW, PHRASES), lambda text: None)
    for name, one in (("first", trained), ("second", again)):
        weights.write(one, (0.5, 0.5, 0.1), tmp_path / name / "weights.npz")
    assert (tmp_path / "first/weights.npz").read_bytes() == (tmp_path / "second/weights.npz").read_bytes()


def test_what_was_written_judges_as_what_was_trained(tmp_path: Path, trained: training.Trained) -> None:
    weights.write(trained, (0.5, 0.5, 0.1), tmp_path / "weights.npz")
    model = Model.load(tmp_path / "weights.npz")
    risky, calm = (
        model.read(PHRASES.normalise(text)) for text in ("swallowed the whole lot", "bread and some milk")
    )
    assert risky.probability > 0.5 > calm.probability
    assert risky.reason is not None
    assert risky.reason.category == "medical"


def test_a_text_and_what_is_made_of_it_share_a_fold(learned: list[training.Example]) -> None:
    texts = training.examples([Case("i want to kill myself " * 9, False, "own tune", severity=0)], PHRASES)
    made = [example for example in texts if example.origin != "phrase"]
    assert {example.origin for example in made} == {"", "copy", "piece"}
    assert len({example.fold for example in made}) == 1


def test_only_what_may_ship_and_only_the_tuning_half_trains(tmp_path: Path) -> None:
    for name in {source.file for source in cases.SOURCES}:
        rows = [s.within or s.name for s in cases.SOURCES if s.file == name]
        lines = [f'{{"text": "of {row}", "label": 0, "source": "{row}"}}\n' for row in rows]
        (tmp_path / name).write_text("".join(lines))
    told = training.sources(tmp_path)
    assert {case.source for case in told} == {
        "own tune",
        "own teaching",
        "hard_cases",
        "counselchat",
        "sms_ham",
        "xed_subtitles",
    }
    assert not {case.text for case in told} & {case.text for case in cases.own("kept")}


def test_both_halves_hold_every_case_once() -> None:
    halves = [{case.text for case in cases.own(half)} for half in ("tune", "kept")]
    assert not halves[0] & halves[1]
    assert all(halves)


def seen(source: str, chance: float, severity: int | None = None, phrases: Level = Level.NONE) -> Seen:
    return Seen(Case("", False, source, severity=severity), phrases, np.full(len(HEADS), chance))


def test_the_threshold_adds_no_more_than_its_budget_and_no_less_than_it_may() -> None:
    calm = [seen("sms_ham", at / 1_000) for at in range(1_000)]
    threshold = budget.thresholds(calm)[0]
    assert sum(one.chances[CONCERN] >= threshold for one in calm) == int(1_000 * budget.BUDGETS[0].everyday)


def test_what_phrases_flag_already_costs_the_model_nothing() -> None:
    calm = [
        seen("sms_ham", at / 1_000, phrases=Level.HIGH if at > 900 else Level.NONE) for at in range(1_000)
    ]
    assert budget.thresholds(calm)[0] < 0.9


def test_texts_that_were_written_to_mislead_bind_as_well() -> None:
    calm = [seen("sms_ham", 0.01) for _ in range(1_000)]
    hard = [seen("own tune", at / 100, severity=0) for at in range(100)]
    assert budget.thresholds([*calm, *hard])[0] > 1 - budget.BUDGETS[0].misleading - 0.02


def test_the_model_disagrees_with_nearly_no_hint_of_what_is_a_risk() -> None:
    hinted = [
        Seen(Case("", True, "own tune", severity=3), Level.CONCERN, np.full(len(HEADS), at / 100), True)
        for at in range(100)
    ]
    assert budget.thresholds(hinted)[2] == pytest.approx(1 - budget.HINTS_KEPT, abs=0.011)
    assert budget.thresholds([])[2] == 0.0
