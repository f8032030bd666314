"""One owner, capacity, one conversation a visitor, one message a key: whatever happens at the same moment."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import nullcontext, suppress
from functools import partial
from itertools import count
from types import SimpleNamespace
from uuid import UUID

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from chatline.conversations import actions
from chatline.conversations.models import Conversation, Message, Step, Visitor
from chatline.conversations.states import State
from chatline.conversations.tokens import new_token
from routing import intake, queue
from routing.models import Desk
from tests.cast import Cast, new_key
from tests.flows.races import Threads, code_of, threads

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]

ROUNDS = 200


@pytest.fixture
def two() -> Iterator[Threads]:
    with threads(2) as running:
        yield running


@pytest.fixture
def four() -> Iterator[Threads]:
    with threads(4) as running:
        yield running


# --- two volunteers, one conversation ---------------------------------------------------------------------


def race_for_one(cast: Cast, two: Threads, number: int) -> str:
    """One person waits, two take. Returns what is wrong about the outcome, if anything."""
    waiting = cast.visits("hello", who=f"visitor {number}").stored
    assert waiting
    outcomes = two.at_once([lambda: queue.take(cast.sam.id), lambda: queue.take(cast.robin.id)])
    codes = Counter(code_of(one) for one in outcomes)
    if codes != {"": 1, "queue_empty": 1}:
        return f"round {number}: {dict(codes)}"
    winner = cast.sam if code_of(outcomes[0]) == "" else cast.robin
    row = Conversation.objects.get(id=waiting.conversation)
    taken = Step.objects.filter(conversation=row, why="taken").values_list("actor", flat=True)
    if row.volunteer_id != winner.id or list(taken) != [winner.id]:
        return f"round {number}: the row says {row.volunteer_id}, the log {list(taken)}, won by {winner.id}"
    return ""


def close_all() -> None:
    Conversation.objects.exclude(state=State.CLOSED).update(state=State.CLOSED, closed_at=timezone.now())


def race(cast: Cast, two: Threads, rounds: int) -> list[str]:
    cast.ready(cast.sam, cast.robin, seats=4)
    wrong = []
    for number in range(rounds):
        wrong.append(race_for_one(cast, two, number))
        close_all()
    return [one for one in wrong if one]


def test_two_volunteers_race_for_one_conversation_and_exactly_one_has_it(cast: Cast, two: Threads) -> None:
    wrong = race(cast, two, ROUNDS)
    print(
        f"{ROUNDS} races of two volunteers for one conversation on {connection.vendor}: {len(wrong)} went wrong"
    )
    assert not wrong


@pytest.mark.parametrize("left", ["the lock", "the state in the WHERE"])
def test_either_protection_of_a_claim_is_enough_alone(
    cast: Cast, two: Threads, monkeypatch: pytest.MonkeyPatch, left: str
) -> None:
    slow_down(monkeypatch)
    blind_claim(monkeypatch) if left == "the lock" else no_lock(monkeypatch)
    assert not race(cast, two, 5)


def test_a_claim_without_lock_and_state_would_be_noticed(
    cast: Cast, two: Threads, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The break."""
    slow_down(monkeypatch)
    blind_claim(monkeypatch)
    no_lock(monkeypatch)
    wrong = race(cast, two, 5)
    print(f"5 races with the break on {connection.vendor}: {len(wrong)} went wrong")
    assert wrong


