"""A hook that hangs, drips or fails, beside a good one: flags, the good one and plug-ins are as fast as without it."""

import threading
import time
from collections.abc import Sequence
from datetime import datetime

import pytest
from django.db import connections

from chatline.paging.caller import Caller
from routing import pages
from routing.models import Page
from tests.cast import Cast
from tests.paging.conftest import flagged, hook, settle
from tests.paging.receivers import Manner, Receiver, answers, drips, hangs, receiver, status

FLAGS = 12


def raise_flags(cast: Cast, count: int = FLAGS, kind: str = "a") -> float:
    """Seconds that one flag took, from words to the first step of its ladder, at the median."""
    took = []
    for n in range(count):
        began = time.perf_counter()
        flagged(cast, f"{kind} visitor {n}")
        took.append(time.perf_counter() - began)
    return sorted(took)[count // 2]


def until_all_told(system: Receiver, count: int = FLAGS) -> float:
    """Seconds from the first step of a caller until the good one has them all, while whatever hangs goes on hanging."""
    calling, began = Caller(), time.monotonic()
    while len(system.got) < count:
        calling.step()
        assert time.monotonic() - began < 60
    took = system.got[count - 1].at - began
    calling.finish()
    return took


@pytest.mark.parametrize("manner", [hangs, drips, answers(status(500))], ids=["hangs", "drips", "fails"])
def test_a_bad_hook_delays_no_flag_and_no_other_hook(manner: Manner, cast: Cast) -> None:
    with receiver() as good:
        hook(cast, good.url, "Good")
        flag_alone = raise_flags(cast)
        alone = until_all_told(good)
    Page.objects.all().delete()
    with receiver() as good, receiver(manner) as bad:
        cast.line.hooks.update(url=good.url)
        hook(cast, bad.url, "Bad")
        flag_beside = raise_flags(cast, kind="another")
        beside = until_all_told(good)
    print(
        f"{FLAGS} pages of a good hook: {alone:.3f} s alone, {beside:.3f} s beside a bad one, {beside / alone:.2f}x"
    )
    print(f"a flag: {flag_alone * 1000:.1f} ms alone, {flag_beside * 1000:.1f} ms beside")
    assert beside < 5 * alone + 1
    assert flag_beside < 5 * flag_alone


def test_a_hook_has_at_most_one_call_under_way_and_gets_them_all_in_turn(cast: Cast) -> None:
    with receiver(slow) as system:
        hook(cast, system.url)
        raise_flags(cast, 5)
        settle(Caller())
    assert (len(set(system.ids())), system.most_at_once) == (5, 1)


def test_a_caller_that_does_not_look_who_is_busy_is_noticed(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The break of the test above."""
    claim = pages.claim

    def blind(channels: Sequence[str], now: datetime, busy: object) -> Page | None:
        return claim(channels, now)

    monkeypatch.setattr(pages, "claim", blind)
    with receiver(slow) as system:
        hook(cast, system.url)
        raise_flags(cast, 5)
        settle(Caller())
    assert system.most_at_once > 1


def slow(connection: object, ended: threading.Event) -> None:
    ended.wait(0.1)
    answers(status(200))(connection, ended)  # type: ignore[arg-type]  # it is a socket


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_two_workers_tell_each_page_once(cast: Cast) -> None:
    with receiver() as one, receiver() as two:
        hook(cast, one.url, "One")
        hook(cast, two.url, "Two")
        raise_flags(cast, 20)
        workers = [threading.Thread(target=work) for _ in range(2)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(60)
        oids = {str(oid) for oid in Page.objects.filter(channel="hook").values_list("oid", flat=True)}
        assert len(one.got) == len(two.got) == 20
        assert {*one.ids(), *two.ids()} == oids
    assert set(Page.objects.filter(channel="hook").values_list("state", "attempts")) == {("sent", 1)}


def work() -> None:
    try:
        settle(Caller())
    finally:
        connections.close_all()
