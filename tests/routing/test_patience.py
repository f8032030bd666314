"""How long is long: the decisions alone."""

from datetime import UTC, datetime, timedelta

import pytest

from routing.patience import Silence, Tell, after_silence, honest_minutes, is_expired, while_waiting

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("told", "minutes", "due"),
    [
        (0, 1.9, None),
        (0, 2, Tell("waiting", 1)),
        (1, 9, None),
        (1, 10, Tell("still_waiting", 2)),
        (2, 24, None),
        (2, 25, Tell("still_waiting", 3)),
        (3, 40, Tell("still_waiting", 4)),
        (4, 400, None),
        (0, 30, Tell("still_waiting", 3)),
    ],
)
def test_who_waits_is_told_so_four_times_at_most(told: int, minutes: float, due: Tell | None) -> None:
    assert while_waiting(told, minutes * MINUTE) == due


@pytest.mark.parametrize(
    ("recent", "waited", "told"),
    [(None, 2, None), ((3, 9), 2, 9), ((3, 9), 9, None), ((60, 91), 2, None)],
)
def test_minutes_are_told_as_long_as_they_may_come_true(
    recent: tuple[int, int] | None, waited: int, told: int | None
) -> None:
    assert honest_minutes(recent, waited * MINUTE) == told


@pytest.mark.parametrize(
    ("waited", "waited_open", "limit", "expired"),
    [
        (11.9, 11.9, 12, False),
        (12, 12, 12, True),
        (60, 0, 12, False),
        (62, 1.9, 12, False),
        (62, 2, 12, True),
        (1, 1, 1, True),
        (900, 900, 0, False),
    ],
)
def test_waiting_expires_once_a_line_has_been_open_long_enough(
    waited: float, waited_open: float, limit: float, expired: bool
) -> None:
    assert is_expired(waited * HOUR, waited_open * HOUR, limit * HOUR) == expired


def silence(**more: object) -> Silence:
    usual = {
        "since": NOON,
        "asked_at": None,
        "arrived": True,
        "at_risk": False,
        "ask": 10 * MINUTE,
        "close": 25 * MINUTE,
    }
    return Silence(**(usual | more))  # type: ignore[arg-type]  # the few fields a test changes


ASKED = {"asked_at": NOON + 10 * MINUTE}


@pytest.mark.parametrize(
    ("minutes", "more", "due"),
    [
        (9, {}, None),
        (10, {}, "still_there"),
        (600, {}, "still_there"),
        (10, {"at_risk": True}, "still_there"),
        (24, ASKED, None),
        (25, ASKED, "quiet_close"),
        (25, ASKED | {"at_risk": True}, None),
        (25, {"asked_at": NOON + 20 * MINUTE}, None),
        (35, {"asked_at": NOON + 20 * MINUTE}, "quiet_close"),
        (600, ASKED | {"close": 0 * MINUTE}, None),
        (600, {"ask": 0 * MINUTE}, None),
    ],
)
def test_who_is_silent_is_asked_once_then_let_go(
    minutes: int, more: dict[str, object], due: str | None
) -> None:
    assert after_silence(silence(**more), NOON + minutes * MINUTE) == due


@pytest.mark.parametrize("asked", [{}, ASKED])
def test_silence_proves_nothing_after_words_that_may_not_have_arrived(asked: dict[str, object]) -> None:
    assert after_silence(silence(arrived=False, **asked), NOON + 60 * MINUTE) is None
