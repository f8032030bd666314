"""Fixtures that every test may ask for. People and lines that everybody knows are in `tests/cast.py`.

Browser tests come last and talk to a real `chatline demo`, never to the ORM: while Playwright runs, its event loop
counts as running in this thread, and Django's models and pytest-asyncio both refuse to work under one.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from django.db import connection
from playwright.sync_api import Browser, ConsoleMessage, Page

from chatline.people import triggers
from tests import servers, services
from tests.cast import Cast, make_cast
from tests.chromium import chromium

if "CI" not in os.environ:
    # A deadline measures how busy this machine is. (Under CI, Hypothesis chooses a profile without one by itself.)
    hypothesis.settings.register_profile("here", deadline=None)
    hypothesis.settings.load_profile("here")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """With CI=true nothing may be skipped: a run that skipped anything has failed."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or os.environ.get("CI") != "true":
        return
    if skipped := reporter.stats.get("skipped", []):
        reporter.write_line(
            f"\n{len(skipped)} skipped, which CI does not allow: {skipped[0].nodeid}", red=True
        )
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """Tests empty their tables, which the audit log refuses; `tests/security/test_r27_audit.py` has it refuse again."""
    with django_db_blocker.unblock():
        triggers.remove(connection)


@pytest.fixture(scope="session")
def postgres() -> services.Postgres:
    """A private PostgreSQL; `new_database()` gives a url for `servers.environment`."""
    return services.postgres()


@pytest.fixture(scope="session")
def postgres_url(postgres: services.Postgres) -> str:
    """A database on the private PostgreSQL that nothing has been written to by the rig."""
    return postgres.new_database()


@pytest.fixture(scope="session")
def redis_url() -> str:
    """A private Redis, empty at the start of the run."""
    return services.redis_server().url


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.Process]:
    """The whole line, running; one for each file, so that nobody takes the people of another."""
    with servers.demo(tmp_path_factory.mktemp("demo")) as line:
        line.wait_until_healthy()
        yield line


@pytest.fixture(scope="module")
def demo_json(demo: servers.Process) -> dict[str, Any]:
    """What the running demo says about itself: `url`, `line`, `short_code`, `staff`, `pages`, ..."""
    return dict(json.loads(Path(demo.environment["CHATLINE_DATA"], "demo.json").read_text()))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture
def complaints() -> list[str]:
    """What pages opened by `page` wrote to their console as errors, or threw. Fails the test if not emptied."""
    return []


@pytest.fixture
def page(browser: Browser, complaints: list[str]) -> Iterator[Page]:
    """A page with nothing remembered. An uncaught error or a console error on it fails the test."""
    context = browser.new_context(locale="en-GB")
    context.set_default_timeout(10_000)

    def hear(message: ConsoleMessage) -> None:
        if message.type == "error":
            complaints.append(f"{message.text} ({message.location.get('url', '')})")

    context.on("console", hear)
    context.on("weberror", lambda thrown: complaints.append(str(thrown.error)))
    yield context.new_page()
    context.close()
    assert not complaints, "\n".join(complaints)


@pytest.fixture
def cast(db: None) -> Cast:
    """The people whom every test knows, in a database that holds nobody else."""
    return make_cast()
