"""`chatline drill` beside a real worker: every page as it goes out, and nothing left behind."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import servers
from tests.paging.receivers import Receiver, receiver
from tests.servers import Process, ProcessFailed

SETUP = """
from django.core.management import call_command
call_command("migrate", verbosity=0)
call_command("demodata")
from chatline.lines.models import Line, Hook
from chatline.people.models import Staff
from routing import reaching
line = Line.objects.get(slug="demo")
for after, whom, channel in [(0, "systems", "hook"), (1, "supervisors", "email")]:
    line.rungs.create(after=after, whom=whom, channel=channel)
Hook.objects.create(line=line, name="Duty system", url="{url}")
alex = Staff.objects.get(username="alex").id
reaching.set_contact(alex, alex, reaching.Reach(email="alex@example.org"))
"""
STANDS = """
from chatline.conversations.models import Conversation
from routing.models import Flag
print("drills", Conversation.objects.filter(kind="drill").count())
left = [*Conversation.objects.exclude(state="closed"), *Flag.objects.exclude(state="resolved")]
print("left open", len(left))
"""


@pytest.fixture(scope="module")
def system() -> Iterator[Receiver]:
    with receiver() as running:
        yield running


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory, redis_url: str, system: Receiver) -> dict[str, str]:
    made = servers.environment(tmp_path_factory.mktemp("line"), redis_url=redis_url)
    servers.run("shell", "-c", SETUP.format(url=system.url), environment=made)
    return made


@pytest.fixture(scope="module")
def worker(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    with servers.worker(environment, tmp_path_factory.mktemp("worker") / "log") as running:
        running.wait_for_output("Working.")
        yield running


def stands(environment: dict[str, str]) -> list[str]:
    return servers.run("shell", "-c", STANDS, environment=environment).splitlines()[-2:]


def test_without_a_worker_nobody_is_called_and_one_is_told_how_to_start_one(
    environment: dict[str, str],
) -> None:
    with pytest.raises(ProcessFailed, match="chatline worker"):
        servers.run("drill", environment=environment)
    assert stands(environment) == ["drills 0", "left open 0"]


def test_a_drill_is_followed_step_by_step_and_leaves_nothing_open(
    environment: dict[str, str], worker: Process, system: Receiver
) -> None:
    told = servers.run("drill", "--wait", "60", "--acknowledge-after", "5", environment=environment)
    print(told)
    lines = told.splitlines()
    assert lines[0].startswith("PRACTICE flag ")
    assert any("step 1   hook    Duty system" in line and line.endswith("  sent") for line in lines)
    assert any("step 2   email   Alex (supervisor)" in line and line.endswith("  sent") for line in lines)
    assert "Acknowledged by the drill itself (drill) after " in told
    assert b'"practice":true' in system.got[0].body
    assert "PRACTICE. Demo line: a flag is open" in worker.output()
    assert stands(environment) == ["drills 1", "left open 0"]


def test_a_drill_that_nobody_answers_says_so_and_fails(environment: dict[str, str], worker: Process) -> None:
    with pytest.raises(ProcessFailed) as failed:
        servers.run("drill", "--wait", "1", environment=environment)
    assert "ended with 1" in str(failed.value)
    assert "Nobody answered within 1 s." in str(failed.value)
    assert stands(environment)[1] == "left open 0"


def test_a_drill_that_is_stopped_is_ended_all_the_same(
    environment: dict[str, str], worker: Process, tmp_path: Path
) -> None:
    with servers.Process("drill", environment=environment, log=tmp_path / "drill.log") as drill:
        drill.wait_for_output("PRACTICE flag")
        assert drill.interrupt() == 1
    assert stands(environment)[1] == "left open 0"
