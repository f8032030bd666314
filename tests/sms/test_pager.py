"""Pages that go out as texts: once, before what waits, in words that say nothing of anybody."""

import logging
from datetime import timedelta
from urllib.parse import unquote_plus

import pytest
import requests
from django.utils import timezone

from chatline.conversations.models import Conversation, Copy, Delivery
from chatline.conversations.states import Kind
from chatline.lines.ladders import Channel
from chatline.lines.models import Number
from chatline.people.models import Alarm
from chatline.sms import gateway
from chatline.sms import pager as pager_module
from chatline.sms.flow import TRIP
from chatline.sms.gateway import NotSent, Outcome, Unknown
from chatline.sms.models import Sender
from chatline.sms.pager import Pager
from routing import escalation, nobody, pages
from routing.models import Flag, Page
from routing.reaching import Reach, set_contact
from tests.cast import RISKY, SHORT_CODE, Cast
from tests.sms.network import InProcess, Network, answered, at_once, reported_page
from tests.sms.paged import ALEX, LONG, flagged, give_long_number, give_phones, page, stands, work

pytestmark = pytest.mark.django_db

TOO_FAST = b'{"code": 20429, "message": "Too many", "status": 429}'


@pytest.fixture
def flag(cast: Cast, network: Network) -> Flag:
    """Open; Alex and Maria can be paged about it."""
    give_phones(cast)
    return flagged(cast)


def bodies(provider: InProcess) -> list[str]:
    return [str(request.body) for request in provider.sent if request.method == "POST"]


def refuse_connections(request: requests.PreparedRequest) -> None:
    raise requests.ConnectTimeout


def fail_to_answer(request: requests.PreparedRequest) -> None:
    raise requests.ReadTimeout


# --- once ---------------------------------------------------------------------------------------------------


@pytest.mark.both
def test_a_page_is_sent_and_then_delivered(cast: Cast, network: Network, flag: Flag) -> None:
    one = page(flag, cast.alex)
    network.pager.step()
    seen = [stands(one)]
    network.settle(5.0)
    assert [*seen, stands(one)] == [("sent", ""), ("delivered", "")]


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_three_pagers_at_once_send_every_page_once(cast: Cast, network: Network) -> None:
    give_phones(cast)
    flag = flagged(cast)
    codes = [str(10_000 + n) for n in range(12)]
    for code in codes:
        page(flag, cast.alex, code=code)

    def work_alone() -> None:
        one = Pager()
        while one.step():
            pass

    at_once(3, work_alone)
    network.settle(5.0)
    assert sorted(text.split("Reply ")[1][:5] for text in network.screen(ALEX)) == codes


@pytest.mark.both
def test_a_page_that_was_not_answered_is_in_doubt_and_never_sent_again(
    cast: Cast, network: Network, provider: InProcess, flag: Flag
) -> None:
    one = page(flag, cast.alex)
    provider.fail = fail_to_answer
    network.pager.step()
    provider.fail = lambda request: None
    work(network)
    assert (stands(one), len(bodies(provider))) == (("unknown", "unanswered"), 1)


@pytest.mark.both
def test_a_pager_that_died_leaves_a_doubt_and_nothing_is_sent_again(
    cast: Cast, network: Network, provider: InProcess, flag: Flag
) -> None:
    one = page(flag, cast.alex)
    assert pages.claim([Channel.TEXT], timezone.now()) == one
    later = timezone.now() + pages.HALF_SENT + timedelta(seconds=1)
    pages.sweep(later)
    work(network)
    assert (stands(one), bodies(provider)) == (("unknown", "half_sent"), [])


@pytest.mark.parametrize(("broken", "texts"), [(False, 1), (True, 2)])
def test_repeating_what_is_in_doubt_would_text_somebody_twice(
    cast: Cast,
    network: Network,
    provider: InProcess,
    flag: Flag,
    monkeypatch: pytest.MonkeyPatch,
    broken: bool,
    texts: int,
) -> None:
    """The protection, and the same with the protection taken away: this test would see it."""
    sent = pager_module._sent

    def be_sure(summons: object) -> Outcome:
        outcome = sent(summons)  # type: ignore[arg-type]  # handed on as it is
        return NotSent() if broken and outcome == Unknown() else outcome

    def lose_the_first_answer(request: requests.PreparedRequest) -> None:
        provider.fail = lambda request: None
        provider.send(request)
        raise requests.ReadTimeout

    monkeypatch.setattr(pager_module, "_sent", be_sure)
    one = page(flag, cast.alex)
    provider.fail = lose_the_first_answer
    network.pager.step()
    Page.objects.filter(id=one.id).update(not_before=timezone.now())
    work(network)
    assert len(network.screen(ALEX)) == texts


