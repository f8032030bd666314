"""Shifts of texting with everything going wrong that can: the promises hold, whatever the script (`texting.py`)."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from tests import servers
from tests.flows.breaks import BREAKS
from tests.services import postgres

RUNS = {"sqlite": 2_000, "postgresql": 100}
AT_ONCE = 2
MOST_FOR_A_BREAK = 400


def soak(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = dict(servers.inherited())
    if connection.vendor == "postgresql":
        environment["DATABASE_URL"] = postgres().new_database()
    return subprocess.run(
        [sys.executable, "-m", "tests.flows.soak", "--quiet", *arguments],
        cwd=servers.ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=1_200,
    )


@pytest.mark.both
def test_whatever_goes_wrong_no_text_is_lost_doubled_or_left_without_an_end() -> None:
    each = RUNS[connection.vendor] // AT_ONCE
    with ThreadPoolExecutor(AT_ONCE) as pool:
        done = list(pool.map(lambda n: soak("--runs", str(each), "--first", str(n * each)), range(AT_ONCE)))
    for one in done:
        print(f"on {connection.vendor}: {one.stdout.strip()}")
    assert [(one.returncode, one.stderr) for one in done] == [(0, "")] * AT_ONCE
    assert all(one.stdout.startswith(f"{each} runs") for one in done)


@pytest.mark.parametrize("broken", BREAKS)
def test_each_protection_that_is_taken_away_is_missed(broken: str) -> None:
    done = soak("--runs", str(MOST_FOR_A_BREAK), "--break", broken)
    print(f"{broken}: {done.stderr.strip()}")
    assert done.returncode == 1
    assert done.stderr.startswith("seed "), done.stderr[-2_000:]
