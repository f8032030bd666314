"""A supervisor takes over at the very moment at which something else happens to the same conversation."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from functools import partial
from types import SimpleNamespace
from uuid import UUID

import pytest
from django.db.models import QuerySet
from django.utils import timezone

from chatline.conversations import actions, leaving
from chatline.conversations.models import Conversation, Step
from chatline.conversations.states import State
from chatline.people.actions import add_staff
from chatline.people.models import Staff
from routing import overseeing, presence, queue
from tests.cast import Cast
from tests.flows.races import Threads, code_of, threads

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]

ROUNDS = 10


@pytest.fixture
def two() -> Iterator[Threads]:
    with threads(2) as running:
        yield running


@pytest.fixture
def jo(cast: Cast) -> Staff:
    """A second supervisor."""
    return add_staff("jo", "Jo", cast.line.id, "supervisor")


def held(cast: Cast, number: int, staff: Staff | None = None) -> UUID:
    """A person who is with Sam; with `staff` none they wait."""
    received = cast.visits("hello", who=f"visitor {number}")
    assert received.stored
    if staff:
        cast.ready(staff, seats=4)
        queue.take(staff.id)
    return received.stored.conversation


def settle(one: UUID) -> None:
    Conversation.objects.filter(id=one).update(state=State.CLOSED, closed_at=timezone.now())


def is_sound(one: UUID) -> bool:
    """One owner while active, none while waiting, and the log ends where the row is."""
    row = Conversation.objects.get(id=one)
    last = Step.objects.filter(conversation=one).latest("id")
    owned = row.state == State.CLOSED or (row.state == State.ACTIVE) == (row.volunteer_id is not None)
    return last.after == row.state and owned


@pytest.mark.parametrize("was", ["waiting", "active"])
def test_of_two_supervisors_who_take_over_one_has_it_and_the_log_tells_whose_it_was(
    cast: Cast, jo: Staff, two: Threads, was: str
) -> None:
    presence.set_ready(cast.alex.id, False, 4)
    presence.set_ready(jo.id, False, 4)
    for number in range(ROUNDS):
        one = held(cast, number, cast.sam if was == "active" else None)
        two.at_once([partial(overseeing.take_over, who.id, one) for who in (cast.alex, jo)])
        row = Conversation.objects.get(id=one)
        takers = list(
            Step.objects.filter(conversation=one, why="took_over").order_by("id").values_list("actor")
        )
        assert row.volunteer_id == takers[-1][0]
        assert is_sound(one)
        settle(one)


RIVALS: dict[str, Callable[[Cast, UUID], object]] = {
    "released": lambda cast, one: queue.release(cast.sam.id, one),
    "ended by the person": lambda cast, one: leaving.end(Conversation.objects.get(id=one).visitor_id),
    "another wished for": lambda cast, one: queue.another(Conversation.objects.get(id=one).visitor_id),
    "closed": lambda cast, one: (
        Conversation.objects.filter(id=one).update(closing_at=timezone.now()),
        actions.close_due(one, timezone.now()),
    ),
}


@pytest.mark.parametrize("rival", RIVALS)
def test_taking_over_against_whatever_ends_it_leaves_one_owner_or_none(
    cast: Cast, two: Threads, rival: str
) -> None:
    presence.set_ready(cast.alex.id, False, 4)
    codes: Counter[str] = Counter()
    for number in range(ROUNDS):
        one = held(cast, number, cast.sam)
        outcomes = two.at_once(
            [
                partial(overseeing.take_over, cast.alex.id, one),
                partial(RIVALS[rival], cast, one),
            ]
        )
        codes.update(map(code_of, outcomes))
        assert is_sound(one)
        settle(one)
    assert codes.keys() <= {"", "not_found", "nobody_there"}


def test_a_person_who_is_given_away_and_taken_at_once_has_one_owner(cast: Cast, two: Threads) -> None:
    cast.ready(cast.sam, cast.robin, seats=4)
    for number in range(ROUNDS):
        one = held(cast, number)
        outcomes = two.at_once(
            [
                partial(overseeing.assign, cast.alex.id, one, cast.robin.id),
                partial(queue.take, cast.sam.id),
            ]
        )
        assert Counter(map(code_of, outcomes)) in (
            Counter({"": 1, "already_taken": 1}),
            Counter({"": 1, "queue_empty": 1}),
        )
        assert is_sound(one)
        assert Step.objects.filter(conversation=one, after=State.ACTIVE).count() == 1
        settle(one)


def test_two_people_given_at_once_never_exceed_the_seats_of_a_volunteer(
    cast: Cast, jo: Staff, two: Threads
) -> None:
    cast.ready(cast.sam, seats=1)
    for number in range(ROUNDS):
        ones = [held(cast, 2 * number), held(cast, 2 * number + 1)]
        givers = zip((cast.alex, jo), ones, strict=True)
        outcomes = two.at_once([partial(overseeing.assign, by.id, one, cast.sam.id) for by, one in givers])
        assert Counter(map(code_of, outcomes)) == {"": 1, "volunteer_full": 1}
        for one in ones:
            settle(one)


def test_taking_over_without_the_lock_of_the_row_would_be_noticed(
    cast: Cast, jo: Staff, two: Threads, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The break: both have looked at the holder before either writes, and each tells the same one that it is gone."""
    presence.set_ready(cast.alex.id, False, 4)
    presence.set_ready(jo.id, False, 4)
    monkeypatch.setattr(overseeing, "transaction", SimpleNamespace(atomic=nullcontext))
    monkeypatch.setattr(QuerySet, "select_for_update", lambda rows, **_: rows)
    versions = []
    for number in range(5):
        one = held(cast, number, cast.sam)
        before = Conversation.objects.get(id=one).version
        two.at_once([partial(overseeing.take_over, who.id, one) for who in (cast.alex, jo)])
        steps = Step.objects.filter(conversation=one, why="took_over").count()
        versions.append(Conversation.objects.get(id=one).version - before == steps)
        settle(one)
    assert not all(versions)
