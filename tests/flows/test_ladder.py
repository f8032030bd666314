"""A thousand flags climb while three workers are killed again and again: each is called about once a step, until
somebody has it."""

import json
import random
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from django.db import connection, connections
from django.db.models import Count, QuerySet
from django.utils import timezone

from chatline.conversations.models import Conversation, Visitor
from chatline.lines.ladders import Channel, Whom
from chatline.lines.models import Rung
from routing import climbing, escalation, presence
from routing.models import Desk, Flag, FlagState, Page, PageState
from tests import servers
from tests.cast import Cast
from tests.flows import climbers, forking
from tests.routing.calls import ALEX, acknowledge_by_code, flagged, reached

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]

WORKERS = 3
RUNGS = [
    (0, Whom.ON_SHIFT, Channel.SCREEN),
    (1, Whom.ON_CALL, Channel.TEXT),
    (2, Whom.MANAGERS, Channel.EMAIL),
]
AFTER = {1: 0, 2: 1, 3: 2}
"""Seconds after which a step of the first round is due."""

LONGEST = 300.0
"""Seconds until a test gives up; the longest takes some twenty on two idle cores."""

PATIENCE = (1, 1, 1, 2, 2, 2, 3, 3, 4, 5)
"""Of ten flags, how many steps each is left to climb before somebody answers."""


@pytest.fixture
def line(cast: Cast) -> Cast:
    """One whose ladder takes two seconds, and whose people can all be called."""
    reached(cast)
    presence.set_ready(cast.alex.id, False)
    Desk.objects.update(last_seen_at=timezone.now() + timedelta(days=1))
    Rung.objects.bulk_create(
        Rung(line=cast.line, after=after, whom=whom, channel=channel) for after, whom, channel in RUNGS
    )
    return cast


def flag_many(cast: Cast, count: int) -> None:
    """So many people at risk, all at once: one who said so, and copies of that."""
    one = flagged(cast)
    talk, now = Conversation.objects.get(), timezone.now()
    people = [
        Visitor(line=cast.line, medium=talk.medium, handle=f"Quiet Heron {n}") for n in range(count - 1)
    ]
    Visitor.objects.bulk_create(people)
    talks = [
        Conversation(
            line=cast.line,
            visitor=visitor,
            medium=talk.medium,
            level=talk.level,
            open_flags=1,
            rank_at=now,
            opened_at=now,
            waiting_since=now,
        )
        for visitor in people
    ]
    Conversation.objects.bulk_create(talks)
    flags = [Flag(id=uuid4(), conversation=row, level=one.level, raised_at=now) for row in talks]
    for flag in flags:
        climbing.begin(flag, now)
    Flag.objects.bulk_create(flags)


@dataclass(frozen=True, slots=True)
class Sent:
    """One line of what the workers sent."""

    oid: UUID
    flag: UUID
    climb: int
    step: int
    channel: str
    target: str


@dataclass
class Night:
    """Flags are open, workers die, and somebody acknowledges now at a screen, now from a phone."""

    cast: Cast
    folder: Path
    latest: int
    changes: Sequence[str] = ()
    dice: random.Random = field(default_factory=lambda: random.Random(11))
    patience: dict[UUID, int] = field(default_factory=dict)
    answered: Counter[str] = field(default_factory=Counter)
    killed: Counter[str] = field(default_factory=Counter)

    def pass_until(self, *done: Callable[[], object]) -> None:
        with self._workers() as keeper:
            assert keeper.stdout
            assert keeper.stdout.readline().strip() == "ready"
            for one in done:
                self._until(one)
            told, _ = keeper.communicate(timeout=20)
        self.killed.update(json.loads(told))

    def _workers(self) -> "subprocess.Popen[str]":
        environment = {
            **servers.inherited(),
            "CHATLINE_DEMO": "1",
            "CHATLINE_DATA": str(settings.DATA),
            "CHATLINE_PUBLIC_URL": settings.PUBLIC_URL,
            "DATABASE_URL": forking.database_url(),
        }
        command = [sys.executable, "-m", "tests.flows.climbers", str(self.record)]
        return subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", *command, str(WORKERS), str(self.latest), *self.changes],
            cwd=servers.ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    @property
    def record(self) -> Path:
        return self.folder / "sent"

    def _until(self, done: Callable[[], object]) -> None:
        deadline = time.monotonic() + LONGEST
        while not done():
            assert time.monotonic() < deadline, f"never: {done}, {self.counts()}"
            time.sleep(0.02)

    # --- answered -----------------------------------------------------------------------------------------

    def all_are_answered(self) -> bool:
        """Each flag is left to climb for a number of steps of its own."""
        open_ones = Flag.objects.filter(state=FlagState.OPEN)
        for flag, step in open_ones.values_list("id", "step"):
            if step >= self.patience.setdefault(flag, self.dice.choice(PATIENCE)):
                self._answer(flag)
        return not open_ones.exists()

    def _answer(self, flag: UUID) -> None:
        texted = Page.objects.filter(flag=flag, channel=Channel.TEXT, state=PageState.SENT)
        page = texted.last()
        if page and self.dice.random() < 0.7:
            taken = acknowledge_by_code(ALEX.phone, page.code)
            assert taken
            assert taken.id == flag
            self.answered["from a phone"] += 1
        else:
            escalation.acknowledge(self.cast.alex.id, flag)
            self.answered["at a screen"] += 1

    def all_is_sent(self) -> bool:
        return not Page.objects.filter(state__in=(PageState.DUE, PageState.SENDING)).exists()

    # --- what came of it ----------------------------------------------------------------------------------

    def sent(self) -> list[Sent]:
        record = self.record.read_text() if self.record.exists() else ""
        lines = [line.split() for line in record.splitlines()]
        return [
            Sent(UUID(oid), UUID(flag), int(climb), int(step), channel, target)
            for oid, flag, climb, step, channel, target in lines
        ]

    def doubled(self) -> list[Sent]:
        """What went out twice."""
        return [one for one, times in Counter(self.sent()).items() if times > 1]

    def counts(self) -> dict[str, int]:
        states = Page.objects.order_by("state").values_list("state").annotate(Count("id"))
        return dict(states)


