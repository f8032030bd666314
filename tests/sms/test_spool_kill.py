"""kill -9 at every step of the spool: no acknowledged text is lost, none doubled, none torn."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests import servers


def killed(data: Path, *broken: str) -> dict[str, int]:
    """What became of the texts of processes that were killed at each of their steps."""
    environment = {**servers.environment(data), "DJANGO_SETTINGS_MODULE": "chatline.settings"}
    command = [sys.executable, "-m", "tests.sms.killed", *broken]
    done = subprocess.run(
        command, cwd=servers.ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr[-4_000:]
    return dict(json.loads(done.stdout.splitlines()[-1]))


def test_no_acknowledged_text_is_lost_or_doubled_whenever_a_process_dies(tmp_path: Path) -> None:
    became = killed(tmp_path)
    print(became)
    assert (became["lost"], became["doubled"], became["torn"]) == (0, 0, 0)
    assert min(became["killed in append"], became["killed in drain"]) >= 10


@pytest.mark.parametrize(("broken", "harm"), [("in place", "torn"), ("deletes first", "lost")])
def test_a_broken_spool_would_be_noticed(tmp_path: Path, broken: str, harm: str) -> None:
    became = killed(tmp_path, broken)
    print(broken, became)
    assert became[harm] > 0
