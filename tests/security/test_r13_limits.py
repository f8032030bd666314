"""Guessing a password is slow, and keeps nobody out who knows theirs."""

from datetime import timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client, RequestFactory
from django.utils import timezone
from pytest_django import Settings

from chatline.people.actions import raise_alarm
from chatline.people.models import Alarm
from chatline.web.accounts import limits
from tests.cast import Cast
from tests.security.signing_in import ELSEWHERE, PASSWORDS, app_of, code, signs_in, tries

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("R-13")]

HERE = "203.0.113.4"
RIGHT = PASSWORDS["sam"]
WAITS = "Too many tries."


@pytest.fixture(autouse=True)
def nobody_tried_yet() -> None:
    cache.clear()


def fails(times: int, address: str = HERE, username: str = "sam") -> list[str]:
    return [tries(Client(), username, "a-wrong-password", address) for _ in range(times)]


def slows_down(cast: Cast) -> None:
    assert not [told for told in fails(5) if told.startswith(WAITS)]
    assert tries(Client(), "sam", RIGHT, HERE).startswith(WAITS)


def test_after_five_failures_in_a_minute_an_account_waits(cast: Cast) -> None:
    slows_down(cast)


@pytest.mark.breaks("R-13")
def test_guessing_without_end_is_caught_when_nothing_counts(cast: Cast, settings: Settings) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"login": "", "login_failed": ""}
    with pytest.raises(AssertionError):
        slows_down(cast)


def test_the_wait_is_a_minute_however_often_somebody_tries_meanwhile(cast: Cast) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        fails(5)
        for _ in range(11):
            clock.shift(timedelta(seconds=5))
            fails(3)
        clock.shift(timedelta(seconds=6))
        assert tries(Client(), "sam", RIGHT, HERE) == "/desk/"


def keeps_nobody_out(cast: Cast) -> None:
    """An attacker elsewhere does not stop for five minutes; Sam comes in the middle of it."""
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for minute in range(5):
            fails(10, ELSEWHERE)
            clock.shift(timedelta(seconds=59))
            if minute == 2:
                assert tries(Client(), "sam", RIGHT, HERE) == "/desk/"


def test_an_attacker_elsewhere_keeps_nobody_out(cast: Cast) -> None:
    keeps_nobody_out(cast)


@pytest.mark.breaks("R-13")
def test_a_lock_out_is_caught_when_all_addresses_are_counted_as_one(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "counted_as", lambda request: "all-the-same")
    with pytest.raises(AssertionError):
        keeps_nobody_out(cast)


def test_an_attacker_at_the_same_address_does_not_keep_out_a_browser_that_is_known(cast: Cast) -> None:
    known = Client()
    assert tries(known, "sam", RIGHT, HERE) == "/desk/"
    known.post("/accounts/logout/")
    fails(40)
    assert tries(Client(), "sam", RIGHT, HERE).startswith(WAITS)
    assert tries(known, "sam", RIGHT, HERE) == "/desk/"


def test_a_browser_is_not_known_by_a_cookie_of_its_own_making(cast: Cast) -> None:
    fails(5)
    client = Client()
    client.cookies[limits.COOKIE] = "ImEgbmFtZSI:1sxJkL:made-up-signature"
    assert tries(client, "sam", RIGHT, HERE).startswith(WAITS)


def test_one_address_that_tries_many_accounts_waits_too(cast: Cast) -> None:
    told = [one for at in range(31) for one in fails(1, username=f"somebody-{at}")]
    assert told[-1].startswith(WAITS)
    assert not told[-2].startswith(WAITS)


def test_codes_are_slow_to_guess_too(cast: Cast) -> None:
    secret = app_of(cast.sam)
    assert [signs_in(cast, "sam", code(secret, 40)) for _ in range(5)] == ["refused"] * 5
    assert signs_in(cast, "sam", code(secret)) == "refused"
    with time_machine.travel(timezone.now() + timedelta(seconds=61)):
        assert signs_in(cast, "sam", code(secret)) == "/desk/"


def test_many_failures_raise_an_alarm_that_names_the_account_and_nothing_that_was_typed(cast: Cast) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for _ in range(5):
            fails(5)
            clock.shift(timedelta(seconds=61))
    alarm = Alarm.objects.get()
    assert (alarm.code, alarm.subject) == ("sign_in_tried", str(cast.sam.id))


def test_the_alarm_is_over_when_somebody_signs_in_an_hour_after_the_last_failure(cast: Cast) -> None:
    raise_alarm(limits.ALARM, str(cast.sam.id))
    tries(Client(), "robin", "robin-answers-here", HERE)
    assert Alarm.objects.filter(cleared_at=None).exists()
    with time_machine.travel(timezone.now() + timedelta(minutes=61)):
        tries(Client(), "robin", "robin-answers-here", HERE)
    assert not Alarm.objects.filter(cleared_at=None).exists()


def test_an_address_is_counted_with_its_neighbours_and_kept_nowhere(cast: Cast) -> None:
    def bucket(address: str) -> str:
        return limits.counted_as(RequestFactory().get("/", REMOTE_ADDR=address))

    assert bucket("203.0.113.4") == bucket("203.0.113.200") != bucket("203.0.114.4")
    assert bucket("2001:db8:0:1ff::1") == bucket("2001:db8:0:100::2") != bucket("2001:db8:0:200::1")
    assert "203" not in bucket("203.0.113.4")
    fails(2, "203.0.113.4")
    assert not [key for key in cache._cache if "203.0" in key]  # type: ignore[attr-defined]