# --- what it says -------------------------------------------------------------------------------------------


def test_a_text_says_the_line_the_level_and_the_code(cast: Cast, network: Network, flag: Flag) -> None:
    page(flag, cast.alex)
    work(network)
    assert network.screen(ALEX) == ["Demo line: a flag is open, level imminent. Reply 48213 to take it."]


def test_a_drill_says_first_that_it_is_practice(cast: Cast, network: Network, flag: Flag) -> None:
    Conversation.objects.update(kind=Kind.DRILL)
    page(flag, cast.alex)
    work(network)
    assert network.screen(ALEX)[0].startswith("PRACTICE. Demo line: a flag is open")


def test_an_alarm_is_told_from_its_own_line(cast: Cast, network: Network) -> None:
    give_phones(cast)
    nobody._raise(nobody.NOBODY_ON_SHIFT, cast.line, timezone.now())
    work(network)
    assert network.screen(ALEX) == ["Demo line: people wait, and nobody is on shift."]


@pytest.mark.parametrize("channel", [Channel.TEXT, Channel.VOICE])
def test_no_page_and_no_log_tells_anything_of_the_person_or_a_number(
    cast: Cast, network: Network, provider: InProcess, caplog: pytest.LogCaptureFixture, channel: str
) -> None:
    give_phones(cast)
    give_long_number(cast, network)
    network.text(RISKY)
    conversation = Conversation.objects.get()
    page(Flag.objects.get(), cast.alex, channel)
    provider.sent.clear()
    with caplog.at_level(logging.DEBUG):
        while network.pager.step():
            pass
    told = unquote_plus(" ".join(bodies(provider)))
    person = [conversation.visitor.handle, RISKY, "12025550101"]
    assert [one for one in person if one in told] == []
    assert [one for one in [*person, ALEX, "48213"] if one in caplog.text] == []


# --- before what waits --------------------------------------------------------------------------------------


def fill(number: str, tokens: float) -> None:
    Sender.objects.update_or_create(
        number=number, defaults={"tokens": tokens, "filled_at": timezone.now() + timedelta(seconds=30)}
    )


def test_a_page_goes_before_texts_that_wait_for_their_turn(cast: Cast, network: Network, flag: Flag) -> None:
    network.text("hello")
    fill(SHORT_CODE, 0.0)
    one = page(flag, cast.alex)
    assert (network.courier.send_next(), network.pager.step(), stands(one)[0]) == (False, True, "sent")
    assert Delivery.objects.get().state == "ready"


def test_a_number_is_one_text_ahead_of_its_rate_and_no_more(cast: Cast, network: Network, flag: Flag) -> None:
    Number.objects.update(per_second=1.0)
    fill(SHORT_CODE, 0.0)
    states = [page(flag, cast.alex) for _ in range(3)]
    while network.pager.step():
        pass
    assert [stands(one) for one in states] == [("sent", ""), ("due", "no_room"), ("due", "no_room")]


def test_waiting_for_room_counts_as_no_attempt(cast: Cast, network: Network, flag: Flag) -> None:
    fill(SHORT_CODE, -5.0)
    one = page(flag, cast.alex)
    network.pager.step()
    one.refresh_from_db()
    assert (one.state, one.attempts) == ("due", 0)


# --- what the provider answers ------------------------------------------------------------------------------


def test_a_page_that_was_too_fast_goes_out_later(
    cast: Cast, network: Network, provider: InProcess, flag: Flag
) -> None:
    one = page(flag, cast.alex)
    provider.fail = lambda request: answered(429, TOO_FAST, request)
    network.pager.step()
    before = stands(one)
    provider.fail = lambda request: None
    Page.objects.update(not_before=timezone.now())
    network.pager = Pager()
    work(network)
    assert (before, stands(one)[0], len(network.screen(ALEX))) == (("due", "20429"), "delivered", 1)


def test_a_page_that_never_left_is_tried_again(
    cast: Cast, network: Network, provider: InProcess, flag: Flag
) -> None:
    one = page(flag, cast.alex)
    provider.fail = refuse_connections
    network.pager.step()
    before = stands(one)
    provider.fail = lambda request: None
    Page.objects.update(not_before=timezone.now())
    work(network)
    assert (before, len(network.screen(ALEX))) == (("due", "unreached"), 1)


