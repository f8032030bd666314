from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone

from chatline.lines.models import Hook
from chatline.paging import caller, plugins, request
from chatline.paging.caller import Caller
from routing import climbing
from routing.models import Page
from tests.cast import RISKY, Cast


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What takes ten seconds takes one: how long is waited is a figure, that it ends is the promise."""
    monkeypatch.setattr(request, "DEADLINE", 1.0)
    monkeypatch.setattr(request, "PATIENCE", 0.5)
    monkeypatch.setattr(caller, "SECONDS", dict.fromkeys(caller.SECONDS, 1.5))
    monkeypatch.setattr(caller, "SPREAD", 0.0)


@pytest.fixture(autouse=True)
def no_plugins_from_before() -> Iterator[None]:
    climbing.plugins.cache_clear()
    plugins._loaded.cache_clear()
    yield
    climbing.plugins.cache_clear()
    plugins._loaded.cache_clear()


def hook(cast: Cast, url: str, name: str = "Duty", *, words: bool = False) -> Hook:
    return Hook.objects.create(line=cast.line, name=name, url=url, words=words)


def flagged(cast: Cast, who: str = "a visitor") -> None:
    """Somebody is at risk, and the first step of the ladder is taken."""
    cast.visits(RISKY, who)
    while climbing.climb_due(timezone.now()):
        pass


def make_due() -> None:
    """The pause before the next try is over."""
    Page.objects.filter(state="due").update(not_before=timezone.now() - timedelta(seconds=1))


def settle(calling: Caller) -> None:
    """Everything that is due is called, and what became of it is written down."""
    while calling.step():
        pass
