"""Claim, commit, send, record: every text once, and never twice."""

import threading
from datetime import timedelta

import pytest
import requests
import time_machine
from django.db import OperationalError
from django.utils import timezone

from chatline.conversations import deliveries, keys
from chatline.conversations.models import Conversation, Delivery, Message, Visitor
from chatline.conversations.states import Medium
from chatline.people.models import Alarm
from chatline.sms import courier, outcomes, reports
from chatline.sms.courier import Courier
from chatline.sms.flow import TRIP
from routing.carrier_words import Keyword
from tests.cast import RISKY, SHORT_CODE, Cast
from tests.sms.network import InProcess, Network, answered, at_once, reported

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


# --- what the provider answers ----------------------------------------------------------------------------

TOO_FAST = fail_with(429, b'{"code": 20429, "message": "Too many requests", "status": 429}')
NOT_OURS = fail_with(400, b'{"code": 21606, "message": "Not your number", "status": 400}')


def test_being_told_to_slow_down_counts_as_no_attempt(
    cast: Cast, network: Network, provider: InProcess
) -> None:
    provider.fail = TOO_FAST  # type: ignore[assignment]  # a plain lambda
    network.text("hello")
    try_often(network, 5)
    assert (state(), Delivery.objects.get().attempts, Alarm.objects.count()) == ("ready", 0, 0)
    provider.fail = lambda request: None
    try_often(network, 1)
    assert state() == "accepted"


def test_being_told_to_slow_down_holds_up_everybody_for_a_moment(
    cast: Cast, network: Network, provider: InProcess
) -> None:
    provider.fail = TOO_FAST  # type: ignore[assignment]
    network.text("hello")
    network.text("hello", number="+12025550102")
    assert [network.courier.send_next(), network.courier.send_next()] == [True, False]


def test_a_number_that_the_provider_refuses_rests_and_is_told_to_the_operator(
    cast: Cast, network: Network, provider: InProcess
) -> None:
    provider.fail = NOT_OURS  # type: ignore[assignment]
    network.text("hello")
    network.text("hello", number="+12025550102")
    assert [network.courier.send_next(), network.courier.send_next()] == [True, False]
    alarm = Alarm.objects.get(cleared_at=None)
    assert (state_of_all(), alarm.code, alarm.subject) == (["ready", "ready"], "sender_refused", SHORT_CODE)


def test_its_texts_are_sent_and_the_alarm_ends_once_that_is_mended(
    cast: Cast, network: Network, provider: InProcess
) -> None:
    provider.fail = NOT_OURS  # type: ignore[assignment]
    network.text("hello")
    try_often(network, 1)
    provider.fail = lambda request: None
    try_often(network, 1)
    assert (state(), Alarm.objects.filter(cleared_at=None).exists()) == ("accepted", False)


def state_of_all() -> list[str]:
    return list(Delivery.objects.order_by("id").values_list("state", flat=True))


@pytest.mark.parametrize(
    ("code", "fault", "resend"),
    [("30003", "phone_off", True), ("30006", "landline", False), ("30007", "filtered", False), ("", "carrier", True)],
)  # fmt: skip
def test_the_volunteer_reads_why_a_text_did_not_arrive(
    cast: Cast, network: Network, code: str, fault: str, resend: bool
) -> None:
    conversation = cast.talks(medium=Medium.SMS)
    cast.answers(conversation, "I am here")
    reported(Delivery.objects.get(purpose="reply").oid, "undelivered", ErrorCode=code)
    message = Message.objects.get(sender_kind="volunteer")
    assert (message.delivery, message.fault, message.resend) == ("undelivered", fault, resend)


def test_what_the_line_says_by_itself_is_not_offered_to_be_repeated(cast: Cast, network: Network) -> None:
    cast.texts("hello")
    reported(Delivery.objects.get(purpose="welcome").oid, "undelivered", ErrorCode="30003")
    message = Message.objects.get(purpose="welcome")
    assert (message.delivery, message.fault, message.resend) == ("undelivered", "phone_off", False)


