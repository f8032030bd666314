"""R-26: a number or closed words are shown with a reason and a second person, and never before the audit log has it."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
import time_machine
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from chatline.conversations import keys, leaving
from chatline.conversations.models import Conversation, Grant
from chatline.conversations.states import GrantState, Medium, State, Thing
from chatline.errors import ChatlineError
from chatline.people.actions import add_staff, audit
from chatline.people.models import AuditEntry, Membership, Staff
from routing import grants, inbox, queue, reaching, revealing, reviews
from routing.grants import Wish
from routing.models import Page
from routing.reaching import Reach
from tests.cast import A_NUMBER, Cast

pytestmark = [pytest.mark.both, pytest.mark.django_db, pytest.mark.requirement("R-26")]

WHY = "the police ask where she may be"
SECOND = timedelta(seconds=1)


@pytest.fixture
def noor(cast: Cast) -> Staff:
    """Another supervisor."""
    return add_staff("noor", "Noor", cast.line.id, "supervisor")


@pytest.fixture
def talk(cast: Cast) -> Iterator[Conversation]:
    """A closed conversation by text; the number is kept still."""
    row = closed(cast.talks(medium=Medium.SMS))
    yield row
    keys.forget_opened()


def closed(row: Conversation) -> Conversation:
    Conversation.objects.filter(id=row.id).update(state=State.CLOSED, closed_at=timezone.now())
    row.refresh_from_db()
    return row


def wish(talk: Conversation, thing: Thing = Thing.NUMBER, **more: object) -> Wish:
    wanted: dict[str, object] = {"reason": "danger", "why": WHY, **more}
    return Wish(talk.id, thing, **wanted)  # type: ignore[arg-type]  # the few fields a test changes


def code_of(verb: Callable[..., object], *arguments: object) -> str:
    with pytest.raises(ChatlineError) as refusal:
        verb(*arguments)
    return refusal.value.code


def granted(cast: Cast, noor: Staff, talk: Conversation, thing: Thing = Thing.NUMBER) -> UUID:
    one = grants.ask(cast.alex.id, wish(talk, thing)).id
    grants.approve(noor.id, one)
    return one


def at(moment: datetime, verb: Callable[[], object]) -> object:
    with time_machine.travel(moment, tick=False):
        return verb()


# --- asked ------------------------------------------------------------------------------------------------


def test_the_number_is_shown_after_a_second_person_agreed(
    cast: Cast, noor: Staff, talk: Conversation
) -> None:
    assert revealing.reveal(cast.alex.id, granted(cast, noor, talk)).number == A_NUMBER


def test_closed_words_are_shown_after_a_second_person_agreed(
    cast: Cast, noor: Staff, talk: Conversation
) -> None:
    shown = revealing.reveal(cast.alex.id, granted(cast, noor, talk, Thing.WORDS))
    assert "hello" in [one.text for one in shown.said]
    assert shown.number == ""


def test_a_manager_may_be_the_second_person(cast: Cast, talk: Conversation) -> None:
    one = grants.ask(cast.alex.id, wish(talk)).id
    grants.approve(cast.maria.id, one)
    assert revealing.reveal(cast.alex.id, one).number == A_NUMBER


def test_nothing_is_shown_before_anybody_agreed(cast: Cast, talk: Conversation) -> None:
    one = grants.ask(cast.alex.id, wish(talk)).id
    assert code_of(revealing.reveal, cast.alex.id, one) == "grant_over"


def test_whoever_asked_is_no_second_person(cast: Cast, talk: Conversation) -> None:
    one = grants.ask(cast.alex.id, wish(talk)).id
    assert code_of(grants.approve, cast.alex.id, one) == "same_person"


def test_the_database_itself_refuses_a_grant_of_one_person(cast: Cast, talk: Conversation) -> None:
    one = grants.ask(cast.alex.id, wish(talk)).id
    with pytest.raises(IntegrityError), transaction.atomic():
        Grant.objects.filter(id=one).update(
            state=GrantState.GRANTED, approved_by=cast.alex, expires_at=timezone.now()
        )


@pytest.mark.parametrize("who", ["sam", "maria", "olive"])
def test_only_a_supervisor_of_the_line_asks(who: str, cast: Cast, talk: Conversation) -> None:
    assert code_of(grants.ask, getattr(cast, who).id, wish(talk)) == "not_found"


@pytest.mark.parametrize("who", ["sam", "olive"])
def test_only_who_oversees_the_line_approves_or_ends(who: str, cast: Cast, talk: Conversation) -> None:
    one = grants.ask(cast.alex.id, wish(talk)).id
    for verb in (grants.approve, grants.end, grants.look):
        assert code_of(verb, getattr(cast, who).id, one) == "not_found"


def test_it_is_shown_to_nobody_but_who_asked(cast: Cast, noor: Staff, talk: Conversation) -> None:
    one = granted(cast, noor, talk)
    for other in (noor, cast.maria, cast.sam):
        assert code_of(revealing.reveal, other.id, one) == "not_found"


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"reason": "curious"}, "unknown_reason"),
        ({"why": "  "}, "why_missing"),
        ({"why": "x" * 501}, "why_too_long"),
        ({"reason": "complaint", "alone": True}, "only_in_danger"),
    ],
)
def test_a_reason_and_its_words_are_needed(
    more: dict[str, object], code: str, cast: Cast, talk: Conversation
) -> None:
    assert code_of(grants.ask, cast.alex.id, wish(talk, Thing.NUMBER, **more)) == code


def test_what_is_open_is_watched_and_not_asked_for(cast: Cast) -> None:
    assert code_of(grants.ask, cast.alex.id, wish(cast.talks(), Thing.WORDS)) == "not_closed"


def test_there_is_no_number_of_who_came_by_web(cast: Cast) -> None:
    assert code_of(grants.ask, cast.alex.id, wish(cast.talks())) == "nothing_kept"


def test_nobody_asks_twice_while_nobody_has_answered(cast: Cast, talk: Conversation) -> None:
    grants.ask(cast.alex.id, wish(talk))
    assert code_of(grants.ask, cast.alex.id, wish(talk)) == "asked_already"


def test_the_words_to_the_reason_are_sealed_and_in_no_audit_entry(cast: Cast, talk: Conversation) -> None:
    one = grants.ask(cast.alex.id, wish(talk))
    assert WHY.encode() not in bytes(one.why_sealed or b"")
    assert WHY not in str(list(AuditEntry.objects.values()))


# --- in time ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("late", "opens"), [(-SECOND, True), (0 * SECOND, False), (SECOND, False)])
def test_it_may_be_looked_at_for_fifteen_minutes(
    late: timedelta, opens: bool, cast: Cast, noor: Staff, talk: Conversation
) -> None:
    row = Grant.objects.get(id=granted(cast, noor, talk))
    assert row.expires_at
    assert revealing.is_open(row, row.expires_at + late) is opens


@pytest.mark.parametrize(("late", "code"), [(-SECOND, ""), (0 * SECOND, "lapsed"), (SECOND, "lapsed")])
def test_an_approval_at_the_moment_it_lapses_is_too_late(
    late: timedelta, code: str, cast: Cast, noor: Staff, talk: Conversation
) -> None:
    row = grants.ask(cast.alex.id, wish(talk))
    assert grants.refusal(row, noor.id, row.lapses_at + late) == code


def test_when_the_minutes_are_over_nothing_is_shown(cast: Cast, noor: Staff, talk: Conversation) -> None:
    one = granted(cast, noor, talk)
    late = timezone.now() + grants.LASTS + SECOND
    assert at(late, lambda: code_of(revealing.reveal, cast.alex.id, one)) == "grant_over"


def test_what_was_taken_back_is_not_shown_and_not_approved(
    cast: Cast, noor: Staff, talk: Conversation
) -> None:
    one = granted(cast, noor, talk)
    grants.end(cast.maria.id, one)
    assert code_of(revealing.reveal, cast.alex.id, one) == "grant_over"
    assert code_of(grants.approve, noor.id, one) == "decided_already"


# --- roles and words that are gone ------------------------------------------------------------------------


def test_whoever_lost_the_role_meanwhile_is_shown_nothing(
    cast: Cast, noor: Staff, talk: Conversation
) -> None:
    one = granted(cast, noor, talk)
    Membership.objects.filter(staff=cast.alex).delete()
    assert code_of(revealing.reveal, cast.alex.id, one) == "not_found"


def test_for_whoever_lost_the_role_nothing_is_approved(cast: Cast, noor: Staff, talk: Conversation) -> None:
    one = grants.ask(cast.alex.id, wish(talk)).id
    Membership.objects.filter(staff=cast.alex).delete()
    assert code_of(grants.approve, noor.id, one) == "asker_gone"


def test_a_second_person_who_lost_the_role_is_none(cast: Cast, noor: Staff, talk: Conversation) -> None:
    one = grants.ask(cast.alex.id, wish(talk)).id
    Staff.objects.filter(id=noor.id).update(is_active=False)
    assert code_of(grants.approve, noor.id, one) == "not_found"


def test_what_was_erased_meanwhile_is_not_shown(cast: Cast, noor: Staff, talk: Conversation) -> None:
    one = granted(cast, noor, talk, Thing.WORDS)
    leaving.erase(talk.visitor_id)
    keys.forget_opened()
    assert code_of(revealing.reveal, cast.alex.id, one) == "forgotten"


# --- alone ------------------------------------------------------------------------------------------------


@pytest.fixture
def managers_reached(cast: Cast) -> Staff:
    """Maria and another manager can be texted and mailed."""
    uma = add_staff("uma", "Uma", cast.line.id, "manager")
    for one in (cast.maria, uma):
        reaching.set_contact(one.id, one.id, Reach(phone="+12025550190", email="m@example.org"))
    return uma


def alone(cast: Cast, talk: Conversation) -> UUID:
    return grants.ask(cast.alex.id, wish(talk, alone=True)).id


def test_in_danger_it_is_shown_at_once_and_every_manager_is_called_each_time(
    cast: Cast, talk: Conversation, managers_reached: Staff
) -> None:
    assert revealing.reveal(cast.alex.id, alone(cast, talk)).number == A_NUMBER
    alone(cast, talk)
    standing = Page.objects.filter(alarm__code=grants.ALONE, alarm__cleared_at=None)
    called = sorted((one.staff_id, one.channel) for one in standing if one.staff_id)
    assert called == sorted((m.id, c) for m in (cast.maria, managers_reached) for c in ("text", "email"))


def test_the_alarm_stands_until_another_person_has_looked(
    cast: Cast, noor: Staff, talk: Conversation
) -> None:
    one = alone(cast, talk)
    assert inbox.alarms([cast.line.id]) == ["glass_alone"]
    assert code_of(grants.look, cast.alex.id, one) == "same_person"
    grants.look(noor.id, one)
    assert inbox.alarms([cast.line.id]) == []
    assert code_of(grants.look, cast.maria.id, one) == "seen_already"


# --- audited first ----------------------------------------------------------------------------------------


def test_every_look_is_an_entry_of_its_own(cast: Cast, noor: Staff, talk: Conversation) -> None:
    one = granted(cast, noor, talk)
    for _ in range(2):
        revealing.reveal(cast.alex.id, one)
    verbs = list(AuditEntry.objects.filter(subject=str(one)).order_by("id").values_list("verb", flat=True))
    assert verbs == ["ask_grant", "approve_grant", "reveal", "reveal"]


def nothing_is_opened_when_the_log_refuses(
    cast: Cast, noor: Staff, talk: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For every way there is to see something: by a second person, alone, and drawn for a review."""
    opened: list[str] = []
    ways = [
        granted(cast, noor, talk),
        granted(cast, noor, talk, Thing.WORDS),
        alone(cast, talk),
        reviews.draw(cast.alex.id, cast.line.id, cast.sam.id, "feedback").id,
    ]
    monkeypatch.setattr(revealing, "_number", lambda row: opened.append("number"))
    monkeypatch.setattr(revealing, "_words", lambda row: opened.append("words"))
    with connection.execute_wrapper(refuse_entries):
        for one in ways:
            with pytest.raises(DatabaseError):
                revealing.reveal(cast.alex.id, one)
    assert opened == []


