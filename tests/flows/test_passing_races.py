"""Passing on at the moment in which something else happens, and in any order: exactly one holds each conversation."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import nullcontext, suppress
from datetime import timedelta
from functools import partial
from types import SimpleNamespace
from uuid import UUID

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from chatline.conversations import actions, leaving
from chatline.conversations.models import Conversation, Offer, Step
from chatline.conversations.states import State
from chatline.errors import ChatlineError
from routing import absence, helping, passing, queue
from routing.models import Desk, Help
from tests.cast import Cast
from tests.flows import rows
from tests.flows.races import Threads, code_of, threads

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]

ROUNDS = 12

Against = Callable[[Cast, Conversation], object]


def expires(cast: Cast, row: Conversation) -> object:
    return passing.lapse(timezone.now() + timedelta(minutes=3))


AGAINST: dict[str, Against] = {
    "the same answer": lambda cast, row: passing.accept(cast.robin.id, row.id),
    "declined": lambda cast, row: passing.decline(cast.robin.id, row.id),
    "taken back": lambda cast, row: passing.withdraw(cast.sam.id, row.id),
    "expired": expires,
    "released": lambda cast, row: queue.release(cast.sam.id, row.id),
    "closing": lambda cast, row: queue.close(cast.sam.id, row.id, "done"),
    "given up": lambda cast, row: helping.ask(cast.sam.id, row.id, "abuse"),
    "left": lambda cast, row: leaving.end(row.visitor_id),
    "erased": lambda cast, row: leaving.erase(row.visitor_id),
    "somebody else": lambda cast, row: queue.another(row.visitor_id),
}
"""What may happen at the moment of accepting."""

WINNERS = {"declined", "taken back", "expired", "released", "given up", "erased", "somebody else"}
"""Of these and accepting, one comes first, and then the other finds nothing to do or is refused."""


@pytest.fixture
def two() -> Iterator[Threads]:
    with threads(2) as running:
        yield running


def all_over() -> None:
    now = timezone.now()
    Offer.objects.filter(ended_at=None).update(ended_at=now)
    Help.objects.filter(ended_at=None).update(ended_at=now)
    Conversation.objects.exclude(state=State.CLOSED).update(
        state=State.CLOSED, closed_at=now, offered_to="", help="", open_flags=0
    )


def offered(cast: Cast, who: str) -> Conversation:
    """Sam, who sees a person of their own in each round, offers them to Robin."""
    all_over()
    stored = cast.visits("hello", who).stored
    assert stored
    row = queue.take(cast.sam.id)
    assert row.id == stored.conversation
    passing.offer(cast.sam.id, row.id, cast.robin.id)
    return row


def wrong(cast: Cast, row: Conversation, seats: dict[UUID, int]) -> str:
    """What is wrong of the rows, if anything."""
    row.refresh_from_db()
    open_offers = Offer.objects.filter(conversation=row, ended_at=None)
    if row.state == State.ACTIVE and row.volunteer_id not in (cast.sam.id, cast.robin.id):
        return f"held by {row.volunteer_id}"
    if open_offers.exists() != bool(row.offered_to):
        return "an offer that the row does not know of, or the other way round"
    if open_offers.exists() and row.volunteer_id != cast.sam.id:
        return "offered by somebody who does not hold it"
    try:
        rows.stepped(row)
        rows.numbered(row)
        rows.owned(list(Conversation.objects.all()), seats)
    except AssertionError as failed:
        return f"{failed}"
    passed = Step.objects.filter(conversation=row, why="passed").count()
    return f"passed {passed} times" if passed > 1 else ""


def test_accepting_at_the_moment_of_anything_else_leaves_exactly_one_holder(cast: Cast, two: Threads) -> None:
    cast.ready(cast.sam, cast.robin, seats=4)
    seats, found = dict(Desk.objects.values_list("staff", "seats")), []
    for against in AGAINST:
        outcomes: Counter[tuple[str, ...]] = Counter()
        for number in range(ROUNDS):
            row = offered(cast, f"{against} {number}")
            codes = race(cast, two, row, against)
            outcomes[codes] += 1
            if problem := wrong(cast, row, seats):
                found.append(f"{against}, {codes}: {problem}")
            if against in WINNERS and codes[0] and row.volunteer_id == cast.robin.id:
                found.append(f"{against}: refused, and has them")
        print(f"{ROUNDS} times accepted against {against} on {connection.vendor}: {dict(outcomes)}")
    assert not found


def race(cast: Cast, two: Threads, row: Conversation, against: str) -> tuple[str, ...]:
    """Both begin at once, one of them a moment later: now this one, now that."""
    first, second = random.random() * 0.004, random.random() * 0.004

    def accept() -> object:
        time.sleep(first)
        return passing.accept(cast.robin.id, row.id)

    def other() -> object:
        time.sleep(second)
        return AGAINST[against](cast, row)

    return tuple(code_of(one) for one in two.at_once([accept, other]))


def test_two_offers_and_one_free_seat_are_one_conversation_more(cast: Cast, two: Threads) -> None:
    """Sam offers Robin one, Alex another, and Robin says yes to both at once."""
    cast.ready(cast.sam, cast.alex, seats=1)
    cast.ready(cast.robin, seats=1)
    assert not seat_races(cast, two, ROUNDS)


def seat_races(cast: Cast, two: Threads, rounds: int) -> list[str]:
    found = []
    for number in range(rounds):
        all_over()
        talks = []
        for giver in (cast.sam, cast.alex):
            cast.visits("hello", who=f"{giver.name} {number}")
            talks.append(queue.take(giver.id))
            passing.offer(giver.id, talks[-1].id, cast.robin.id)
        both = two.at_once([partial(passing.accept, cast.robin.id, row.id) for row in talks])
        codes = Counter(code_of(one) for one in both)
        held = Conversation.objects.filter(volunteer=cast.robin, state=State.ACTIVE).count()
        if codes != {"": 1, "at_capacity": 1} or held != 1:
            found.append(f"round {number}: {dict(codes)}, {held} held with one seat")
    print(f"{rounds} races for one seat on {connection.vendor}: {len(found)} went wrong")
    return found


def unprotected(monkeypatch: pytest.MonkeyPatch) -> None:
    """The break: seats are counted, and nothing keeps two from counting at once."""
    counted, check = threading.Barrier(2), queue.check_free_seat

    def check_and_wait(staff: UUID) -> None:
        check(staff)
        with suppress(threading.BrokenBarrierError):
            counted.wait(0.2)
        counted.reset()

    monkeypatch.setattr(queue, "check_free_seat", check_and_wait)
    monkeypatch.setattr(passing, "transaction", SimpleNamespace(atomic=nullcontext))
    monkeypatch.setattr(QuerySet, "select_for_update", lambda rows, **_: rows)


def test_accepting_without_the_lock_of_the_desk_would_be_noticed(
    cast: Cast, two: Threads, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast.ready(cast.sam, cast.alex, cast.robin, seats=1)
    unprotected(monkeypatch)
    assert seat_races(cast, two, 3)


# --- one after another, in any order ----------------------------------------------------------------------

WALKS, STEPS = 4, 50


class Walk:
    """Three volunteers and a supervisor pass people on in any way there is, and refusals are part of it."""

    def __init__(self, cast: Cast, seed: int) -> None:
        self.cast, self.dice = cast, random.Random(seed)
        self.staff = [cast.sam.id, cast.robin.id, cast.alex.id]
        self.now = timezone.now()
        self.before = list(Conversation.objects.values_list("id", flat=True))
        self.versions: dict[UUID, tuple[int, tuple[object, ...]]] = {}

    def step(self) -> str:
        row = self.dice.choice(
            list(Conversation.objects.exclude(state=State.CLOSED).order_by("opened_at")) or [None]
        )
        one, other = self.dice.sample(self.staff, 2)
        if row is None or self.dice.random() < 0.08:
            self.cast.visits("hello", who=f"visitor {self.dice.random()}")
            return "visits"
        holder = row.volunteer_id or one
        if standing := Offer.objects.filter(conversation=row, ended_at=None, by__isnull=False).first():
            other = standing.staff_id
        verbs: dict[str, Callable[[], object]] = {
            "take": lambda: queue.take(one),
            "offer": lambda: passing.offer(holder, row.id, other),
            "accept": lambda: passing.accept(other, row.id),
            "decline": lambda: passing.decline(other, row.id),
            "withdraw": lambda: passing.withdraw(holder, row.id),
            "lapse": lambda: passing.lapse(self.now + timedelta(minutes=3)),
            "release": lambda: queue.release(holder, row.id),
            "close": lambda: queue.close(holder, row.id, "done"),
            "closes due": lambda: actions.close_due(row.id, self.now + timedelta(minutes=1)),
            "ask": lambda: helping.ask(holder, row.id, "advice"),
            "abuse": lambda: helping.ask(holder, row.id, "abuse"),
            "over": lambda: helping.take_back(holder, row.id),
            "end": lambda: leaving.end(row.visitor_id),
            "another": lambda: queue.another(row.visitor_id),
            "gone": lambda: self.gone(holder),
        }
        name = self.dice.choice([*verbs, *["take", "offer", "accept"] * 4])
        with suppress(ChatlineError):
            verbs[name]()
        return name

    def gone(self, holder: UUID) -> None:
        long_ago = self.now - timedelta(hours=1)
        Desk.objects.filter(staff=holder).update(
            last_seen_at=long_ago, gone_at=long_ago + timedelta(minutes=1)
        )
        absence.return_abandoned(self.now)
        Desk.objects.update(last_seen_at=timezone.now(), gone_at=None)

    def must_be_so(self) -> None:
        everybody = list(Conversation.objects.exclude(id__in=self.before))
        rows.owned(everybody, dict(Desk.objects.values_list("staff", "seats")))
        for row in everybody:
            rows.stepped(row)
            offers = list(Offer.objects.filter(conversation=row, ended_at=None, by__isnull=False))
            assert len(offers) == bool(row.offered_to)
            assert all(one.by == row.volunteer_id and row.state == State.ACTIVE for one in offers)
            helps = Help.objects.filter(conversation=row, ended_at=None)
            assert [one.kind for one in helps] == ([row.help] if row.help else [])
            shown = (row.state, row.volunteer_id, row.offered_to, row.help, row.reserved)
            version, before = self.versions.get(row.id, (-1, ()))
            assert row.version > version or shown == before, "changed without a new version"
            self.versions[row.id] = (row.version, shown)


@pytest.mark.django_db
def test_however_people_are_passed_on_each_has_one_holder_at_most(cast: Cast) -> None:
    tried: Counter[str] = Counter()
    cast.ready(cast.sam, cast.robin, cast.alex, seats=4)
    for seed in range(WALKS):
        walk = Walk(cast, seed)
        for _ in range(STEPS):
            tried[walk.step()] += 1
            walk.must_be_so()
        all_over()
    passed = Step.objects.filter(why="passed").count()
    print(
        f"{sum(tried.values())} steps on {connection.vendor}, {passed} passed on: {dict(tried.most_common())}"
    )
    assert passed