def test_carriers_that_filter_our_texts_are_told_to_the_operator_when_it_is_not_one_phone(
    cast: Cast, network: Network
) -> None:
    seen = []
    for n in range(reports.FILTERED_ALARM):
        cast.texts("hello", number=f"+120255501{n:02}")
        oid = Delivery.objects.order_by("-id").values_list("oid", flat=True)[0]
        reported(oid, "undelivered", ErrorCode="30007", MessageSid=f"SM{n}")
        seen.append(Alarm.objects.filter(code="texts_filtered").count())
    assert seen == [0] * (reports.FILTERED_ALARM - 1) + [1]


# --- whose turn it is -------------------------------------------------------------------------------------


@pytest.mark.both
def test_whoever_has_an_open_flag_is_answered_first(cast: Cast, network: Network) -> None:
    cast.texts("hello", number="+12025550101")
    cast.texts(RISKY, number="+12025550102")
    network.courier.send_next()
    assert [len(network.screen(phone)) for phone in settled(network, "+12025550101", "+12025550102")] == [
        0,
        1,
    ]


def settled(network: Network, *phones: str) -> tuple[str, ...]:
    network.settle(5.0)
    return phones


@pytest.mark.both
def test_a_long_reply_is_two_texts_in_order_and_one_mark(cast: Cast, network: Network) -> None:
    conversation = cast.talks(medium=Medium.SMS)
    Delivery.objects.update(state="delivered")
    first, second = "One sentence. " * 110, "And another one. " * 20
    cast.answers(conversation, (first + second).strip())
    seen: list[str] = []
    for _ in range(2):
        with time_machine.travel(timezone.now() + timedelta(minutes=len(seen)), tick=False):
            network.courier.send_next()
        seen.append(Message.objects.get(sender_kind="volunteer").delivery)
    assert (seen, Delivery.objects.filter(purpose="reply").count()) == (["ready", "accepted"], 2)


def test_what_could_not_be_sent_for_an_hour_is_shown_and_may_be_sent_after_all(
    cast: Cast, network: Network
) -> None:
    conversation = cast.talks(medium=Medium.SMS)
    cast.answers(conversation, "I am here")
    Delivery.objects.update(created_at=timezone.now() - timedelta(minutes=61))
    courier.sweep()
    message = Message.objects.get(sender_kind="volunteer")
    assert (message.delivery, message.fault, message.resend) == ("dropped", "too_late", True)


def test_what_the_line_says_by_itself_is_not_said_late(cast: Cast, network: Network) -> None:
    cast.texts("hello")
    Delivery.objects.update(created_at=timezone.now() - timedelta(minutes=11))
    courier.sweep()
    assert (state(), Message.objects.get(purpose="welcome").resend) == ("dropped", False)


def test_the_answer_to_a_keyword_is_never_too_late(cast: Cast, network: Network) -> None:
    cast.texts("STOP", keyword=Keyword.STOP)
    Delivery.objects.update(created_at=timezone.now() - timedelta(hours=2))
    courier.sweep()
    assert state() == "ready"


# --- many at once -----------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_texts_to_many_people_are_under_way_together(
    cast: Cast, network: Network, provider: InProcess
) -> None:
    """Each waits until all of them are on their way, which a courier with one hand would wait for in vain."""
    all_here = threading.Barrier(5)

    def wait(request: requests.PreparedRequest) -> None:
        all_here.wait(10)

    provider.fail = wait
    for n in range(5):
        cast.texts("hello", number=f"+120255501{n:02}")
    while network.courier.step():
        pass
    network.courier.finish()
    assert state_of_all() == ["accepted"] * 5


@pytest.mark.django_db(transaction=True)
def test_what_was_answered_while_the_database_was_away_is_written_down_later(
    cast: Cast, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast.texts("hello")
    with monkeypatch.context() as away:
        away.setattr(deliveries, "record_list", down)
        with pytest.raises(OperationalError):
            network.courier.send_next()
    assert state() == "posting"
    network.courier.step()
    assert state() == "accepted"


def down(*arguments: object) -> None:
    raise OperationalError("the server is gone")