def refuse_entries(execute: Callable[..., object], sql: str, *rest: object) -> object:
    if "INSERT" in sql and "people_auditentry" in sql:
        raise DatabaseError("the log is full")
    return execute(sql, *rest)


def test_if_the_audit_log_cannot_be_written_nothing_is_revealed(
    cast: Cast, noor: Staff, talk: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing_is_opened_when_the_log_refuses(cast, noor, talk, monkeypatch)


@pytest.mark.breaks("R-26")
def test_a_look_that_does_not_wait_for_its_entry_is_caught(
    cast: Cast, noor: Staff, talk: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(revealing, "audit", try_to_write)
    with pytest.raises(pytest.fail.Exception):
        nothing_is_opened_when_the_log_refuses(cast, noor, talk, monkeypatch)


def try_to_write(*about: object, **detail: str) -> None:
    """An audit log that is written if it can be."""
    with suppress(DatabaseError), transaction.atomic():
        audit(*about, **detail)  # type: ignore[arg-type]  # handed on as they came


# --- reviews ----------------------------------------------------------------------------------------------


def have_talked(cast: Cast, count: int) -> list[UUID]:
    """Sam's closed conversations, the first first."""
    made = []
    for number in range(count):
        cast.visits("hello", who=f"visitor {uuid4()}")
        cast.ready(cast.sam, seats=4)
        row = closed(queue.take(cast.sam.id))
        Conversation.objects.filter(id=row.id).update(
            first_taken_at=timezone.now() + timedelta(minutes=number)
        )
        made.append(row.id)
    return made


def draw(cast: Cast, reason: str = "feedback") -> Grant:
    return reviews.draw(cast.alex.id, cast.line.id, cast.sam.id, reason)


def test_a_drawn_conversation_is_read_without_a_second_person_and_audited(cast: Cast) -> None:
    (talk,) = have_talked(cast, 1)
    one = draw(cast)
    assert one.conversation_id == talk
    assert next(said.text for said in revealing.reveal(cast.alex.id, one.id).said) == "hello"
    verbs = AuditEntry.objects.filter(subject=str(one.id)).order_by("id").values_list("verb", flat=True)
    assert list(verbs) == ["draw_review", "reveal"]


def test_two_are_drawn_in_four_weeks_and_none_twice(cast: Cast) -> None:
    have_talked(cast, 3)
    drawn = {draw(cast).conversation_id, draw(cast).conversation_id}
    assert len(drawn) == 2
    assert code_of(draw, cast) == "drawn_enough"


def test_a_new_volunteers_first_ten_are_drawn_in_order_and_no_eleventh(cast: Cast) -> None:
    talks = have_talked(cast, 11)
    assert [draw(cast, "first_ten").conversation_id for _ in range(10)] == talks[:10]
    assert code_of(draw, cast, "first_ten") == "nothing_to_draw"


def test_nobody_reviews_themselves_nor_anybody_of_another_line(cast: Cast) -> None:
    line = cast.line.id
    assert code_of(reviews.draw, cast.alex.id, line, cast.alex.id, "feedback") == "own_conversations"
    assert code_of(reviews.draw, cast.alex.id, line, cast.olive.id, "feedback") == "not_found"
    assert code_of(reviews.draw, cast.maria.id, line, cast.sam.id, "feedback") == "not_found"


def test_what_was_drawn_is_read_for_two_hours(cast: Cast) -> None:
    have_talked(cast, 1)
    one = draw(cast).id
    late = timezone.now() + reviews.LASTS + SECOND
    assert at(late, lambda: code_of(revealing.reveal, cast.alex.id, one)) == "grant_over"
