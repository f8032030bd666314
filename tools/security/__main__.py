"""`python -m tools.security`: every requirement with the tests that prove it, and the breaks that these catch."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

REQUIREMENTS = Path(__file__).parent / "requirements.toml"
KINDS = ("requirement", "breaks")
BAD = ("failed", "error", "skipped")


class Table:
    """Counts outcomes by requirement and kind while pytest runs."""

    def __init__(self) -> None:
        self.outcomes: Counter[tuple[str, str, str]] = Counter()
        self._marks: dict[str, list[tuple[str, str]]] = {}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            self._marks[item.nodeid] = [
                (kind, mark.args[0]) for kind in KINDS for mark in item.iter_markers(kind)
            ]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        outcome = "error" if report.failed and report.when != "call" else report.outcome
        if report.when == "call" or outcome != "passed":
            for kind, requirement in self._marks[report.nodeid]:
                self.outcomes[requirement, kind, outcome] += 1

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
    release = parser.parse_args().release
    promised: dict[str, str] = tomllib.loads(REQUIREMENTS.read_text())
    table = Table()
    pytest.main(["-q", "-m", "requirement or breaks", "-p", "no:cacheprovider"], plugins=[table])
    rows = list(table.rows(promised))
    print(f"\n{'':5} {'what is promised':86} {'proofs':>8} {'breaks caught':>14}  standing")
    for row in rows:
        print(f"{row[0]:5} {row[1]:86} {row[2]:>8} {row[3]:>14}  {row[4]}")
    audited = advisories()
    print(f"\nDependencies: {audited}")
    unknown = {requirement for requirement, _, _ in table.outcomes} - promised.keys()
    if unknown:
        print(f"Tests name requirements that nobody promised: {', '.join(sorted(unknown))}")
    broken = any(row[4] == "BROKEN" for row in rows) or bool(unknown)
    return int(broken or (release and not audited.startswith("no known")))


if __name__ == "__main__":
    sys.exit(main())
