"""What is seen of flags that were no risk: their words by supervisors, numbers by managers."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from chatline.conversations import leaving
from chatline.conversations.models import Conversation
from routing import escalation, found
from routing.models import Flag
from tests.cast import RISKY, Cast

pytestmark = [pytest.mark.both, pytest.mark.django_db]

PAGE = "/supervise/false-flags/"
WHY = "a line of a song"


def resolved(cast: Cast, outcome: str, who: str = "a visitor") -> None:
    cast.visits(RISKY, who=who)
    flag = Flag.objects.get(state="open")
    escalation.resolve(cast.alex.id, flag.id, outcome, WHY)


def counted(cast: Cast) -> dict[str, tuple[int, int, int]]:
    return {
        one.template: (one.messages, one.flags, one.false_flags)
        for one in found.found(cast.line.id, timezone.now())
    }


def test_a_supervisor_reads_what_raised_it_and_why_it_was_none(client: Client, cast: Cast) -> None:
    resolved(cast, "false_flag")
    client.force_login(cast.alex)
    page = client.get(PAGE).content.decode()
    assert WHY in page
    assert "<mark>i have the pills" in page or "<mark>have the pills" in page


@pytest.mark.parametrize("who", ["sam", "maria", "olive"])
def test_to_everybody_else_there_is_nothing_here(who: str, client: Client, cast: Cast) -> None:
    resolved(cast, "false_flag")
    client.force_login(getattr(cast, who))
    assert client.get(PAGE).status_code == 404


def test_a_flag_that_was_a_risk_is_not_there(client: Client, cast: Cast) -> None:
    resolved(cast, "watched")
    client.force_login(cast.alex)
    assert WHY not in client.get(PAGE).content.decode()


def test_words_that_were_erased_are_not_there_any_more(client: Client, cast: Cast) -> None:
    resolved(cast, "false_flag")
    leaving.erase(cast.visitor_of())
    assert Conversation.objects.get().erased_at
    client.force_login(cast.alex)
    page = client.get(PAGE).content.decode()
    assert WHY not in page
    assert "The words were erased." in page


def test_each_phrase_is_counted_once_a_message_and_once_a_flag(cast: Cast) -> None:
    resolved(cast, "false_flag")
    resolved(cast, "watched", who="another")
    counts = counted(cast)
    assert counts
    assert set(counts.values()) == {(2, 2, 1)}


def test_practice_and_what_is_long_ago_are_not_counted(cast: Cast) -> None:
    resolved(cast, "false_flag")
    with time_machine.travel(timezone.now() + timedelta(days=31)):
        assert set(counted(cast).values()) == {(0, 1, 1)}
    with time_machine.travel(timezone.now() + timedelta(days=91)):
        assert counted(cast) == {}
    Conversation.objects.update(kind="practice")
    assert counted(cast) == {}


def test_what_a_person_judged_is_no_phrase(cast: Cast) -> None:
    talk = cast.talks()
    flag = escalation.raise_by_hand(cast.sam.id, talk.id, "I worry")
    escalation.resolve(cast.alex.id, flag.id, "false_flag", WHY)
    assert counted(cast) == {}
