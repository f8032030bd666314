"""Passwords are slow to guess, long, and a name that is not known takes as long as one that is."""

import statistics
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.hashers import Argon2PasswordHasher, identify_hasher, make_password
from django.contrib.auth.password_validation import validate_password
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.test import Client
from pytest_django import Settings

from chatline import settings as real
from chatline.people.models import Staff
from tests.cast import Cast
from tests.security.signing_in import tries

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("R-10")]

WHO = {"unknown": "nobody-of-this-name", "wrong": "sam", "let go": "robin", "invited": "kim"}


@pytest.fixture
def argon(settings: Settings, cast: Cast) -> Cast:
    """The cast with passwords as they are kept in production, one let go and one who never signed in."""
    settings.PASSWORD_HASHERS = real.PASSWORD_HASHERS
    cast.sam.set_password("sam-answers-here")
    cast.sam.save()
    cast.robin.set_password("robin-answers-here")
    cast.robin.is_active = False
    cast.robin.save()
    kim = Staff(username="kim", name="Kim")
    kim.set_unusable_password()
    kim.save()
    cache.clear()
    return cast


def test_a_password_is_kept_as_argon2id_above_the_floor(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = real.PASSWORD_HASHERS
    kept = make_password("a-long-password-of-mine")
    told = identify_hasher(kept).decode(kept)
    assert isinstance(identify_hasher(kept), Argon2PasswordHasher)
    assert told["variety"] == "argon2id"
    assert (told["time_cost"], told["memory_cost"]) >= (2, 19 * 1024)


@pytest.mark.parametrize("password", ["fourteen-signs", "short"])
def test_a_password_has_fifteen_signs_or_more(password: str) -> None:
    with pytest.raises(ValidationError):
        validate_password(password)
    validate_password("fifteen-signs-1")


@pytest.mark.parametrize(
    "password",
    ["aaaaaaaaaaaaaaaaaa", "password-password-", "1212121212121212", "SamuelSamuel-2026", "samuel1samuel22"],
)
def test_a_long_password_that_is_guessed_first_is_refused(password: str) -> None:
    with pytest.raises(ValidationError):
        validate_password(password, Staff(username="samuel", name="Sam"))
    validate_password("four words of samuel's", Staff(username="samuel", name="Sam"))


def work(of: str, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many passwords were hashed to answer somebody who cannot sign in."""
    count: list[str] = []
    for name in ("encode", "verify"):
        there = getattr(Argon2PasswordHasher, name)

        def counting(*given: Any, _there: Callable[..., Any] = there, **more: Any) -> Any:
            count.append("once")
            return _there(*given, **more)

        monkeypatch.setattr(Argon2PasswordHasher, name, counting)
    password = "robin-answers-here" if of == "let go" else "a-wrong-password"
    tries(Client(), WHO[of], password)
    return len(count)


@pytest.mark.parametrize("of", WHO)
def test_whoever_cannot_sign_in_costs_one_hash(of: str, argon: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    assert work(of, monkeypatch) == 1


@pytest.mark.breaks("R-10")
def test_a_quick_answer_to_unknown_names_is_caught_when_nothing_is_hashed_for_them(
    argon: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Staff, "set_password", lambda self, password: None)
    with pytest.raises(AssertionError):
        test_whoever_cannot_sign_in_costs_one_hash("unknown", argon, monkeypatch)


def seconds(username: str) -> float:
    cache.clear()
    started = time.perf_counter()
    ModelBackend().authenticate(None, username=username, password="a-wrong-password")
    return time.perf_counter() - started


def test_an_unknown_name_takes_as_long_as_a_wrong_password(argon: Cast) -> None:
    times: dict[str, list[float]] = {"sam": [], "nobody": []}
    for _ in range(9):
        for username, taken in times.items():
            taken.append(seconds(username))
    known, unknown = (statistics.median(taken) for taken in times.values())
    print(
        f"wrong password {known * 1000:.1f} ms, unknown name {unknown * 1000:.1f} ms: {unknown / known - 1:+.1%}"
    )
    # Wanted is 10 %; a busy machine must not fail it, and leaving out the hash is a factor of hundreds.
    assert 1 / 1.5 < unknown / known < 1.5


def test_they_are_told_the_same(argon: Cast) -> None:
    told = {
        tries(Client(), WHO[of], "robin-answers-here", address=f"203.0.{at}.1") for at, of in enumerate(WHO)
    }
    assert told == {"This username and password do not belong together."}
