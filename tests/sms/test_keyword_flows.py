"""STOP means stop, HELP still gets help; seen from the handset."""

import pytest

from chatline.conversations import actions
from chatline.conversations.actions import Saying
from chatline.conversations.models import Conversation, Delivery, Message, Visitor
from chatline.errors import Refused
from routing import queue
from tests.cast import SHORT_CODE, Cast, new_key
from tests.sms.network import OURS, Network, texted

pytestmark = pytest.mark.django_db


WELCOME, STOPPED, BACK, HELP = "you are", "you will get no more", "welcome back", "free support"
DELETED = "have erased our copy"


def heard(network: Network) -> list[str]:
    known = (WELCOME, STOPPED, BACK, HELP, DELETED)
    return [next((one for one in known if one in text), text) for text in network.screen()]


def take(cast: Cast) -> Conversation:
    cast.ready(cast.sam)
    return queue.take(cast.sam.id)


def answer(cast: Cast, conversation: Conversation, words: str) -> None:
    actions.say(Saying(cast.sam.id, conversation.id, new_key(), words))


def test_the_first_text_is_welcomed(cast: Cast, network: Network) -> None:
    network.text("hello")
    network.run()
    assert heard(network) == [WELCOME]


def test_later_texts_are_not_welcomed_again(cast: Cast, network: Network) -> None:
    network.text("hello")
    network.run()
    network.text("hello again")
    network.run()
    assert heard(network) == [WELCOME]


def test_a_volunteers_answer_reaches_the_handset(cast: Cast, network: Network) -> None:
    network.text("hello")
    answer(cast, take(cast), "I am here with you.")
    network.run()
    assert heard(network) == [WELCOME, "I am here with you."]


def test_stop_is_confirmed_once(cast: Cast, network: Network) -> None:
    network.text("STOP")
    network.text("stop")
    network.run()
    assert heard(network) == [STOPPED]


def test_stop_from_somebody_nobody_talks_with_opens_nothing(cast: Cast, network: Network) -> None:
    network.text("STOP")
    assert not Conversation.objects.exists()


def test_stop_in_a_conversation_is_stored_and_closes_nothing(cast: Cast, network: Network) -> None:
    network.text("hello")
    network.text("STOP")
    row = Conversation.objects.get()
    assert (row.state, Message.objects.filter(sender_kind="visitor").count()) == ("waiting", 2)


def test_nothing_that_waits_is_sent_after_stop(cast: Cast, network: Network) -> None:
    network.text("hello")
    conversation = take(cast)
    network.run()
    answer(cast, conversation, "too late")
    network.text("STOP")
    network.run()
    assert heard(network) == [WELCOME, STOPPED]


def test_nothing_more_can_be_said_to_somebody_who_stopped(cast: Cast, network: Network) -> None:
    network.text("hello")
    conversation = take(cast)
    network.text("STOP")
    with pytest.raises(Refused, match="unreachable"):
        answer(cast, conversation, "please come back")


def test_a_text_that_was_ready_for_somebody_who_stopped_is_dropped(cast: Cast, network: Network) -> None:
    network.text("hello")
    # As it would be had STOP come between the row and the courier.
    Visitor.objects.update(stopped_at="2026-01-01T00:00:00Z")
    network.run()
    assert (heard(network), Delivery.objects.get().state) == ([], "dropped")


def test_what_somebody_says_after_stop_is_stored(cast: Cast, network: Network) -> None:
    network.text("STOP")
    network.text("it is all too much")
    network.run()
    assert Message.objects.filter(sender_kind="visitor").count() == 1


def test_nothing_is_sent_for_what_somebody_says_after_stop(cast: Cast, network: Network) -> None:
    network.text("STOP")
    network.text("it is all too much")
    network.text("HELP")
    network.run()
    assert heard(network) == [STOPPED]


@pytest.mark.parametrize("word", ["START", "unstop", "Yes"])
def test_start_brings_back_whoever_stopped(cast: Cast, network: Network, word: str) -> None:
    network.text("STOP")
    network.text(word)
    network.run()
    assert heard(network)[:2] == [STOPPED, BACK]


def test_yes_from_somebody_who_had_not_stopped_is_an_ordinary_message(cast: Cast, network: Network) -> None:
    network.text("hello")
    network.text("yes")
    network.run()
    assert (heard(network), Message.objects.filter(sender_kind="visitor").count()) == ([WELCOME], 2)


def test_help_is_answered(cast: Cast, network: Network) -> None:
    network.text("HELP")
    network.run()
    assert HELP in heard(network)


def test_help_enters_the_queue_as_well(cast: Cast, network: Network) -> None:
    network.text("help")
    assert Conversation.objects.get().state == "waiting"


def test_please_stop_hurting_me_stops_nothing(cast: Cast, network: Network) -> None:
    network.text("please stop hurting me")
    network.run()
    assert (heard(network), Visitor.objects.get().stopped_at) == ([WELCOME], None)


def test_two_people_do_not_stop_each_other(cast: Cast, network: Network) -> None:
    network.text("hello")
    network.text("STOP", number="+12025550102")
    network.run()
    assert heard(network) == [WELCOME]


def test_a_keyword_that_the_provider_read_for_us_counts(cast: Cast, network: Network) -> None:
    texted("basta ya", OptOutType="STOP", From=OURS, To=SHORT_CODE)
    assert Visitor.objects.get().stopped_at


@pytest.mark.parametrize("keyword", ["STOP", "HELP"])
def test_what_the_provider_has_answered_is_not_answered_again(
    cast: Cast, network: Network, keyword: str
) -> None:
    texted(keyword, OptOutType=keyword, From=OURS, To=SHORT_CODE)
    assert not Delivery.objects.filter(purpose=keyword.lower()).exists()


def test_delete_is_answered_on_the_handset(cast: Cast, network: Network) -> None:
    network.text("hello")
    network.text("Delete.")
    network.run()
    assert heard(network) == [WELCOME, DELETED]


@pytest.mark.parametrize(
    ("word", "answer"),
    [
        ("ALTO", "no te vamos a escribir mas"),
        ("ayuda", "apoyo gratis"),
        ("BORRAR", "Borramos nuestra copia"),
        ("STOP", "you will get no more texts"),
        ("ARRET", "vous ne recevrez plus"),
    ],
)
def test_a_keyword_is_answered_in_its_own_language(
    cast: Cast, network: Network, word: str, answer: str
) -> None:
    network.text(word)
    network.run()
    assert answer in network.screen()[0]


def test_stop_is_answered_in_the_language_of_whoever_sends_it(cast: Cast, network: Network) -> None:
    network.text("hola, necesito hablar")
    network.text("STOP")
    network.run()
    assert "no te vamos a escribir mas" in network.screen()[-1]


def test_alto_on_a_line_without_spanish_is_a_word(cast: Cast, network: Network) -> None:
    cast.line.languages = ["en"]
    cast.line.save()
    network.text("alto")
    assert (Visitor.objects.get().stopped_at, Conversation.objects.count()) == (None, 1)
