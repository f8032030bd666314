"""Claim, commit, send, record: every text once, and never twice."""

from datetime import timedelta

import pytest
import requests
import time_machine
from django.utils import timezone

from chatline.conversations import keys
from chatline.conversations.models import Conversation, Delivery, Message, Visitor
from chatline.people.models import Alarm
from chatline.sms import courier, outcomes
from chatline.sms.courier import Courier
from chatline.sms.flow import TRIP
from tests.cast import Cast
from tests.sms.network import InProcess, Network, answered, at_once

pytestmark = pytest.mark.django_db


def state() -> str:
    return Delivery.objects.get().state


def fail_with(status: int, content: bytes = b"") -> object:
    return lambda request: answered(status, content, request)


def refuse_connections(request: requests.PreparedRequest) -> None:
    raise requests.ConnectTimeout


@pytest.mark.both
def test_a_text_is_accepted_then_delivered(cast: Cast, network: Network) -> None:
    network.text("hello")
    network.courier.send_next()
    seen = [state()]
    network.settle(0.5)
    seen.append(state())
    network.settle(0.5)
    assert [*seen, state()] == ["accepted", "sent", "delivered"]


def test_there_is_nothing_more_to_send(cast: Cast, network: Network) -> None:
    network.text("hello")
    assert [network.courier.send_next(), network.courier.send_next()] == [True, False]


def test_a_text_to_a_phone_that_is_gone_says_so(cast: Cast, network: Network) -> None:
    cast.texts("hello", number="+14155550100")
    network.run()
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.error_code) == ("undelivered", 30005)


def test_a_refused_text_is_not_tried_again(cast: Cast, network: Network, provider: InProcess) -> None:
    cast.texts("hello", number="+15005550009")
    network.run()
    assert (state(), len(provider.sent)) == ("rejected", 1)


def test_somebody_who_opted_out_at_the_provider_counts_as_stopped(cast: Cast, network: Network) -> None:
    cast.texts("hello", number="+15005550004")
    network.run()
    assert Visitor.objects.get().stopped_at


def test_a_doubtful_text_is_shown_as_such_and_never_sent_again(
    cast: Cast, network: Network, provider: InProcess
) -> None:
    provider.fail = fail_with(502)  # type: ignore[assignment]  # a plain lambda
    network.text("hello")
    network.run()
    assert (state(), Message.objects.get(purpose="welcome").delivery, len(provider.sent)) == (
        "unknown",
        "unknown",
        1,
    )


@pytest.mark.both
def test_a_text_that_never_left_waits_and_is_sent_once(
    cast: Cast, network: Network, provider: InProcess
) -> None:
    provider.fail = refuse_connections
    network.text("hello")
    network.courier.send_next()
    assert (state(), network.courier.send_next()) == ("ready", False)
    provider.fail = lambda request: None
    Delivery.objects.update(not_before=timezone.now())
    network.run()
    assert (state(), len(network.screen())) == ("delivered", 1)


def try_often(network: Network, times: int) -> None:
    """Two minutes lie between, so that no pause is the reason why nothing is tried."""
    for _ in range(times):
        network.minutes += 2
        with time_machine.travel(timezone.now() + timedelta(minutes=network.minutes), tick=False):
            Delivery.objects.update(not_before=timezone.now())
            network.courier.send_next()


def test_a_provider_that_cannot_be_reached_is_shown_to_the_operator(
    cast: Cast, network: Network, provider: InProcess
) -> None:
    provider.fail = refuse_connections
    network.text("hello")
    try_often(network, TRIP)
    assert Alarm.objects.get(cleared_at=None).code == "provider_unreachable"


def test_wrong_credentials_are_shown_at_once_and_keep_the_text(
    cast: Cast, network: Network, provider: InProcess
) -> None:
    provider.fail = fail_with(401, b'{"code": 20003, "status": 401}')  # type: ignore[assignment]
    network.text("hello")
    try_often(network, 1)
    assert (state(), Alarm.objects.filter(cleared_at=None).count()) == ("ready", 1)


def test_the_alarm_ends_when_the_provider_is_back(cast: Cast, network: Network, provider: InProcess) -> None:
    provider.fail = refuse_connections
    network.text("hello")
    try_often(network, TRIP)
    provider.fail = lambda request: None
    try_often(network, 1)
    assert not Alarm.objects.filter(cleared_at=None).exists()


def test_pauses_grow_to_a_minute_and_no_further() -> None:
    assert [round(outcomes.pause(attempts) / 2.0**attempts, 2) for attempts in range(5)] == pytest.approx(
        [0.75] * 5, abs=0.26
    )
    assert outcomes.pause(30_000) <= 60.0


def test_a_text_whose_words_were_erased_is_dropped(cast: Cast, network: Network, provider: InProcess) -> None:
    network.text("hello")
    keys.destroy([Conversation.objects.get().id])
    keys.forget_opened()
    network.run()
    assert (state(), provider.sent) == ("dropped", [])


def test_a_text_to_a_number_that_was_forgotten_is_dropped(
    cast: Cast, network: Network, provider: InProcess
) -> None:
    network.text("hello")
    keys.destroy([Visitor.objects.get().id])
    keys.forget_opened()
    network.run()
    assert (state(), provider.sent) == ("dropped", [])


def test_a_courier_that_died_leaves_a_doubt_that_is_shown(cast: Cast, network: Network) -> None:
    network.text("hello")
    Delivery.objects.update(
        state="posting", posted_at=timezone.now() - courier.HALF_SENT - timedelta(seconds=1)
    )
    assert (courier.sweep(), state(), network.courier.send_next()) == (True, "unknown", False)


def test_a_courier_at_work_is_left_alone(cast: Cast, network: Network) -> None:
    network.text("hello")
    Delivery.objects.update(state="posting", posted_at=timezone.now())
    assert (courier.sweep(), state()) == (False, "posting")


@pytest.mark.both
def test_two_texts_to_one_person_arrive_in_order(cast: Cast, network: Network) -> None:
    network.text("HELP")
    waiting = list(Delivery.objects.order_by("id").values_list("purpose", flat=True))
    network.run()
    assert (waiting, ["free support" in text for text in network.screen()]) == (
        ["help", "welcome"],
        [True, False],
    )


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_five_couriers_at_once_send_every_text_once(cast: Cast, network: Network) -> None:
    phones = [f"+120255501{n:02}" for n in range(20)]
    for phone in phones:
        cast.texts("hello", number=phone)

    def work() -> None:
        one = Courier()
        while one.send_next():
            pass

    at_once(5, work)
    network.settle(5.0)
    assert [len(network.screen(phone)) for phone in phones] == [1] * 20
