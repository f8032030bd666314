"""R-26 at the same moment: two approvals, an approval and a refusal, an approval and a role that is withdrawn."""

from collections import Counter
from collections.abc import Iterator
from contextlib import nullcontext
from functools import partial
from threading import Barrier, BrokenBarrierError
from types import SimpleNamespace
from uuid import UUID

import pytest
from django.db.models import QuerySet
from django.utils import timezone

from chatline.conversations.models import Conversation, Grant
from chatline.conversations.states import GrantState, Medium, State, Thing
from chatline.people.actions import add_staff
from chatline.people.models import AuditEntry, Staff
from routing import grants, reviews
from routing.grants import Wish
from tests.cast import Cast
from tests.flows.races import Threads, code_of, threads

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]

ROUNDS = 10


@pytest.fixture
def two() -> Iterator[Threads]:
    with threads(2) as running:
        yield running


@pytest.fixture
def noor(cast: Cast) -> Staff:
    """Another supervisor."""
    return add_staff("noor", "Noor", cast.line.id, "supervisor")


@pytest.fixture
def talk(cast: Cast) -> UUID:
    one = cast.talks(medium=Medium.SMS).id
    Conversation.objects.filter(id=one).update(state=State.CLOSED, closed_at=timezone.now())
    return one


def asked(cast: Cast, talk: UUID) -> UUID:
    return grants.ask(cast.alex.id, Wish(talk, Thing.NUMBER, "danger", "she is on the bridge")).id


def approved_once(cast: Cast, noor: Staff, two: Threads, talk: UUID, rounds: int) -> list[str]:
    """What is wrong about rounds in which two people approve the same at once."""
    wrong = []
    for number in range(rounds):
        one = asked(cast, talk)
        outcomes = two.at_once([partial(grants.approve, who.id, one) for who in (noor, cast.maria)])
        codes = Counter(map(code_of, outcomes))
        entries = AuditEntry.objects.filter(verb="approve_grant", subject=str(one))
        if codes != {"": 1, "decided_already": 1} or entries.count() != 1:
            wrong.append(f"round {number}: {dict(codes)}, {entries.count()} entries")
        Grant.objects.filter(id=one).update(state=GrantState.ENDED)
    return wrong


@pytest.mark.requirement("R-26")
def test_of_two_approvals_at_once_one_counts_and_the_log_says_whose(
    cast: Cast, noor: Staff, two: Threads, talk: UUID
) -> None:
    assert approved_once(cast, noor, two, talk, ROUNDS) == []


@pytest.mark.breaks("R-26")
def test_approvals_without_the_lock_are_caught(
    cast: Cast, noor: Staff, two: Threads, talk: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    both, decide = Barrier(2), grants.refusal

    def decide_together(*about: object) -> str:
        found = decide(*about)  # type: ignore[arg-type]  # handed on as they came
        try:
            both.wait(1)
        except BrokenBarrierError:
            both.reset()
        return found

    def at_once() -> list[str]:
        monkeypatch.setattr(grants, "refusal", decide_together)
        monkeypatch.setattr(grants, "transaction", SimpleNamespace(atomic=nullcontext))
        monkeypatch.setattr(QuerySet, "select_for_update", lambda rows, **_: rows)
        return approved_once(cast, noor, two, talk, 1)

    assert at_once() != []


@pytest.mark.requirement("R-26")
def test_an_approval_and_a_refusal_at_once_never_leave_it_open(
    cast: Cast, noor: Staff, two: Threads, talk: UUID
) -> None:
    for _ in range(ROUNDS):
        one = asked(cast, talk)
        outcomes = two.at_once(
            [partial(grants.approve, noor.id, one), partial(grants.end, cast.maria.id, one)]
        )
        assert {code_of(one) for one in outcomes} <= {"", "decided_already"}
        assert Grant.objects.get(id=one).state == GrantState.ENDED


@pytest.mark.requirement("R-26")
def test_no_more_reviews_are_drawn_by_two_at_once_than_there_may_be(
    cast: Cast, noor: Staff, two: Threads, talk: UUID
) -> None:
    verbs = [
        partial(reviews.draw, who.id, cast.line.id, cast.sam.id, "feedback") for who in (cast.alex, noor)
    ]
    assert Counter(map(code_of, two.at_once(verbs))) == {"": 1, "nothing_to_draw": 1}
