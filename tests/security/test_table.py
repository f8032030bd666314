"""The table of `make security` says of each promise whether tests hold it, and never that all is well if it is not."""

from typing import Any

import pytest

from tools.security.__main__ import Table, sentence

PROMISED = {"R-98": "It is so"}


class Item:
    def __init__(self, nodeid: str, *marks: tuple[str, str]) -> None:
        self.nodeid = nodeid
        self._marks = marks

    def iter_markers(self, kind: str) -> Any:
        return [pytest.mark.__getattr__(name)(of).mark for name, of in self._marks if name == kind]


class Report:
    def __init__(self, nodeid: str, outcome: str, when: str = "call", figure: str = "") -> None:
        self.nodeid, self.outcome, self.when = nodeid, outcome, when
        self.failed = outcome == "failed"
        self.user_properties = [("figure", figure)] if figure else []


def table(*ran: tuple[str, str]) -> Table:
    """Of tests of the one promise, each with its kind and outcome."""
    made = Table()
    tests = [(f"tests/x.py::test_{n}_holds", kind, outcome) for n, (kind, outcome) in enumerate(ran)]
    made.pytest_collection_modifyitems([Item(test, (kind, "R-98")) for test, kind, _ in tests])  # type: ignore[misc]
    for test, _, outcome in tests:
        made.pytest_runtest_logreport(Report(test, outcome))  # type: ignore[arg-type]  # what it reads of one
    return made


@pytest.mark.parametrize(
    ("ran", "standing"),
    [
        ((), "NOT PROVEN"),
        ((("breaks", "passed"),), "NOT PROVEN"),
        ((("requirement", "passed"),), "holds, no break tried"),
        ((("requirement", "passed"), ("breaks", "passed")), "holds"),
        ((("requirement", "passed"), ("requirement", "failed"), ("breaks", "passed")), "BROKEN"),
        ((("requirement", "passed"), ("breaks", "failed")), "BROKEN"),
        ((("requirement", "passed"), ("requirement", "skipped")), "BROKEN"),
    ],
)
def test_a_promise_stands_as_its_tests_ended(ran: tuple[tuple[str, str], ...], standing: str) -> None:
    assert [row[4] for row in table(*ran).rows(PROMISED)] == [standing]


def test_what_a_test_measured_is_told_once() -> None:
    made = table(("requirement", "passed"), ("breaks", "passed"))
    for _ in range(2):
        made.pytest_runtest_logreport(Report("tests/x.py::test_0_holds", "passed", figure="3 of 3"))  # type: ignore[arg-type]  # the same
    made.pytest_runtest_logreport(Report("tests/x.py::test_1_holds", "passed", figure="0 of 3"))  # type: ignore[arg-type]  # the same
    assert made.figures["R-98"] == ["3 of 3", "with the break: 0 of 3"]
    assert made.breaks["R-98"][0] == "1 holds"


def test_a_break_is_called_by_its_sentence() -> None:
    assert sentence("tests/a/test_b.py::test_words_in_clear_are_found[x]") == "words in clear are found[x]"
