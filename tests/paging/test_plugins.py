"""Installed packages that take pages, which may raise or hang."""

import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from chatline.paging import Called
from chatline.paging.caller import Caller
from chatline.people.models import Alarm
from routing import pages
from routing.models import Flag, Page
from tests.cast import Cast
from tests.paging.conftest import flagged, hook, make_due, settle
from tests.paging.receivers import receiver


class Siren(ModuleType):
    """A sample plug-in, as another package would bring it: `siren:call`."""

    def __init__(self) -> None:
        super().__init__("siren")
        self.heard: list[Called] = []
        self.fault: BaseException | None = None
        self.free = threading.Event()
        self.free.set()

    def call(self, page: Called) -> None:
        self.heard.append(page)
        self.free.wait(60)
        if self.fault:
            raise self.fault


@pytest.fixture
def siren(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Siren]:
    about = tmp_path / "siren-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: siren\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[chatline.escalation]\nsiren = siren:call\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    module = Siren()
    monkeypatch.setitem(sys.modules, "siren", module)
    yield module
    module.free.set()


def by_plugin() -> Page:
    return Page.objects.get(channel="plugin")


def test_a_plugin_is_told_what_a_hook_is_told_without_words(siren: Siren, cast: Cast) -> None:
    with receiver() as system:
        hook(cast, system.url, words=True)
        flagged(cast)
        settle(Caller())
    [told] = siren.heard
    assert (told.id, told.flag, told.event) == (by_plugin().oid, Flag.objects.get().id, "flag.open")
    assert told.quote is None
    assert by_plugin().state == "sent"


@pytest.mark.parametrize("fault", [ValueError("no"), SystemExit(3), KeyboardInterrupt()])
def test_one_that_raises_is_called_again_with_the_same_id(
    fault: BaseException, siren: Siren, cast: Cast
) -> None:
    siren.fault = fault
    flagged(cast)
    settle(Caller())
    assert (by_plugin().state, by_plugin().error) == ("due", "plugin_failed")
    siren.fault = None
    make_due()
    settle(Caller())
    assert by_plugin().state == "sent"
    assert [told.id for told in siren.heard] == [by_plugin().oid] * 2


def test_one_that_hangs_delays_nothing_and_is_called_no_more_in_this_process(
    siren: Siren, cast: Cast
) -> None:
    siren.free.clear()
    with receiver() as system:
        hook(cast, system.url)
        flagged(cast)
        calling, began = Caller(), time.monotonic()
        settle(calling)
        assert system.got[0].at - began < 1
    assert (by_plugin().state, by_plugin().error) == ("due", "timeout")
    assert Alarm.objects.get(cleared_at=None, code="plugin_hangs").subject == "siren"
    for _ in range(pages.TRIES):
        make_due()
        settle(calling)
    assert [one.page.error for one in pages.dead([cast.line.id])] == ["plugin_hangs"]
    assert len(siren.heard) == 1


def test_after_a_restart_it_is_called_again_and_the_alarm_is_over(siren: Siren, cast: Cast) -> None:
    siren.free.clear()
    flagged(cast)
    settle(Caller())
    siren.free.set()
    make_due()
    settle(Caller())
    assert by_plugin().state == "sent"
    assert not Alarm.objects.filter(cleared_at=None, code="plugin_hangs").exists()


def test_one_that_was_taken_away_is_dead_at_once(siren: Siren, cast: Cast, tmp_path: Path) -> None:
    flagged(cast)
    (tmp_path / "siren-1.0.dist-info" / "entry_points.txt").unlink()
    settle(Caller())
    assert (by_plugin().state, by_plugin().error) == ("dead", "not_installed")
