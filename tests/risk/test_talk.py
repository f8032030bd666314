"""What messages amount to together: parts of a plan, signs that come again, and that nothing ever lowers a level."""

import itertools
import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.risk import Assessment, Evidence, Level, Part, Reason, after
from routing.risk.parts import together
from routing.risk.talk import HALF_LIFE, Trace

NONE, CONCERN, HIGH, IMMINENT = Level
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ALONE = {"ideation": HIGH, "passive": CONCERN, "intent": NONE, "means": CONCERN, "time": NONE}


def message(*facets: str, level: Level | None = None, category: str = "suicide") -> Assessment:
    """A message that holds these parts, at the level that it has alone."""
    own = max([ALONE[facet] for facet in facets], default=NONE)
    level = max(own, together(set(facets))) if level is None else level
    reasons = (Reason("a.template", category, "a label", 0, 4, level),) if level else ()
    return Assessment(level, reasons, "1", parts=tuple(Part(one, category, 2, 6) for one in facets))


def talk(
    *messages: Assessment, gap: timedelta = MINUTE, evidence: Evidence | None = None
) -> list[Assessment]:
    return [raised for _, raised in steps(messages, gap, evidence or Evidence())]


def steps(
    messages: Iterable[Assessment], gap: timedelta, evidence: Evidence
) -> Iterable[tuple[Evidence, Assessment]]:
    for seq, one in enumerate(messages, 1):
        evidence, raised = after(evidence, one, seq, NOON + seq * gap)
        yield evidence, raised


def evidence_of(*messages: Assessment) -> Evidence:
    return [evidence for evidence, _ in steps(messages, MINUTE, Evidence())][-1]


def levels(*messages: Assessment, gap: timedelta = MINUTE) -> list[Level]:
    return [one.level for one in talk(*messages, gap=gap)]


# --- a plan in pieces -------------------------------------------------------------------------------------


def test_thoughts_then_a_time_then_the_means_are_imminent() -> None:
    assert levels(message("ideation"), message("time"), message("means")) == [HIGH, NONE, IMMINENT]


def test_what_completes_a_plan_is_quoted_and_says_after_what() -> None:
    *_, last = talk(message("ideation"), message(), message("time"), message("means"))
    reason = last.reasons[0]
    assert (reason.template, reason.category, reason.start, reason.end) == ("talk.plan", "suicide", 2, 6)
    assert reason.label == "means, after thoughts (message 1), a time (message 3)"


def test_a_wish_not_to_be_here_with_means_is_high() -> None:
    assert levels(message("passive"), message("means")) == [CONCERN, HIGH]


def test_a_time_after_thoughts_says_nothing_new() -> None:
    assert levels(message("ideation"), message("time"), message("time")) == [HIGH, NONE, NONE]


def test_a_plan_is_raised_once() -> None:
    assert levels(message("ideation"), message("intent", "means"), message("time"), message("intent")) == [
        HIGH,
        IMMINENT,
        NONE,
        NONE,
    ]


def test_what_was_dealt_with_counts_and_said_again_is_news() -> None:
    settled = evidence_of(message("ideation"), message("means")).dealt_with(2)
    _, again = after(settled, message("means"), 3, NOON)
    _, time = after(settled, message("time"), 3, NOON)
    assert (again.level, time.level) == (HIGH, IMMINENT)


def test_what_was_seen_falsely_does_not_count_again() -> None:
    wiped = evidence_of(message("ideation"), message("means")).without({"suicide"})
    _, raised = after(wiped, message("time", "intent"), 3, NOON)
    assert (wiped.to_json(), raised.level) == ({}, NONE)


def test_another_category_stays_when_one_was_seen_falsely() -> None:
    both = evidence_of(message("ideation", category="harm_others"), message(level=CONCERN))
    assert list(both.without({"suicide"}).traces) == ["harm_others"]


@given(st.permutations(["ideation", "passive", "intent", "means", "time"]), st.integers(1, 5))
def test_the_order_of_parts_does_not_change_how_high_a_talk_comes(order: Sequence[str], count: int) -> None:
    facets = order[:count]
    reached = {
        max(levels(*(message(facet) for facet in one)), default=NONE)
        for one in itertools.permutations(facets)
    }
    assert reached == {max([together(set(facets)), *(ALONE[facet] for facet in facets)])}


