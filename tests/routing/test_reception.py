"""What somebody is told at once who texts when nobody can answer: closed, paused or full."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta

import pytest
import time_machine
from django.utils import timezone

from chatline.conversations.models import Conversation, Message, Visitor
from chatline.lines.actions import pause, resume
from chatline.lines.models import Hours
from routing import queue
from routing.carrier_words import Keyword
from tests.cast import ANOTHER_NUMBER, RISKY, Cast
from tests.routing.times import everything_arrives, now_open, opened, sent, tick

pytestmark = [pytest.mark.both, pytest.mark.django_db]
EVENING = datetime(2026, 11, 24, 22, 30, tzinfo=UTC)
MORNING = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)


@pytest.fixture
def night(cast: Cast) -> Iterator[time_machine.Traveller]:
    """The line is open from 9 to 22, and it is evening."""
    for weekday in range(7):
        Hours.objects.create(line=cast.line, weekday=weekday, opens=time(9), closes=time(22))
    cast.line.alternatives = "Call or text 988."
    cast.line.save()
    with time_machine.travel(EVENING, tick=False) as clock:
        yield clock


def last_words() -> str:
    return opened(Message.objects.filter(sender_kind="line").latest("id"))


def test_who_texts_at_night_is_told_when_it_opens_and_who_else_helps(
    cast: Cast, night: time_machine.Traveller
) -> None:
    cast.texts("hello")
    assert sent() == ["closed"]
    assert last_words() == (
        "Demo line: we are closed now. We open tomorrow at 9am and will answer. Call or text 988. "
        "In danger? Call 911."
    )


def test_and_in_spanish_if_they_write_spanish(cast: Cast, night: time_machine.Traveller) -> None:
    cast.texts("hola, necesito hablar")
    assert "Abrimos mañana a las 9am" in last_words()
    assert now_open().language == "es"


def test_they_are_told_once_however_often_they_text(cast: Cast, night: time_machine.Traveller) -> None:
    for minute in (0, 1, 5, 60):
        night.move_to(EVENING + timedelta(minutes=minute))
        cast.texts("hello")
    assert sent() == ["closed"]


def test_they_stand_in_the_queue_and_are_taken_when_it_opens(
    cast: Cast, night: time_machine.Traveller
) -> None:
    received = cast.texts("hello")
    night.move_to(MORNING)
    cast.ready(cast.sam)
    assert received.stored
    assert queue.take(cast.sam.id).id == received.stored.conversation


def test_at_opening_they_are_told_nothing_before_two_minutes(
    cast: Cast, night: time_machine.Traveller
) -> None:
    cast.texts("hello")
    for moment in (EVENING + timedelta(hours=3), MORNING, MORNING + timedelta(minutes=1)):
        tick(moment)
    assert sent() == ["closed"]
    tick(MORNING + timedelta(minutes=2))
    assert sent() == ["closed", "waiting"]


def test_what_is_said_at_night_is_screened(cast: Cast, night: time_machine.Traveller) -> None:
    cast.texts(RISKY)
    assert (now_open().open_flags, sent()) == (1, ["closed"])


def test_the_welcome_comes_with_the_next_conversation(cast: Cast, night: time_machine.Traveller) -> None:
    cast.texts("hello")
    night.move_to(MORNING)
    cast.texts("good morning")
    assert sent() == ["closed"]
    Conversation.objects.update(state="closed", closed_at=MORNING)
    cast.texts("hello again")
    assert sent() == ["closed", "welcome"]


def test_who_waits_when_it_closes_is_told_with_their_next_text(
    cast: Cast, night: time_machine.Traveller
) -> None:
    night.move_to(EVENING - timedelta(hours=1))
    cast.texts("hello")
    night.move_to(EVENING)
    cast.texts("anybody?")
    assert sent() == ["welcome", "closed"]


def test_who_is_being_answered_is_not_told_that_it_is_closed(
    cast: Cast, night: time_machine.Traveller
) -> None:
    night.move_to(EVENING - timedelta(hours=1))
    cast.texts("hello")
    cast.ready(cast.sam)
    queue.take(cast.sam.id)
    night.move_to(EVENING)
    cast.texts("are you there?")
    assert sent() == ["welcome"]


def test_who_stopped_is_told_nothing(cast: Cast, night: time_machine.Traveller) -> None:
    cast.texts("STOP", keyword=Keyword.STOP)
    cast.texts("hello")
    assert sent() == ["stop"]


def test_help_at_night_is_answered_and_told(cast: Cast, night: time_machine.Traveller) -> None:
    cast.texts("HELP", keyword=Keyword.HELP)
    assert (sent(), now_open().state) == (["help", "closed"], "waiting")


def test_the_same_text_twice_is_told_once(cast: Cast, night: time_machine.Traveller) -> None:
    cast.texts("hello", sid="SM1")
    cast.texts("hello", sid="SM1")
    assert sent() == ["closed"]


def test_a_paused_line_says_so(cast: Cast) -> None:
    pause(cast.line.id)
    cast.texts("hello")
    assert sent() == ["paused"]
    resume(cast.line.id)
    cast.texts("hello", ANOTHER_NUMBER)
    assert sent() == ["paused", "welcome"]


def test_a_full_line_says_so_to_newcomers(cast: Cast) -> None:
    cast.line.most_waiting = 1
    cast.line.save()
    cast.texts("hello")
    cast.texts("hello", ANOTHER_NUMBER)
    assert sent() == ["welcome", "full"]


def test_a_line_is_not_full_with_people_who_are_answered(cast: Cast) -> None:
    cast.line.most_waiting = 1
    cast.line.save()
    cast.texts("hello")
    cast.ready(cast.sam)
    queue.take(cast.sam.id)
    cast.texts("hello", ANOTHER_NUMBER)
    assert sent() == ["welcome", "welcome"]


def test_a_web_visitor_is_sent_no_text(cast: Cast, night: time_machine.Traveller) -> None:
    cast.visits("hello")
    assert Message.objects.count() == 1


# --- the language of the first answer ---------------------------------------------------------------------


def test_who_writes_spanish_is_welcomed_in_spanish(cast: Cast) -> None:
    cast.texts("hola")
    assert "no estas a solas" in last_words()
    assert (Visitor.objects.get().language, now_open().language) == ("es", "es")


def test_what_says_nothing_of_a_language_leaves_what_was_known(cast: Cast) -> None:
    cast.texts("hola")
    cast.texts("ok")
    assert now_open().language == "es"


def test_the_volunteer_sees_when_they_change(cast: Cast) -> None:
    cast.texts("hola")
    version = now_open().version
    cast.texts("i can also talk english with you")
    assert (now_open().language, now_open().version > version) == ("en", True)


def test_a_keyword_says_it_too(cast: Cast) -> None:
    cast.texts("AYUDA", keyword=Keyword.HELP, keyword_language="es")
    assert Visitor.objects.get().language == "es"
    assert "no estas a solas" in last_words()


def test_a_line_without_spanish_answers_in_its_own_language(cast: Cast) -> None:
    cast.line.languages = ["en"]
    cast.line.save()
    cast.texts("hola")
    assert "you are not alone" in last_words()


def test_waiting_is_told_in_their_language(cast: Cast) -> None:
    cast.texts("hola")
    everything_arrives()
    tick(timezone.now() + timedelta(minutes=3))
    assert "tenemos tu mensaje" in last_words()
