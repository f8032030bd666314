"""R-02: ten thousand errors that hold what belongs to a person, and none of it in a log line."""

import io
import logging
import random
from collections.abc import Iterator

import pytest

from chatline.redact import Redact

ERRORS = 10_000
CANARIES = (
    "+12025550143", "(202) 555-0143", "203.0.113.77", "2001:db8:1:2ff::1", "somebody@example.org",
    "kNq3v8ZsXw1Lr0Yt5Hb7Jc2Md9Pf4Qg6Ua8Ei0Ox2Sz", "+34 600 123 456", "192.0.2.41",
)  # fmt: skip
WORDS = ("i took all of them", "no quiero seguir", "the bridge tonight")


@pytest.fixture
def told() -> Iterator[tuple[logging.Logger, io.StringIO]]:
    """A logger with the handler that production has, and what it wrote."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(Redact())
    logger = logging.getLogger("tests.r02")
    logger.addHandler(handler)
    logger.propagate = False
    yield logger, stream
    logger.removeHandler(handler)


def breaks(canary: str, words: str, dice: random.Random) -> None:
    number, text = canary, words  # local variables of the frame that breaks
    kind = dice.choice([ValueError, KeyError, RuntimeError, TypeError, OSError])
    raise kind(f"{text} from {number}")


def log_errors(logger: logging.Logger, count: int) -> None:
    dice = random.Random(2)
    for _ in range(count):
        canary, words = dice.choice(CANARIES), dice.choice(WORDS)
        try:
            breaks(canary, words, dice)
        except Exception as error:  # whatever was raised is what is logged
            shape = dice.randrange(3)
            if shape == 0:
                logger.error("failed kind=%s", type(error).__name__, exc_info=error)
            elif shape == 1:
                logger.exception("failed for %s at /x/?to=%s", canary, canary)
            else:
                logger.error("failed: %s", canary, exc_info=True, stack_info=True)


def leaks(written: str) -> int:
    return sum(written.count(secret) for secret in (*CANARIES, *WORDS))


@pytest.mark.requirement("R-02")
def test_ten_thousand_errors_leave_nothing_of_anybody_in_the_log(
    told: tuple[logging.Logger, io.StringIO],
) -> None:
    logger, stream = told
    log_errors(logger, ERRORS)
    written = stream.getvalue()
    print(f"{ERRORS} errors, {len(written.splitlines())} lines, {leaks(written)} leaks")
    assert written.count("failed") >= ERRORS
    assert leaks(written) == 0


@pytest.mark.breaks("R-02")
def test_without_the_filter_they_would(told: tuple[logging.Logger, io.StringIO]) -> None:
    logger, stream = told
    logger.handlers[0].filters.clear()
    log_errors(logger, 100)
    assert leaks(stream.getvalue()) > 100
