"""kill -9 of the worker, a hundred times spread over every step of the outbox: no text is lost, none is doubled."""

import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.db.models import Q
from pytest_django.live_server_helper import LiveServer

from chatline.conversations import actions
from chatline.conversations.models import Conversation, Delivery, Message
from chatline.demo.alone import Alone
from chatline.demo.faults import Create, Report, Script, Turn
from routing import queue
from routing.models import Desk
from tests import servers
from tests.cast import Cast
from tests.flows import forking

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]

KILLS = 100
PHONES = [f"+120255501{n:02}" for n in range(10)]
ANSWERS_AFTER = 2 * forking.DURING
WORKS = 3.0
"""Seconds after which a worker that nothing killed ends."""


class Workers:
    """See `forking.py`."""

    def __init__(self, provider: str, *changes: str) -> None:
        environment = {
            **servers.inherited(),
            "CHATLINE_DEMO": "1",
            "CHATLINE_DATA": str(settings.DATA),
            "CHATLINE_PUBLIC_URL": settings.PUBLIC_URL,
            "DATABASE_URL": forking.database_url(),
            "TWILIO_API_URL": provider,
        }
        self._process = subprocess.Popen(
            [
                "setpriv",
                "--pdeathsig",
                "KILL",
                sys.executable,
                "-m",
                "tests.flows.forking",
                str(WORKS),
                *changes,
            ],
            cwd=servers.ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._read() == "ready"

    def run(self, place: str = "", nth: int = 1) -> int:
        """One worker until it is killed there, or ends; its exit status."""
        assert self._process.stdin
        self._process.stdin.write(f"{place} {nth}\n")
        self._process.stdin.flush()
        return int(self._read().split()[0])

    def _read(self) -> str:
        assert self._process.stdout
        return self._process.stdout.readline().strip()

    def end(self) -> None:
        self._process.communicate(timeout=20)


@pytest.fixture
def provider(live_server: LiveServer, settings: Any) -> Iterator[Alone]:
    """The network as a server, which answers after a twentieth of a second and reports to the line's own webhooks."""
    settings.PUBLIC_URL = live_server.url
    alone = Alone(
        live_server.url, settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKENS[0], delay=ANSWERS_AFTER
    )
    alone.start()
    yield alone
    alone.stop()


@pytest.fixture
def people(cast: Cast) -> list[Conversation]:
    """Sam talks with everybody; nothing waits to be sent but what a test lets Sam say."""
    cast.number.per_second = 10_000
    cast.number.save()
    for phone in PHONES:
        cast.texts("hello", number=phone)
    cast.ready(cast.sam)
    Desk.objects.update(seats=len(PHONES))
    Delivery.objects.update(state="delivered")
    return [queue.take(cast.sam.id) for _ in PHONES]


# --- killed -----------------------------------------------------------------------------------------------


@dataclass
class Night:
    """Sam goes on answering while one worker after another is killed."""

    cast: Cast
    people: list[Conversation]
    provider: Alone
    workers: Workers
    dice: random.Random = field(default_factory=lambda: random.Random(7))
    said: dict[str, str] = field(default_factory=dict)
    killed: Counter[str] = field(default_factory=Counter)

    def kill_at(self, places: Sequence[str], kills: int) -> None:
        """So many kills, about as many at each place; a place that is not reached is tried again later."""
        for turn in range(kills * 2):
            if self.killed.total() >= kills:
                return
            place = places[turn % len(places)]
            self._say()
            self._set_the_scene(place)
            self._kill(place, self.dice.choice((1, 2)) if turn % 3 else 1)
            self._send_again()
        raise AssertionError(f"places that are hardly ever reached: {self.killed}")

    def _set_the_scene(self, place: str) -> None:
        """A callback that never comes makes the list the only witness; a text that never left is found nowhere."""
        reports = (Report.MISSING,) if self.dice.random() < 0.3 else ()
        fault = Create.TOO_FAST if "429" in place else Create.FINE
        self.provider.carrier.play(Script(creates=[Turn(fault, reports=reports)]))
        if place in forking.NEEDS_A_DOUBT:
            self._kill("committed, not posted", 1)

    def _kill(self, place: str, nth: int) -> None:
        self.killed[place] += self.workers.run(place, nth) == -9

    def _say(self) -> None:
        for row in self.dice.sample(self.people, 2):
            words = f"this is answer number {len(self.said) + 1}"
            self.cast.answers(row, words)
            self.said[words] = str(row.id)

    def _send_again(self) -> None:
        for conversation, seq in Message.objects.filter(resend=True).values_list("conversation", "seq"):
            actions.resend(self.cast.sam.id, conversation, seq)

    def come_to_rest(self) -> None:
        deadline = time.monotonic() + 60
        while self._is_open():
            assert time.monotonic() < deadline, "texts that never end"
            self.workers.run()
            self._send_again()
        while self.provider.carrier.next_due() is not None:
            time.sleep(0.05)

    def _is_open(self) -> bool:
        return (
            Delivery.objects.filter(
                Q(state__in=("ready", "posting")) | Q(state="unknown", settled_at=None)
            ).exists()
            or Message.objects.filter(resend=True).exists()
        )

    def on_handsets(self) -> Counter[str]:
        return Counter(bubble.words for phone in PHONES for bubble in self.provider.carrier.transcript(phone))


@contextmanager
def night(cast: Cast, people: list[Conversation], provider: Alone, *changes: str) -> Iterator[Night]:
    workers = Workers(provider.url, *changes)
    try:
        yield Night(cast, people, provider, workers)
    finally:
        workers.end()


def test_a_worker_killed_at_any_step_loses_and_doubles_nothing(
    cast: Cast, people: list[Conversation], provider: Alone
) -> None:
    with night(cast, people, provider) as shift:
        shift.kill_at(list(forking.places()), KILLS)
        shift.come_to_rest()
        arrived = shift.on_handsets()
    lost, doubled = (
        [one for one in shift.said if not arrived[one]],
        [one for one in arrived if arrived[one] > 1],
    )
    print(
        f"{shift.killed.total()} workers killed on {connection.vendor} ({dict(shift.killed)}): {len(shift.said)} "
        f"texts, {len(lost)} lost, {len(doubled)} doubled, "
        f"{Delivery.objects.exclude(again_of=None).count()} sent again by a person"
    )
    assert (lost, doubled, shift.provider.carrier.doubled()) == ([], [], [])
    assert set(shift.killed) == set(forking.places())


def test_sending_again_what_a_dead_worker_left_would_be_noticed(
    cast: Cast, people: list[Conversation], provider: Alone
) -> None:
    """The break."""
    with night(cast, people, provider, "sends-again") as shift:
        shift.dice.random = lambda: 0.0  # type: ignore[method-assign]  # no callback comes
        shift.kill_at(["answered, not written down"], 3)
        shift.come_to_rest()
        doubled = shift.provider.carrier.doubled()
    print(f"3 workers killed on {connection.vendor} with the break: {len(doubled)} texts doubled")
    assert doubled