# --- signs that come again --------------------------------------------------------------------------------


def test_three_signs_of_concern_are_high_together_once() -> None:
    concern = message(level=CONCERN)
    assert levels(*[concern] * 5) == [CONCERN, CONCERN, HIGH, CONCERN, CONCERN]


def test_they_count_however_far_apart() -> None:
    assert levels(*[message(level=CONCERN)] * 3, gap=timedelta(hours=3))[-1] is HIGH


def test_signs_of_different_kinds_are_not_counted_together() -> None:
    kinds = [message(level=CONCERN, category=one) for one in ("suicide", "abuse_now", "child")]
    assert levels(*kinds) == [CONCERN] * 3


def doubtful(probability: float, *, plain: bool = True) -> Assessment:
    reason = Reason("model", "suicide", "reads like", 0, 4, CONCERN, "self", probability, plain)
    return Assessment(CONCERN, (reason,), "1")


def test_what_the_model_is_sure_of_weighs_no_more_than_what_a_phrase_finds() -> None:
    assert levels(doubtful(0.95), doubtful(0.95)) == [CONCERN, CONCERN]


def test_three_that_the_model_is_sure_of_are_high_together() -> None:
    assert levels(*[doubtful(0.95)] * 3)[-1] is HIGH


def test_what_is_denied_or_past_never_adds_up() -> None:
    assert levels(*[doubtful(0.9, plain=False)] * 5) == [CONCERN] * 5


@pytest.mark.parametrize(("half_lives", "left"), [(0, 0.8), (1, 0.4), (2, 0.2), (-1, 0.8)])
def test_a_sign_loses_half_of_its_weight_in_a_half_life(half_lives: int, left: float) -> None:
    trace = Trace(weight=0.8, at=1_000.0)
    assert trace.weight_at(1_000.0 + half_lives * HALF_LIFE) == pytest.approx(left)


# --- whatever is said -------------------------------------------------------------------------------------

FACETS = st.lists(st.sampled_from([*ALONE]), max_size=3, unique=True)
MESSAGES = st.builds(
    lambda facets, level, category: message(*facets, level=level, category=category),
    FACETS,
    st.sampled_from([None, *Level]),
    st.sampled_from(["suicide", "self_harm", "harm_others"]),
)


@given(st.lists(MESSAGES, max_size=12), st.integers(0, 10_000))
def test_what_was_said_before_never_lowers_a_level_and_raises_only_with_a_reason(
    messages: list[Assessment], seconds: int
) -> None:
    for one, raised in zip(messages, talk(*messages, gap=timedelta(seconds=seconds)), strict=True):
        assert raised.level >= one.level
        assert set(one.reasons) <= set(raised.reasons)
        if raised.level > one.level:
            assert raised.reasons[0].level is raised.level
            assert raised.reasons[0].template.startswith("talk.")


@given(st.lists(MESSAGES, max_size=12), st.integers(0, 3))
def test_what_is_stored_is_read_back_as_it_was(messages: list[Assessment], settled: int) -> None:
    evidence = Evidence()
    for seq, one in enumerate(messages, 1):
        evidence, _ = after(evidence, one, seq, NOON + seq * MINUTE)
        evidence = evidence.dealt_with(settled)
        stored = json.loads(json.dumps(evidence.to_json()))
        assert Evidence.from_json(stored).to_json() == stored
        evidence = Evidence.from_json(stored)
    assert levels(*messages) == levels_reread(messages)


def levels_reread(messages: list[Assessment]) -> list[Level]:
    """As `levels`, storing and reading between any two messages."""
    found, stored = [], Evidence().to_json()
    for seq, one in enumerate(messages, 1):
        evidence, raised = after(Evidence.from_json(stored), one, seq, NOON + seq * MINUTE)
        stored = json.loads(json.dumps(evidence.to_json()))
        found.append(raised.level)
    return found


@pytest.mark.parametrize("stored", [{}, {"v": 99, "traces": "something else"}])
def test_nothing_stored_and_what_another_version_stored_is_no_evidence(stored: dict[str, object]) -> None:
    assert Evidence.from_json(stored) == Evidence()
