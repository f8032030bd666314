"""What `make risk` counts with: intervals, disguises, and the tables of the cases that are always there."""

import random

import pytest

from routing.risk.model import Model
from routing.risk.screen import Screen
from routing.risk.templates import load
from tools.risk import baselines, cases, measure
from tools.risk.figures import Share
from tools.risk.measure import Bench
from tools.risk.obfuscate import WAYS, is_risky, perturb
from tools.risk.verdicts import Verdicts

PHRASES = load()
TEXT = "i want to kill myself with the pills"


@pytest.mark.parametrize(
    ("hits", "total", "low", "high"), [(8, 10, 0.490, 0.943), (0, 20, 0.0, 0.161), (5, 5, 0.566, 1.0)]
)
def test_an_interval_is_wilsons(hits: int, total: int, low: float, high: float) -> None:
    assert Share(hits, total).interval() == pytest.approx((low, high), abs=0.001)


def test_nothing_counted_is_no_share() -> None:
    assert str(Share(0, 0)) == "-"
    assert Share(0, 0).as_json()["value"] is None


@pytest.mark.parametrize("way", WAYS)
def test_a_disguise_changes_the_words_of_risk_and_no_others(way: str) -> None:
    disguised = perturb(TEXT, random.Random(3), way)
    assert disguised != TEXT
    assert disguised.startswith("i want to ")
    assert " myself with the " in disguised


def test_the_same_seed_disguises_alike() -> None:
    assert perturb(TEXT, random.Random(5)) == perturb(TEXT, random.Random(5))


def test_what_has_no_word_of_risk_stays_as_it_is() -> None:
    assert not is_risky("bread and milk")
    assert perturb("bread and milk", random.Random(5)) == "bread and milk"


def test_the_red_list_finds_its_entries_anywhere() -> None:
    assert baselines.red_listed("I WANT TO DIE")
    assert not baselines.red_listed("i took all of them")


@pytest.fixture(scope="module")
def bench() -> Bench:
    own = {half: cases.own(half)[:60] for half in ("kept", "tune")}
    whole, alone = Screen(PHRASES, Model.load()), Screen(PHRASES)
    ready = Bench(whole, alone, own, {}, Verdicts(), 7, lambda text: None)
    ready.verdicts.hear([case for texts in own.values() for case in texts], whole, alone)
    return ready


@pytest.mark.parametrize(
    "section", [s for s in measure.SECTIONS if s is not measure.times], ids=lambda s: s.__name__
)
def test_every_section_is_written_without_the_data_of_others(bench: Bench, section: object) -> None:
    assert callable(section)
    found = section(bench)
    assert found.title
    assert found.text


def test_an_untrained_baseline_is_left_out(bench: Bench) -> None:
    assert "TF-IDF" not in bench.verdicts.flags()
