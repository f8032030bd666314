"""Asking a supervisor, and giving an abusive contact up to one."""

from uuid import uuid4

import pytest
from django.utils import timezone

from chatline.conversations import leaving
from chatline.conversations.models import Conversation
from chatline.errors import ChatlineError, NotFound
from chatline.people.models import AuditEntry
from routing import helping, inbox, presence, queue
from routing.models import Help
from tests.cast import RISKY, Cast

pytestmark = [pytest.mark.both, pytest.mark.django_db]


@pytest.fixture
def talk(cast: Cast) -> Conversation:
    return cast.talks()


def asked(cast: Cast, talk: Conversation, kind: str = "advice", note: str = "") -> Help:
    helping.ask(cast.sam.id, talk.id, kind, note)
    talk.refresh_from_db()
    return Help.objects.get(conversation=talk, ended_at=None)


def code_of(verb: object, *arguments: object) -> str:
    with pytest.raises(ChatlineError) as refusal:
        verb(*arguments)  # type: ignore[operator]
    return refusal.value.code


def standing(talk: Conversation) -> tuple[str, str, bool]:
    talk.refresh_from_db()
    return talk.help, talk.help_by, Help.objects.filter(ended_at=None).exists()


@pytest.mark.parametrize("kind", ["advice", "hand_over"])
def test_supervisors_see_who_asks_and_read_the_note_and_the_holder_keeps_them(
    cast: Cast, talk: Conversation, kind: str
) -> None:
    before = talk.version
    asked(cast, talk, kind, "what may I say about the pills")
    (told,) = inbox.helps([cast.line.id])
    assert (told.help.kind, told.note, told.help.asked_by) == (
        kind,
        "what may I say about the pills",
        cast.sam,
    )
    assert (talk.help, talk.state, talk.version) == (kind, "active", before + 1)


def test_the_note_lies_sealed(cast: Cast, talk: Conversation) -> None:
    help_ = asked(cast, talk, note="secret")
    assert help_.note_sealed
    assert b"secret" not in bytes(help_.note_sealed)


def test_one_help_at_a_time(cast: Cast, talk: Conversation) -> None:
    asked(cast, talk)
    assert code_of(helping.ask, cast.sam.id, talk.id, "hand_over") == "help_asked_already"


def test_whoever_asked_may_say_that_it_is_over(cast: Cast, talk: Conversation) -> None:
    asked(cast, talk)
    helping.take_back(cast.sam.id, talk.id)
    assert standing(talk) == ("", "", False)
    helping.take_back(cast.sam.id, talk.id)
    asked(cast, talk)


def test_only_the_holder_asks(cast: Cast, talk: Conversation) -> None:
    assert code_of(helping.ask, cast.robin.id, talk.id, "advice") == "not_found"


# --- answered ---------------------------------------------------------------------------------------------


def test_the_volunteer_sees_who_comes_and_that_it_was_dealt_with(cast: Cast, talk: Conversation) -> None:
    help_ = asked(cast, talk)
    before = talk.version
    helping.answer(cast.alex.id, help_.id)
    assert standing(talk) == ("advice", "Alex", True)
    assert talk.version == before + 1
    helping.settle(cast.alex.id, help_.id)
    assert standing(talk) == ("", "", False)
    assert list(AuditEntry.objects.order_by("id").values_list("verb", flat=True))[-2:] == [
        "answer_help",
        "settle_help",
    ]


def test_two_supervisors_never_come_for_the_same(cast: Cast, talk: Conversation) -> None:
    help_ = asked(cast, talk)
    helping.answer(cast.alex.id, help_.id)
    assert code_of(helping.answer, cast.alex.id, help_.id) == "already_answered"
    helping.settle(cast.alex.id, help_.id)
    assert code_of(helping.settle, cast.alex.id, help_.id) == "help_over"
    assert code_of(helping.answer, cast.alex.id, help_.id) == "already_answered"


def test_for_anybody_but_a_supervisor_of_the_line_it_does_not_exist(cast: Cast, talk: Conversation) -> None:
    help_ = asked(cast, talk)
    for verb in (helping.answer, helping.settle):
        for person in (cast.sam, cast.maria, cast.olive):
            assert code_of(verb, person.id, help_.id) == "not_found"
        assert code_of(verb, cast.alex.id, uuid4()) == "not_found"


@pytest.mark.parametrize("how", ["released", "closed", "erased"])
def test_a_help_ends_with_the_holding(cast: Cast, talk: Conversation, how: str) -> None:
    asked(cast, talk)
    if how == "released":
        queue.release(cast.sam.id, talk.id)
    elif how == "closed":
        leaving.end(talk.visitor_id)
        queue.release(cast.sam.id, talk.id)
    else:
        leaving.erase(talk.visitor_id)
    assert standing(talk) == ("", "", False)
    assert inbox.helps([cast.line.id]) == []


# --- given up ---------------------------------------------------------------------------------------------


def test_who_is_given_up_waits_for_supervisors_alone_and_the_seat_is_free_at_once(cast: Cast) -> None:
    cast.ready(cast.sam, cast.robin, seats=1)
    cast.visits("hello")
    talk = queue.take(cast.sam.id)
    asked(cast, talk, "abuse", "he keeps on")
    assert (talk.state, talk.reserved, talk.volunteer) == ("waiting", True, None)
    assert presence.desks({cast.sam.id})[cast.sam.id].conversations == []
    assert code_of(queue.take, cast.robin.id) == "queue_empty"
    cast.visits("hello", "somebody else")
    assert queue.take(cast.sam.id).id != talk.id
    cast.ready(cast.alex)
    assert queue.take(cast.alex.id).id == talk.id
    assert standing(talk) == ("", "", False)


def test_giving_up_does_not_wait_for_an_earlier_question(cast: Cast, talk: Conversation) -> None:
    asked(cast, talk)
    assert asked(cast, talk, "abuse").kind == "abuse"


def test_whoever_gave_them_up_never_gets_them_again(cast: Cast) -> None:
    """Not from the queue, not by a colleague, not when they write again; not even beside a flag."""
    cast.ready(cast.sam, cast.alex)
    cast.texts("hello")
    talk = queue.take(cast.sam.id)
    asked(cast, talk, "abuse")
    queue.take(cast.alex.id)
    queue.release(cast.alex.id, talk.id)
    cast.texts(RISKY)
    assert code_of(queue.take, cast.sam.id) == "queue_empty"
    Conversation.objects.filter(id=talk.id).update(state="closed", open_flags=0, closed_at=timezone.now())
    cast.texts("me again")
    assert code_of(queue.take, cast.sam.id) == "queue_empty"
    assert queue.take(cast.alex.id).visitor_id == talk.visitor_id


def test_who_has_left_and_is_given_up_is_closed(cast: Cast, talk: Conversation) -> None:
    leaving.end(talk.visitor_id)
    helping.ask(cast.sam.id, talk.id, "abuse")
    talk.refresh_from_db()
    assert (talk.state, Help.objects.count()) == ("closed", 0)


def test_beside_an_open_flag_giving_up_calls_supervisors_anew(cast: Cast) -> None:
    cast.visits(RISKY)
    cast.ready(cast.sam)
    talk = queue.take(cast.sam.id)
    talk.flags.update(state="acknowledged")
    asked(cast, talk, "abuse")
    assert talk.flags.get().state == "open"


def test_who_was_given_up_can_no_longer_be_asked_about_by_the_volunteer(
    cast: Cast, talk: Conversation
) -> None:
    asked(cast, talk, "abuse")
    with pytest.raises(NotFound):
        helping.take_back(cast.sam.id, talk.id)
