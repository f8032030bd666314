"""R-22: when very many come at once, whoever proves a little is let in, and whoever cannot has a slower door."""

from itertools import count
from uuid import UUID, uuid4

import pytest
from pytest_django import Settings

from routing import throttle as module
from routing.proof import challenge_for, is_proof
from routing.throttle import SlowDown, Throttle

LINE = UUID(int=1)
FREE = "1000000/second"


@pytest.fixture(autouse=True)
def limits(settings: Settings) -> None:
    settings.PROOF_BITS = 8
    settings.LIMITS = {"newcomers": FREE, "line": "60/minute", "rush": "30/minute", "unproven": "10/minute"}


def asked(throttle: Throttle, token: str, proof: str = "") -> str | None:
    """What is asked of whoever is held back; empty for whoever is let in."""
    try:
        throttle.arrives(LINE, None, token, proof)
    except SlowDown as held:
        return held.challenge
    return ""


def solved(challenge: str) -> str:
    return next(str(number) for number in count() if is_proof(challenge, str(number)))


def people_let_in(throttle: Throttle) -> int:
    """Of twenty who come after two hundred that prove nothing."""
    for _ in range(200):
        asked(throttle, uuid4().hex)
    tokens = [uuid4().hex for _ in range(20)]
    return sum(asked(throttle, token, solved(challenge_for(token, 8))) == "" for token in tokens)


@pytest.mark.requirement("R-22")
def test_twenty_people_get_in_past_two_hundred_that_prove_nothing() -> None:
    assert people_let_in(Throttle()) == 20


@pytest.mark.breaks("R-22")
def test_people_who_are_shut_out_are_noticed_when_no_proof_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "is_proof", lambda challenge, answer: False)
    assert people_let_in(Throttle()) < 20


@pytest.mark.requirement("R-22")
def test_without_a_rush_nobody_is_asked_for_anything() -> None:
    throttle = Throttle()
    assert {asked(throttle, uuid4().hex) for _ in range(30)} == {""}


@pytest.mark.requirement("R-22")
def test_whoever_can_prove_nothing_is_let_in_by_a_door_that_no_proof_fills() -> None:
    throttle = Throttle()
    for _ in range(100):
        token = uuid4().hex
        asked(throttle, token, solved(challenge_for(token, 8)))
    assert sum(asked(throttle, uuid4().hex) == "" for _ in range(20)) == 10


@pytest.mark.requirement("R-22")
def test_a_proof_serves_nobody_else() -> None:
    answer = solved(challenge_for("one tab", 12))
    assert not all(is_proof(challenge_for(f"tab {number}", 12), answer) for number in range(3))


@pytest.mark.parametrize("answer", ["", "9" * 21, "é"])
def test_what_is_no_answer_proves_nothing(answer: str) -> None:
    assert not is_proof(challenge_for("one tab", 30), answer)
