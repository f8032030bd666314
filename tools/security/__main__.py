"""`python -m tools.security`: every requirement with its proofs, what they measured, and the breaks that they catch."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

REQUIREMENTS = Path(__file__).parent / "requirements.toml"
KINDS = ("requirement", "breaks")
BAD = ("failed", "error", "skipped")


class Table:
    """Counts outcomes by requirement and kind while pytest runs, and keeps what tests tell.

    A test tells a figure by `record_property("figure", "10,000 keys in 4.3 s")`; the name of a break is its sentence.
    """

    def __init__(self) -> None:
        self.outcomes: Counter[tuple[str, str, str]] = Counter()
        self.figures: dict[str, list[str]] = defaultdict(list)
        self.breaks: dict[str, list[str]] = defaultdict(list)
        self._marks: dict[str, list[tuple[str, str]]] = {}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            self._marks[item.nodeid] = [
                (kind, mark.args[0]) for kind in KINDS for mark in item.iter_markers(kind)
            ]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        outcome = "error" if report.failed and report.when != "call" else report.outcome
        if report.when == "call" or outcome != "passed":
            figures = [str(told) for name, told in report.user_properties if name == "figure"]
            for kind, requirement in self._marks[report.nodeid]:
                self.outcomes[requirement, kind, outcome] += 1
                told = figures if kind == "requirement" else [f"with the break: {one}" for one in figures]
                self.figures[requirement] += [one for one in told if one not in self.figures[requirement]]
                if kind == "breaks":
                    self.breaks[requirement].append(sentence(report.nodeid))

    def rows(self, promised: dict[str, str]) -> Iterator[tuple[str, str, str, str, str]]:
        """Id, what is promised, tests, breaks, and how it stands."""
        for requirement, promise in promised.items():
            told = []
            bad = 0
            for kind in KINDS:
                passed = self.outcomes[requirement, kind, "passed"]
                wrong = sum(self.outcomes[requirement, kind, outcome] for outcome in BAD)
                bad += wrong
                told.append(f"{passed}" + (f" ({wrong} not)" if wrong else ""))
            proven, broken = (self.outcomes[requirement, kind, "passed"] for kind in KINDS)
            yield requirement, promise, *told, _standing(bad, proven, broken)  # type: ignore[misc]  # five


def sentence(test: str) -> str:
    """What a test is called, in words."""
    return test.rpartition("::")[2].removeprefix("test_").replace("_", " ")


def _standing(bad: int, proven: int, broken: int) -> str:
    if bad:
        return "BROKEN"
    if not proven:
        return "NOT PROVEN"
    return "holds" if broken else "holds, no break tried"


def advisories() -> str:
    """What pip-audit says of the lock; never that all is well when nobody could be asked."""
    command = [sys.executable, "-m", "pip_audit", "--strict", "--require-hashes", "--progress-spinner=off"]
    done = subprocess.run([*command, "-r", "requirements.lock"], capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return "no known holes in what we depend on"
    if "Found" in done.stderr and "known vulnerabilit" in done.stderr:
        return f"KNOWN HOLES:\n{done.stdout}"
    return "NOT AUDITED: the advisories could not be reached"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.security", description=__doc__)
    parser.add_argument(
        "--release", action="store_true", help="fail as well where dependencies were not audited"
    )
    parser.add_argument("--full", action="store_true", help="name every break that was caught")
    options = parser.parse_args()
    promised: dict[str, str] = tomllib.loads(REQUIREMENTS.read_text())
    table = Table()
    pytest.main(["-q", "-m", "requirement or breaks", "-p", "no:cacheprovider"], plugins=[table])
    rows = list(table.rows(promised))
    print(f"\n{'':5} {'what is promised':86} {'proofs':>8} {'breaks caught':>14}  standing")
    for row in rows:
        print(f"{row[0]:5} {row[1]:86} {row[2]:>8} {row[3]:>14}  {row[4]}")
        for figure in table.figures[row[0]]:
            print(f"{'':5} {figure}")
        for caught in table.breaks[row[0]] if options.full else ():
            print(f"{'':5} break: {caught}")
    held = sum(row[4].startswith("holds") for row in rows)
    tried = sum(row[4] == "holds" for row in rows)
    print(f"\n{held} of {len(rows)} hold, {tried} of them with a break that is caught")
    audited = advisories()
    print(f"\nDependencies: {audited}")
    unknown = {requirement for requirement, _, _ in table.outcomes} - promised.keys()
    if unknown:
        print(f"Tests name requirements that nobody promised: {', '.join(sorted(unknown))}")
    broken = any(row[4] == "BROKEN" for row in rows) or bool(unknown)
    return int(broken or (options.release and not audited.startswith("no known")))


if __name__ == "__main__":
    sys.exit(main())