def test_while_the_provider_is_away_pages_wait_and_the_operator_is_told(
    cast: Cast, network: Network, provider: InProcess, flag: Flag
) -> None:
    for _ in range(TRIP + 1):
        page(flag, cast.alex)
    provider.fail = refuse_connections
    while network.pager.step():
        pass
    assert (len(bodies(provider)), Page.objects.filter(state="due").count()) == (TRIP, TRIP + 1)
    assert Alarm.objects.get(cleared_at=None).code == "provider_unreachable"


def test_a_phone_that_cannot_be_texted_fails_with_the_providers_code(
    cast: Cast, network: Network, flag: Flag
) -> None:
    set_contact(cast.alex.id, cast.alex.id, Reach("+15005550009"))
    one = page(flag, cast.alex)
    work(network)
    assert stands(one) == ("failed", "21614")


def test_after_a_number_that_may_not_text_there_comes_the_lines_next(
    cast: Cast, network: Network, flag: Flag, provider: InProcess
) -> None:
    give_long_number(cast, network)
    one = page(flag, cast.alex)
    with network.carrier.moment() as moment:
        del moment.state.senders[SHORT_CODE]
    network.pager.step()
    before = stands(one)
    Page.objects.update(not_before=timezone.now())
    work(network)
    alarms = list(Alarm.objects.values_list("code", "subject"))
    assert (before, stands(one)[0], alarms) == (
        ("due", "21606"),
        "delivered",
        [("sender_refused", SHORT_CODE)],
    )


def test_a_refused_page_holds_up_no_texts_to_people(cast: Cast, network: Network, flag: Flag) -> None:
    network.text("hello")
    page(flag, cast.alex)
    with network.carrier.moment() as moment:
        sender = moment.state.senders.pop(SHORT_CODE)
    network.pager.step()
    with network.carrier.moment() as moment:
        moment.state.senders[SHORT_CODE] = sender
    assert network.courier.send_next()


def test_somebody_without_a_phone_by_now_is_not_paged(cast: Cast, network: Network, flag: Flag) -> None:
    one = page(flag, cast.alex)
    set_contact(cast.alex.id, cast.alex.id, Reach())
    work(network)
    assert stands(one) == ("failed", "no_phone")


def test_a_line_without_a_number_cannot_page(
    cast: Cast, network: Network, flag: Flag, provider: InProcess
) -> None:
    one = page(flag, cast.alex)
    Number.objects.all().delete()
    work(network)
    assert (stands(one), bodies(provider)) == (("failed", "no_number"), [])


# --- too late -----------------------------------------------------------------------------------------------


def test_a_page_that_is_too_old_is_dropped(cast: Cast, network: Network, flag: Flag) -> None:
    one = page(flag, cast.alex, made_at=timezone.now() - pager_module.OLD - timedelta(seconds=1))
    work(network)
    assert (stands(one)[0], network.screen(ALEX)) == ("dropped", [])


def test_a_page_about_an_alarm_is_sent_however_late_because_nobody_calls_anew(
    cast: Cast, network: Network
) -> None:
    give_phones(cast)
    nobody._raise(nobody.NOBODY_ON_SHIFT, cast.line, timezone.now())
    Page.objects.update(made_at=timezone.now() - pager_module.OLD * 6)
    work(network)
    assert len(network.screen(ALEX)) == 1


def test_a_flag_that_somebody_has_pages_nobody_any_more(cast: Cast, network: Network, flag: Flag) -> None:
    one = page(flag, cast.alex)
    escalation.acknowledge(cast.alex.id, flag.id)
    work(network)
    assert (stands(one)[0], network.screen(ALEX)) == ("dropped", [])


# --- STOP ---------------------------------------------------------------------------------------------------


def test_who_told_a_short_code_to_stop_is_not_texted_and_it_is_seen(
    cast: Cast, network: Network, flag: Flag
) -> None:
    network.text("STOP", number=ALEX)
    one = page(flag, cast.alex)
    while network.pager.step():
        pass
    assert (stands(one), Alarm.objects.get(cleared_at=None).subject) == (("failed", "stopped"), "alex demo")


