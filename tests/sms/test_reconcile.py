"""A text of which nobody knows the end: looked for, found or shown, and never sent again by itself."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
import requests
import time_machine
from django.utils import timezone

from chatline.conversations import actions, visitors
from chatline.conversations.models import Conversation, Delivery, Message, Visitor
from chatline.conversations.states import Medium
from chatline.errors import Refused
from chatline.sms import courier, reconcile
from routing.carrier_words import Keyword
from tests.cast import A_NUMBER, SHORT_CODE, Cast
from tests.sms.network import InProcess, Network, answered, reported

pytestmark = pytest.mark.django_db
WORDS = "I am here with you."


class Provider:
    """Answers nothing to what is sent, and has these messages when it is asked for its list."""

    def __init__(self, adapter: InProcess) -> None:
        self.messages: list[dict[str, Any]] = []
        self.is_down = False
        self.posts = 0
        adapter.fail = self._answer

    def _answer(self, request: requests.PreparedRequest) -> requests.Response:
        if request.method == "POST":
            self.posts += 1
            raise requests.ReadTimeout
        if self.is_down:
            raise requests.ConnectTimeout
        if one := re.search(r"/Messages/(\w+)\.json", request.url or ""):
            return self._one(one[1], request)
        page = {"messages": self.messages, "page": 0, "page_size": 50, "next_page_uri": None, "uri": "/x"}
        return answered(200, json.dumps(page).encode(), request)

    def _one(self, sid: str, request: requests.PreparedRequest) -> requests.Response:
        for message in self.messages:
            if message["sid"] == sid:
                return answered(200, json.dumps(message).encode(), request)
        return answered(404, b'{"code": 20404, "message": "Not found", "status": 404}', request)

    def has(self, **more: Any) -> str:
        """A message that might be the one; `more` says what is different about it. Returns its id."""
        sid = f"SM{len(self.messages):032}"
        at = more.pop("at", timezone.now())
        self.messages.insert(
            0,
            {
                "sid": sid,
                "to": A_NUMBER,
                "from": SHORT_CODE,
                "body": WORDS,
                "direction": "outbound-api",
                "status": "sent",
                "error_code": None,
                "date_created": format_datetime(at.astimezone(UTC)),
                **more,
            },
        )
        return sid


@pytest.fixture
def asked(provider: InProcess) -> Provider:
    return Provider(provider)


@pytest.fixture
def doubtful(cast: Cast, network: Network, asked: Provider) -> Delivery:
    """Sam's answer, posted and not answered."""
    conversation = cast.talks(medium=Medium.SMS)
    Delivery.objects.update(state="delivered")
    cast.answers(conversation, WORDS)
    network.courier.send_next()
    return reply()


def reply() -> Delivery:
    return Delivery.objects.get(purpose="reply", again=None)


def shown() -> tuple[str, bool]:
    message = Message.objects.get(sender_kind="volunteer")
    return message.delivery, message.resend


def look(minutes: float) -> bool:
    with time_machine.travel(timezone.now() + timedelta(minutes=minutes), tick=False):
        return reconcile.look_for_one()


def look_until_nothing_is_due() -> None:
    for minutes in range(1, 30):
        look(minutes)


def test_a_text_that_was_not_answered_is_in_doubt_and_not_offered_to_be_repeated_yet(
    doubtful: Delivery,
) -> None:
    assert shown() == ("unknown", False)


@pytest.mark.both
def test_it_is_found_in_the_providers_list(doubtful: Delivery, asked: Provider) -> None:
    sid = asked.has()
    assert look(1)
    assert (shown(), reply().provider_id) == (("sent", False), sid)


@pytest.mark.parametrize(
    "other",
    [
        {"direction": "inbound"},
        {"from": "80123"},
        {"body": "something else"},
        {"at": datetime(2026, 1, 1, tzinfo=UTC)},
        {"at": timezone.now() + timedelta(hours=2)},
    ],
    ids=["inbound", "another sender", "other words", "long before", "long after"],
)
def test_another_message_is_not_taken_for_it(
    doubtful: Delivery, asked: Provider, other: dict[str, Any]
) -> None:
    asked.has(**other)
    look(1)
    assert shown() == ("unknown", False)


def test_a_message_that_belongs_to_another_text_is_not_taken_for_it(
    cast: Cast, doubtful: Delivery, asked: Provider
) -> None:
    sid = asked.has()
    Delivery.objects.filter(purpose="welcome").update(provider_id=sid)
    look(1)
    assert shown() == ("unknown", False)


def test_of_two_that_might_be_it_none_is_taken(doubtful: Delivery, asked: Provider) -> None:
    asked.has()
    asked.has()
    look(1)
    assert shown() == ("unknown", False)


def test_it_is_found_where_the_provider_keeps_no_words(doubtful: Delivery, asked: Provider) -> None:
    asked.has(body="")
    look(1)
    assert shown() == ("sent", False)


@pytest.mark.both
def test_what_is_not_found_for_two_minutes_may_be_repeated_by_the_volunteer(
    doubtful: Delivery, asked: Provider
) -> None:
    seen = []
    for minutes in (0.5, 1.5, 2.5):
        look(minutes)
        seen.append(shown())
    assert seen == [("unknown", False), ("unknown", False), ("unknown", True)]


def test_it_is_not_looked_for_all_the_time(doubtful: Delivery) -> None:
    assert [look(1), look(1), look(1.5)] == [True, False, False]


def test_it_is_not_looked_for_once_that_is_settled(doubtful: Delivery) -> None:
    look_until_nothing_is_due()
    assert not look(60)


