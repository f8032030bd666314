"""The linear model: it may raise and never lower, shows what weighed, and is never silently absent."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import routing.risk
from routing.risk import Assessment, Earlier, Level, assess
from routing.risk.model import BUCKETS, CATEGORIES, HEADS, MOST_LETTERS, WEIGHTS, Model, Opinion, grams
from routing.risk.screen import Screen
from routing.risk.templates import load

EARLIER = Earlier()
PHRASES = load()
ALONE = Screen(PHRASES)
SHIPPED = Model.load()


def with_bias(bias: float) -> Model:
    """The shipped model, all of whose heads are this much surer; at 50 everything is high, at -50 nothing."""
    held = SHIPPED.table
    return Model(
        held[:, :-1], np.sqrt(held[:, -1]), SHIPPED.bias + np.float32(bias), SHIPPED.thresholds, "test"
    )


EAGER, WHOLE, RELUCTANT = (Screen(PHRASES, one) for one in (with_bias(50), SHIPPED, with_bias(-50)))
HINTS = {template.id for template in PHRASES.templates if template.hint}
EXAMPLES = st.sampled_from([text for t in PHRASES.templates for text in (*t.match, *t.no_match)])
TEXTS = st.lists(EXAMPLES | st.text(max_size=20), max_size=6).map(" ".join) | st.text(max_size=1_000)


@settings(max_examples=200)
@given(TEXTS)
def test_the_model_never_lowers_what_phrases_say_nor_takes_a_reason_away(text: str) -> None:
    alone = ALONE.assess(text, EARLIER)
    signs = [reason for reason in alone.reasons if reason.template not in HINTS]
    for screen in (WHOLE, EAGER, RELUCTANT):
        verdict = screen.assess(text, EARLIER)
        if signs:
            assert verdict.level >= alone.level
            assert set(alone.reasons) <= set(verdict.reasons)


def test_a_hint_with_which_the_model_disagrees_is_nothing() -> None:
    text = "that pass was suicide what a match"
    assert (ALONE.assess(text, EARLIER).level, assess(text).level) == (Level.CONCERN, Level.NONE)


def test_a_hint_counts_where_the_model_does_not_disagree() -> None:
    text = "a campaign about suicide starts in our town on monday"
    assert EAGER.assess(text, EARLIER).level >= Level.CONCERN


def test_a_hint_counts_in_too_few_words_to_tell() -> None:
    assert RELUCTANT.assess("suicidal", EARLIER).level is Level.CONCERN


def test_a_hint_counts_once_the_conversation_holds_signs_of_risk() -> None:
    text = "that pass was suicide what a match"
    assert RELUCTANT.assess(text, Earlier(alert=True)).level is Level.CONCERN


def test_a_hint_beside_another_sign_counts_as_it_stands() -> None:
    found = RELUCTANT.assess("suicide again on the news and i want to die too", EARLIER)
    assert "suicide.mention" in {reason.template for reason in found.reasons}
    assert found.level is Level.HIGH


def test_a_model_that_agreed_with_every_hint_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SHIPPED, "thresholds", (*SHIPPED.thresholds[:2], 0.0))
    assert WHOLE.assess("that pass was suicide what a match", EARLIER).level is Level.CONCERN


@pytest.mark.parametrize("text", ["i'm not suicidal", "i want to die lol", "i used to want to die years ago"])
def test_what_phrases_read_as_denied_past_or_laughed_at_the_model_does_not_raise(text: str) -> None:
    assert EAGER.assess(text, EARLIER).level is Level.CONCERN


def is_imminent_by_the_model(text: str) -> bool:
    return EAGER.assess(text, EARLIER).level > max(ALONE.assess(text, EARLIER).level, Level.HIGH)


@settings(max_examples=200)
@given(TEXTS)
def test_the_model_alone_never_says_imminent(text: str) -> None:
    assert not is_imminent_by_the_model(text)


def test_a_model_that_did_say_imminent_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Model, "_level", lambda *_: Level.IMMINENT)
    assert is_imminent_by_the_model("the weather is mild")


@settings(max_examples=200)
@given(TEXTS)
def test_what_the_model_quotes_lies_inside_the_text(text: str) -> None:
    for reason in EAGER.assess(text, EARLIER).reasons:
        assert 0 <= reason.start < reason.end <= len(text)


def test_a_reason_of_the_model_names_its_category_and_its_probability() -> None:
    (reason,) = EAGER.assess("the weather is mild", EARLIER).reasons
    assert reason.template == f"model.{reason.category}"
    assert reason.category in CATEGORIES
    assert 0.99 < (reason.probability or 0) <= 1


def test_the_words_that_weigh_most_are_quoted_and_the_rest_is_not() -> None:
    text = f"{'we went to the shop and bought bread and milk. ' * 4}swallowed the whole bottle of tablets"
    opinion = with_bias(50).read(PHRASES.normalise(text))
    assert opinion.reason is not None
    assert "whole bottle" in text[opinion.reason.start : opinion.reason.end]
    assert "bread" not in text[opinion.reason.start : opinion.reason.end]


def test_every_assessment_carries_the_probability() -> None:
    verdict = assess("hello there")
    assert verdict.probability is not None
    assert 0 <= verdict.probability <= 1


def test_nothing_to_read_is_no_opinion() -> None:
    assert with_bias(50).read(PHRASES.normalise("")) == Opinion()


def test_a_word_longer_than_what_is_read_is_read_in_part() -> None:
    assert with_bias(50).read(PHRASES.normalise(f"so it is {'ab' * MOST_LETTERS}")).reason is not None


@settings(max_examples=100)
@given(
    st.lists(st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=8), min_size=1)
)
def test_a_gram_is_the_same_wherever_it_stands(words: list[str]) -> None:
    alone, later = grams(words), grams(["before", *words, "after"])
    assert set(alone.buckets[: alone.words]) <= set(later.buckets[: later.words])


# --- never silent -----------------------------------------------------------------------------------------


def damaged(folder: Path, **parts: object) -> Path:
    held = dict(np.load(WEIGHTS))
    path = folder / "weights.npz"
    np.savez_compressed(path, **{**held, **parts})
    return path


@pytest.fixture
def unstarted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routing.risk, "_screen", None)
    monkeypatch.setattr(routing.risk, "_fault", None)


@pytest.mark.parametrize(
    "parts",
    [
        {"bias": np.zeros(3, np.float32)},
        {"weights": np.zeros((7, len(HEADS)), np.int8)},
        {"rarity": np.full(BUCKETS, np.nan, np.float16)},
        {"rarity": np.zeros(BUCKETS, np.float16)},
        {"thresholds": np.array([0.5])},
    ],
    ids=lambda parts: next(iter(parts)),
)
@pytest.mark.usefixtures("unstarted")
def test_weights_that_are_not_this_models_make_every_text_unscreened(
    tmp_path: Path, parts: dict[str, object]
) -> None:
    routing.risk.start(weights=damaged(tmp_path, **parts))
    assert assess("hello") == Assessment.failed()
    assert "not the weights of this model" in (routing.risk.fault() or "")


@pytest.mark.usefixtures("unstarted")
def test_a_missing_or_torn_weights_file_makes_every_text_unscreened(tmp_path: Path) -> None:
    torn = tmp_path / "torn.npz"
    torn.write_bytes(WEIGHTS.read_bytes()[:5_000])
    for path in (tmp_path / "missing.npz", torn):
        routing.risk.start(weights=path)
        assert assess("hello") == Assessment.failed()
        assert routing.risk.fault()


def test_a_model_that_raises_makes_the_text_unscreened(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> Opinion:
        raise FloatingPointError

    monkeypatch.setattr(Model, "read", broken)
    assert assess("hello").unscreened


def test_the_version_of_a_verdict_names_phrases_and_weights() -> None:
    assert assess("hello").version == f"{PHRASES.version}.{SHIPPED.version}"