def test_who_starts_again_is_paged_and_the_alarm_ends(cast: Cast, network: Network, flag: Flag) -> None:
    network.text("STOP", number=ALEX)
    page(flag, cast.alex)
    work(network)
    network.text("START", number=ALEX)
    one = page(flag, cast.alex)
    work(network)
    assert (stands(one)[0], Alarm.objects.filter(code="pager_stopped", cleared_at=None).count()) == (
        "delivered",
        0,
    )


@pytest.mark.parametrize("when", ["at once", "later"])
def test_who_told_the_provider_to_stop_fails_with_its_code_and_it_is_seen(
    cast: Cast, network: Network, flag: Flag, when: str
) -> None:
    one = page(flag, cast.alex)
    if when == "at once":
        set_contact(cast.alex.id, cast.alex.id, Reach("+15005550004"))
    network.pager.step()
    if when == "later":
        reported_page(one.oid, "failed", MessageSid="SM1", ErrorCode="21610")
    assert (stands(one), Alarm.objects.get(cleared_at=None).code) == (("failed", "21610"), "pager_stopped")


# --- what is reported ---------------------------------------------------------------------------------------


def test_a_report_before_the_answer_to_our_request_is_not_undone_by_it(
    cast: Cast, network: Network, flag: Flag
) -> None:
    one = page(flag, cast.alex)
    pages.claim([Channel.TEXT], timezone.now())
    reported_page(one.oid, "delivered", MessageSid="SM1")
    pages.sent(one.oid, "SM1")
    assert stands(one) == ("delivered", "")


def test_a_report_ends_a_doubt(cast: Cast, network: Network, flag: Flag) -> None:
    one = page(flag, cast.alex, state="unknown", error="unanswered")
    reported_page(one.oid, "sent", MessageSid="SM1")
    first = stands(one)
    reported_page(one.oid, "undelivered", MessageSid="SM1", ErrorCode="30003")
    assert (first, stands(one)) == (("sent", ""), ("failed", "30003"))


@pytest.mark.parametrize("again", ["sent", "delivered", "undelivered", "failed"])
def test_what_was_said_of_the_end_first_counts(cast: Cast, network: Network, flag: Flag, again: str) -> None:
    one = page(flag, cast.alex, state="sent")
    for status in ("delivered", again, again):
        assert reported_page(one.oid, status, MessageSid="SM1").status_code == 204
    assert stands(one) == ("delivered", "")


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"MessageStatus": "delivered"},
        {"MessageStatus": "delivered", "MessageSid": "x" * 300},
        {"MessageStatus": "delivered", "MessageSid": "\x00"},
        {"MessageStatus": "new-some-day", "MessageSid": "SM1"},
        {"CallStatus": "ringing", "CallSid": "CA1", "ErrorCode": "9" * 400},
    ],
)
@pytest.mark.parametrize("known", [True, False])
def test_an_odd_report_is_answered_and_changes_nothing(
    cast: Cast, network: Network, flag: Flag, fields: dict[str, str], known: bool
) -> None:
    one = page(flag, cast.alex, state="sent")
    oid = one.oid if known else "'; --"
    assert (reported_page(oid, **fields).status_code, stands(one)) == (204, ("sent", ""))


def test_a_code_that_is_no_number_is_no_code(cast: Cast, network: Network, flag: Flag) -> None:
    one = page(flag, cast.alex, state="sent")
    reported_page(one.oid, "failed", MessageSid="SM1", ErrorCode="9" * 400)
    assert stands(one) == ("failed", "failed")


def test_the_providers_copy_of_a_page_is_to_be_deleted(cast: Cast, network: Network, flag: Flag) -> None:
    one = page(flag, cast.alex)
    work(network)
    one.refresh_from_db()
    assert list(Copy.objects.values_list("provider_id", flat=True)) == [one.provider_id]


def test_a_page_is_worth_nothing_to_the_carrier_after_ten_minutes(
    cast: Cast, network: Network, provider: InProcess, flag: Flag
) -> None:
    page(flag, cast.alex)
    network.pager.step()
    assert f"ValidityPeriod={gateway.PAGE_VALID_SECONDS}" in bodies(provider)[0]
    assert timedelta(seconds=gateway.PAGE_VALID_SECONDS) <= pager_module.OLD


def test_the_long_number_comes_second(cast: Cast, network: Network, flag: Flag) -> None:
    give_long_number(cast, network)
    page(flag, cast.alex)
    work(network)
    assert [bubble.number for bubble in network.carrier.transcript(ALEX)] == [SHORT_CODE] != [LONG]