def test_not_being_able_to_ask_is_no_answer(doubtful: Delivery, asked: Provider) -> None:
    asked.is_down = True
    for minutes in range(1, 14):
        look(minutes)
    assert shown() == ("unknown", False)


def test_a_person_decides_when_the_provider_cannot_be_asked_for_long(
    doubtful: Delivery, asked: Provider
) -> None:
    asked.is_down = True
    look_until_nothing_is_due()
    assert shown() == ("unknown", True)


def test_a_callback_ends_the_doubt_even_after_that(doubtful: Delivery) -> None:
    look_until_nothing_is_due()
    reported(doubtful.oid, "delivered", MessageSid="SM1")
    assert shown() == ("delivered", False)


def test_nothing_is_ever_sent_again_by_itself(doubtful: Delivery, asked: Provider, network: Network) -> None:
    for minutes in range(60):
        look(minutes)
        with time_machine.travel(timezone.now() + timedelta(minutes=minutes), tick=False):
            network.courier.send_next()
            courier.sweep()
    assert asked.posts == 1


def test_what_the_line_says_by_itself_is_never_offered_to_be_repeated(
    cast: Cast, network: Network, asked: Provider
) -> None:
    cast.texts("hello")
    network.courier.send_next()
    look_until_nothing_is_due()
    message = Message.objects.get(purpose="welcome")
    assert (message.delivery, message.resend) == ("unknown", False)


def test_a_text_to_a_number_that_was_forgotten_meanwhile_is_settled(doubtful: Delivery) -> None:
    Visitor.objects.update(number_sealed=None)
    look(1)
    assert shown() == ("unknown", True)


# --- what waits behind it ---------------------------------------------------------------------------------


def sends_after(network: Network, minutes: float) -> bool:
    with time_machine.travel(timezone.now() + timedelta(minutes=minutes), tick=False):
        return network.courier.send_next()


@pytest.mark.both
def test_the_next_text_waits_for_the_one_in_doubt_but_not_for_ever(
    cast: Cast, doubtful: Delivery, network: Network
) -> None:
    cast.answers(Conversation.objects.get(), "and this is the next thing")
    assert [sends_after(network, minutes) for minutes in (1, 2, 3)] == [False, False, True]


def test_the_next_text_goes_as_soon_as_the_doubt_is_over(
    cast: Cast, doubtful: Delivery, network: Network
) -> None:
    cast.answers(Conversation.objects.get(), "and this is the next thing")
    reported(doubtful.oid, "sent", MessageSid="SM1")
    assert sends_after(network, 0)


# --- sent once more ---------------------------------------------------------------------------------------


def resend(cast: Cast) -> None:
    message = Message.objects.get(sender_kind="volunteer")
    actions.resend(cast.sam.id, message.conversation_id, message.seq)


def refused(verb: Callable[[], None]) -> str:
    with pytest.raises(Refused) as refusal:
        verb()
    return refusal.value.code


@pytest.mark.both
def test_the_volunteer_sends_it_once_more_and_it_is_a_text_of_its_own(
    cast: Cast, doubtful: Delivery, asked: Provider, network: Network
) -> None:
    look_until_nothing_is_due()
    resend(cast)
    assert (shown(), reply().oid == doubtful.oid, reply().again_of_id) == (
        ("ready", False),
        False,
        doubtful.id,
    )
    sends_after(network, 30)
    assert asked.posts == 2


def test_it_cannot_be_sent_while_it_is_looked_for(cast: Cast, doubtful: Delivery) -> None:
    assert refused(lambda: resend(cast)) == "cannot_resend"


def test_it_cannot_be_sent_once_more_twice(cast: Cast, doubtful: Delivery) -> None:
    look_until_nothing_is_due()
    resend(cast)
    assert refused(lambda: resend(cast)) == "cannot_resend"


def test_it_cannot_be_sent_to_somebody_who_stopped_meanwhile(cast: Cast, doubtful: Delivery) -> None:
    look_until_nothing_is_due()
    cast.texts("STOP", keyword=Keyword.STOP)
    assert refused(lambda: resend(cast)) == "unreachable"


# --- never reported on ------------------------------------------------------------------------------------


def ask_about_silent(hours: float) -> bool:
    with time_machine.travel(timezone.now() + timedelta(hours=hours), tick=False):
        return reconcile.ask_about_silent()


def test_a_text_that_nobody_reported_on_is_asked_about_once(doubtful: Delivery, asked: Provider) -> None:
    reported(doubtful.oid, "sent", MessageSid=asked.has(status="delivered"))
    assert [ask_about_silent(hours) for hours in (11, 13, 14)] == [False, True, False]
    assert shown() == ("delivered", False)


def test_a_text_whose_last_word_is_sent_stays_so(doubtful: Delivery, asked: Provider) -> None:
    reported(doubtful.oid, "sent", MessageSid=asked.has())
    ask_about_silent(13)
    assert shown() == ("sent", False)


def test_a_text_that_the_provider_has_no_more_stays_as_it_is(doubtful: Delivery) -> None:
    reported(doubtful.oid, "sent", MessageSid="SM1")
    ask_about_silent(13)
    assert shown() == ("sent", False)


def test_the_number_is_not_written_anywhere_while_it_is_looked_for(
    doubtful: Delivery, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    look(1)
    assert visitors.number_of(Visitor.objects.get()) == A_NUMBER
    assert not [line for line in caplog.messages if A_NUMBER[1:] in line or WORDS in line]