def steps_of() -> dict[UUID, list[int]]:
    """The steps at which each flag called anybody."""
    steps: dict[UUID, set[int]] = defaultdict(set)
    for flag, step in Page.objects.values_list("flag", "step"):
        steps[flag].add(step)
    return {flag: sorted(taken) for flag, taken in steps.items()}


def early() -> list[Page]:
    """Pages that were made before their step was due."""
    first_round = Page.objects.filter(step__in=AFTER).select_related("flag")
    return [
        page
        for page in first_round
        if page.flag and page.made_at < page.flag.raised_at + timedelta(seconds=AFTER[page.step])
    ]


def test_with_workers_killed_at_every_step_each_flag_calls_once_a_step_until_it_is_acknowledged(
    line: Cast, tmp_path: Path
) -> None:
    count, latest = (1000, 30) if connection.vendor == "postgresql" else (60, 4)
    flag_many(line, count)
    night = Night(line, tmp_path, latest)
    began = time.monotonic()
    night.pass_until(night.all_are_answered, night.all_is_sent)
    seconds = time.monotonic() - began
    steps, sent, counts = steps_of(), night.sent(), night.counts()
    print(
        f"{count} flags on {connection.vendor}: {WORKERS} workers at once, {night.killed.total()} killed "
        f"{dict(night.killed)}; {sum(map(len, steps.values()))} steps, {Page.objects.count()} pages {counts}, "
        f"{len(sent)} sent, {len(night.doubled())} doubled; acknowledged {dict(night.answered)}; {seconds:.0f} s"
    )
    assert Flag.objects.filter(state=FlagState.ACKNOWLEDGED, next_at=None).count() == count
    assert dict(Flag.objects.values_list("id", "step")) == {flag: taken[-1] for flag, taken in steps.items()}
    assert all(taken == list(range(1, len(taken) + 1)) for taken in steps.values())
    assert early() == []
    assert night.doubled() == []
    assert is_told_truly(sent)
    assert night.killed["failed"] == 0
    assert set(night.killed) >= set(climbers.places()) - {"found half-sent"}
    # Of what each kill may have left half-sent nobody knows whether it went out; there is no more of it than kills.
    assert counts.get(PageState.UNKNOWN, 0) <= night.killed.total()


def is_told_truly(sent: Sequence[Sent]) -> bool:
    """What is said to be sent went out, and what went out is sent or unknown."""
    out = {one.oid for one in sent}
    pages = Page.objects.exclude(channel=Channel.SCREEN)
    said = set(pages.filter(state=PageState.SENT).values_list("oid", flat=True))
    unsure = set(pages.filter(state=PageState.UNKNOWN).values_list("oid", flat=True))
    return said <= out <= said | unsure


@pytest.mark.parametrize("broken", climbers.BREAKS)
def test_a_broken_claim_or_sweep_would_be_noticed(line: Cast, tmp_path: Path, broken: str) -> None:
    """The breaks: nobody answers, until something has gone out twice."""
    flag_many(line, 20)
    night = Night(line, tmp_path, 4, [broken])
    night.pass_until(night.doubled)
    print(f"{broken} on {connection.vendor}: doubled after {len(night.sent())} sent, {night.killed}")


# --- acknowledged while a step is taken -----------------------------------------------------------------------


def acknowledge_while_it_climbs(cast: Cast, monkeypatch: pytest.MonkeyPatch, waits: float) -> Flag:
    """Alex acknowledges at the moment at which a worker has decided whom to call, and has not written it yet."""
    flag = flagged(cast)

    def acknowledge() -> None:
        escalation.acknowledge(cast.alex.id, flag.id)
        connections.close_all()

    alex = threading.Thread(target=acknowledge)
    take = climbing._take_step

    def take_and_wait(*arguments: Any) -> list[Page]:
        called = take(*arguments)
        alex.start()
        alex.join(waits)
        return called

    monkeypatch.setattr(climbing, "_take_step", take_and_wait)
    assert climbing.climb_due(timezone.now())
    alex.join()
    flag.refresh_from_db()
    return flag


def test_somebody_who_acknowledges_while_a_step_is_taken_ends_the_climb(
    line: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    flag = acknowledge_while_it_climbs(line, monkeypatch, waits=0.2)
    assert (flag.state, flag.step, flag.next_at) == ("acknowledged", 1, None)


def test_climbing_without_the_lock_of_the_flag_would_be_noticed(
    line: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The break. (On SQLite the transaction is the lock.)"""

    def unlocked(flags: QuerySet[Flag]) -> QuerySet[Flag]:
        return flags.select_related("conversation__line")

    class NoTransaction:
        @staticmethod
        def atomic() -> Any:
            from contextlib import nullcontext

            return nullcontext()

    monkeypatch.setattr(climbing, "_locked", unlocked)
    monkeypatch.setattr(climbing, "transaction", NoTransaction)
    flag = acknowledge_while_it_climbs(line, monkeypatch, waits=20)
    assert flag.next_at
