"""Nothing of a person reaches a log, whoever logs it."""

import logging
import sys
from uuid import uuid4

import pytest

from chatline.redact import Redact, hide

pytestmark = [pytest.mark.requirement("R-02")]


@pytest.mark.parametrize(
    "secret",
    [
        "+12025550143",
        "(202) 555-0143",
        "202.555.0143",
        "somebody@example.org",
        "203.0.113.77",
        "2001:db8::ff00:42:8329",
        "oid=abc&To=%2B12025550143",
        "a" * 43,
    ],
)
def test_what_belongs_to_a_person_is_hidden(secret: str) -> None:
    assert secret not in hide(
        f"GET /sms/status/?{secret} failed" if "=" in secret else f"for {secret}: failed"
    )


def test_our_own_ids_stay_whole() -> None:
    for _ in range(2_000):
        line = f"delivery oid={uuid4()} outcome=Accepted"
        assert hide(line) == line


def test_a_traceback_keeps_its_type_and_places_and_loses_its_words() -> None:
    try:
        raise ValueError("i feel so alone")
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, "p", 1, "failed", None, sys.exc_info())
    Redact().filter(record)
    told = logging.Formatter().format(record)
    assert "ValueError; test_redact.py:" in told
    assert "alone" not in told


def test_a_record_that_cannot_be_read_is_hidden_whole() -> None:
    record = logging.LogRecord("x", logging.ERROR, "p", 1, "%d", ("+12025550143",), None)
    Redact().filter(record)
    assert record.getMessage() == "unreadable log record"