def slow_down(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both have looked before either claims, unless something makes one of them wait."""
    both, look = threading.Barrier(2), queue._next

    def look_and_wait(*arguments: object) -> Conversation | None:
        row = look(*arguments)  # type: ignore[arg-type]  # handed on as they came
        if row is not None:
            with suppress(threading.BrokenBarrierError):
                both.wait(0.1)
            both.reset()
        return row

    monkeypatch.setattr(queue, "_next", look_and_wait)


def blind_claim(monkeypatch: pytest.MonkeyPatch) -> None:
    """The claim no longer asks whether the conversation still waits."""

    def without_state(**where: object) -> QuerySet[Conversation]:
        if where.keys() == {"id", "state"}:
            del where["state"]
        return Conversation.objects.filter(**where)

    objects = SimpleNamespace(filter=without_state)
    monkeypatch.setattr(queue, "Conversation", SimpleNamespace(objects=objects))


def no_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for anybody: no transaction (which is SQLite's lock) and no row lock (which is PostgreSQL's)."""
    monkeypatch.setattr(queue, "transaction", SimpleNamespace(atomic=nullcontext))
    monkeypatch.setattr(QuerySet, "select_for_update", lambda rows, **_: rows)


# --- one volunteer, two tabs, one seat --------------------------------------------------------------------


def race_for_a_seat(cast: Cast, two: Threads, rounds: int) -> list[str]:
    """Two people wait, one seat is free, both tabs press *Take next*."""
    cast.ready(cast.sam, seats=1)
    wrong = []
    for number in range(rounds):
        for who in ("one", "two"):
            cast.visits("hello", who=f"{who} {number}")
        codes = Counter(code_of(one) for one in two.at_once([lambda: queue.take(cast.sam.id)] * 2))
        held = Conversation.objects.filter(volunteer=cast.sam, state=State.ACTIVE).count()
        if codes != {"": 1, "at_capacity": 1} or held != 1:
            wrong.append(f"round {number}: {dict(codes)}, {held} held with one seat")
        close_all()
    return wrong


def test_two_tabs_of_one_volunteer_never_exceed_their_seats(cast: Cast, two: Threads) -> None:
    wrong = race_for_a_seat(cast, two, ROUNDS // 2)
    print(f"{ROUNDS // 2} races of two tabs for one seat on {connection.vendor}: {len(wrong)} went wrong")
    assert not wrong


def test_counting_without_the_lock_of_the_desk_would_be_noticed(
    cast: Cast, two: Threads, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The break: each tab finds another person, seats are counted, and nothing keeps two from counting at once."""
    counted, check, turns = threading.Barrier(2), queue.check_seat, count()

    def check_and_wait(staff: UUID) -> None:
        check(staff)
        with suppress(threading.BrokenBarrierError):
            counted.wait(0.2)
        counted.reset()

    monkeypatch.setattr(queue, "_next", lambda waiting, _: waiting[next(turns) % 2])
    monkeypatch.setattr(queue, "check_seat", check_and_wait)
    no_lock(monkeypatch)
    wrong = race_for_a_seat(cast, two, 5)
    print(f"5 races for one seat with the break on {connection.vendor}: {len(wrong)} went wrong")
    assert wrong


# --- one visitor, many at once ----------------------------------------------------------------------------


def first_words(cast: Cast, four: Threads, rounds: int, same_key: bool) -> list[str]:
    """Four tabs of a new visitor speak their first words at once, with one key or with four."""
    wrong = []
    for number in range(rounds):
        who, key = f"visitor {number}", new_key()
        cast.tokens[who] = new_token()
        keys = [key if same_key else new_key() for _ in range(4)]
        outcomes = four.at_once([partial(cast.visits, "hello", who, one) for one in keys])
        if problem := what_is_wrong(cast, who, outcomes, 1 if same_key else 4):
            wrong.append(f"round {number}: {problem}")
    return wrong


def what_is_wrong(cast: Cast, who: str, outcomes: list[object], expected: int) -> str:
    if refused := [one for one in outcomes if isinstance(one, BaseException)]:
        return f"refused {refused}"
    conversations = Conversation.objects.filter(visitor=cast.visitor_of(who))
    seqs = list(
        Message.objects.filter(conversation__in=conversations).order_by("seq").values_list("seq", flat=True)
    )
    answers = {one.stored.seq for one in outcomes}  # type: ignore[attr-defined]  # refusals are sorted out above
    if conversations.count() != 1 or seqs != list(range(1, expected + 1)) or answers != set(seqs):
        return f"{conversations.count()} conversations, stored {seqs}, answered {sorted(answers)}"
    return ""


@pytest.mark.parametrize("same_key", [False, True], ids=["four keys", "one key"])
def test_first_words_at_once_open_one_conversation_and_a_key_is_stored_once(
    cast: Cast, four: Threads, same_key: bool
) -> None:
    wrong = first_words(cast, four, 40, same_key)
    print(f"40 rounds of four first messages at once on {connection.vendor}: {len(wrong)} went wrong")
    assert not wrong


def test_first_words_that_another_connection_has_brought_meanwhile_are_not_taken_for_a_strangers(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Committed after the first look for this tab, before the look for others who started from its page."""
    cast.visits("hello")

    def looks_too_early(**_: object) -> QuerySet[Visitor]:
        monkeypatch.undo()
        return Visitor.objects.none()

    monkeypatch.setattr(Visitor.objects, "select_for_update", looks_too_early)
    cast.visits("hello again")
    assert Visitor.objects.count() == 1
    assert list(Message.objects.filter(sender_kind="visitor").values_list("seq", flat=True)) == [1, 2]


def test_the_same_text_five_times_at_once_is_one_message(cast: Cast) -> None:
    """As when the provider repeats a webhook before the first was answered."""
    rounds = 30
    with threads(5) as five:
        for number in range(rounds):
            outcomes = five.at_once([partial(cast.texts, "hello", sid=f"SM{number}")] * 5)
            assert {one.stored.seq for one in outcomes} == {outcomes[0].stored.seq}
    print(f"{rounds} texts, each received five times at once on {connection.vendor}")
    assert Message.objects.filter(sender_kind="visitor").count() == rounds


def test_not_looking_for_receipts_would_be_noticed(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """The break: a text that was received before is received again, and only the unique index keeps it out."""
    monkeypatch.setattr(intake, "_receipt", lambda heard: None)
    monkeypatch.setattr(intake, "stored_before", lambda pairs: {})
    with threads(5) as five:
        outcomes = five.at_once([partial(cast.texts, "hello", sid="SM0")] * 5)
    assert Counter(code_of(one) for one in outcomes) == {"": 1, "try_again": 4}


def test_not_looking_for_known_keys_would_be_noticed(
    cast: Cast, four: Threads, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The break: the unique index still keeps a second message out, but nobody is answered."""
    monkeypatch.setattr(intake, "stored_before", lambda pairs: {})
    wrong = first_words(cast, four, 3, same_key=True)
    print(f"3 rounds with the break on {connection.vendor}: {len(wrong)} went wrong")
    assert wrong


def test_opening_without_looking_for_an_open_conversation_would_be_noticed(
    cast: Cast, four: Threads, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The break: everybody opens a conversation, and the database no longer refuses a second one."""
    constraint = next(one for one in Conversation._meta.constraints if one.name == "one_open_conversation")
    monkeypatch.setattr(intake, "State", SimpleNamespace(CLOSED="nothing is", WAITING=State.WAITING))
    monkeypatch.setattr(Conversation.objects, "select_for_update", Conversation.objects.none)
    with connection.schema_editor() as editor:
        editor.remove_constraint(Conversation, constraint)
    try:
        wrong = first_words(cast, four, 3, same_key=False)
    finally:
        Conversation.objects.update(state=State.CLOSED)
        with connection.schema_editor() as editor:
            editor.add_constraint(Conversation, constraint)
    print(f"3 rounds with the break on {connection.vendor}: {len(wrong)} went wrong")
    assert wrong


# --- the visitor and the volunteer at once ----------------------------------------------------------------


def test_words_of_both_sides_at_once_are_numbered_without_a_gap(cast: Cast, four: Threads) -> None:
    conversation = cast.talks()
    rounds = 40
    for _ in range(rounds):
        outcomes = four.at_once(
            [
                lambda: cast.visits("from the visitor"),
                lambda: cast.visits("from the visitor"),
                lambda: actions.say(actions.Saying(cast.sam.id, conversation.id, new_key(), "from Sam")),
                lambda: queue.close(cast.sam.id, conversation.id, "done"),
            ]
        )
        assert not [code_of(one) for one in outcomes if code_of(one)]
    rows = Message.objects.filter(conversation=conversation).order_by("seq").values_list("seq", "version")
    print(f"{rounds * 4} verbs, four at once, on {connection.vendor}")
    assert [seq for seq, _ in rows] == list(range(1, 3 * rounds + 2))
    assert [version for _, version in rows] == sorted({version for _, version in rows})
    assert Desk.objects.get(staff=cast.sam).seats == 4
