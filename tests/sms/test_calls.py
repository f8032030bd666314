"""Pages that are calls: they ring, say twice what is to be said, and a key takes the flag."""

from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import OperationalError, connection
from django.http import HttpResponse
from django.test import Client

from chatline.conversations.models import Copy
from chatline.demo import calls, wire
from chatline.demo.records import PhoneCall, Post
from chatline.people.models import Alarm, AuditEntry, Membership
from chatline.sms import at_provider
from chatline.sms.at_provider import Gone, NotYet
from routing import escalation
from routing.models import Flag, Page
from routing.reaching import Reach, set_contact
from tests.cast import Cast
from tests.sms.network import InProcess, Network, post, reported_page
from tests.sms.paged import ALEX, LONG, flagged, give_long_number, give_phones, page, stands

pytestmark = pytest.mark.django_db

ASKED = "Demo line: a flag is open, level imminent. Press 1 to take it."
YOURS = "You have it. Open the supervisor's page now."


@pytest.fixture
def flag(cast: Cast, network: Network) -> Flag:
    give_phones(cast)
    give_long_number(cast, network)
    return flagged(cast)


@pytest.fixture
def one(cast: Cast, flag: Flag) -> Page:
    """Alex is to be called."""
    return page(flag, cast.alex, "voice")


def ring(network: Network) -> None:
    while network.pager.step():
        pass
    network.settle(1.0)


def on(network: Network) -> PhoneCall | None:
    with network.carrier.look() as moment:
        return calls.on(moment, ALEX)


def said(network: Network) -> list[str]:
    with network.carrier.look() as moment:
        return [words for one in moment.state.phone_calls.values() for words in one.said]


def answer(network: Network) -> None:
    with network.carrier.moment() as moment:
        calls.answer(moment, ALEX)
    network.settle()


def press(network: Network, key: str) -> None:
    with network.carrier.moment() as moment:
        calls.press(moment, ALEX, key)
    network.settle()
    network.settle(6.0)


def pressed(oid: object, key: str = "1", **fields: str) -> HttpResponse:
    """The webhook alone."""
    return post(
        f"/sms/page/?oid={quote(str(oid))}",
        {
            "AccountSid": fields.pop("AccountSid", settings.TWILIO_ACCOUNT_SID),
            "CallSid": "CA1",
            "Digits": key,
            **fields,
        },
    )


def holder(flag: Flag) -> str:
    flag.refresh_from_db()
    return flag.acknowledged_by.name if flag.acknowledged_by else ""


# --- it rings -----------------------------------------------------------------------------------------------


def test_it_rings_from_the_lines_long_number(cast: Cast, network: Network, one: Page) -> None:
    ring(network)
    ringing = on(network)
    assert ringing
    assert (ringing.sender, ringing.status, stands(one)) == (LONG, "ringing", ("sent", ""))


def test_a_line_with_a_short_code_alone_cannot_call(cast: Cast, network: Network) -> None:
    give_phones(cast)
    one = page(flagged(cast), cast.alex, "voice")
    ring(network)
    assert stands(one) == ("failed", "no_voice_number")


def test_it_is_said_twice_to_a_machine_which_takes_nothing(
    cast: Cast, network: Network, one: Page, flag: Flag
) -> None:
    ring(network)
    answer(network)
    network.settle_all(120.0)
    assert (said(network), holder(flag), stands(one)[0]) == ([ASKED, ASKED], "", "delivered")


@pytest.mark.parametrize(("condition", "error"), [("off", "no_answer"), ("unknown", "failed")])
def test_a_phone_that_is_not_there_is_a_failed_page(
    cast: Cast, network: Network, one: Page, condition: str, error: str
) -> None:
    network.carrier.switch(ALEX, condition)
    ring(network)
    assert stands(one) == ("failed", error)


def test_a_call_that_nobody_answers_ends_after_25_seconds(cast: Cast, network: Network, one: Page) -> None:
    ring(network)
    network.settle(23.0)
    before = stands(one)[0]
    network.settle(2.0)
    assert (before, stands(one)) == ("sent", ("failed", "no_answer"))


def test_a_call_that_is_turned_away_is_busy(cast: Cast, network: Network, one: Page) -> None:
    ring(network)
    with network.carrier.moment() as moment:
        calls.hang_up(moment, ALEX)
    network.settle()
    assert stands(one) == ("failed", "busy")


def test_a_number_that_may_not_be_called_is_told_to_the_operator(
    cast: Cast, network: Network, one: Page
) -> None:
    set_contact(cast.alex.id, cast.alex.id, Reach("+15005550003"))
    ring(network)
    assert (stands(one), Alarm.objects.get().code) == (("failed", "21215"), "sender_refused")


@pytest.mark.parametrize("status", ["initiated", "ringing", "in-progress", "new-some-day"])
def test_what_is_not_the_end_of_a_call_is_none(cast: Cast, network: Network, one: Page, status: str) -> None:
    ring(network)
    reported_page(one.oid, CallStatus=status, CallSid="CA1")
    assert stands(one) == ("sent", "")


# --- a key --------------------------------------------------------------------------------------------------


@pytest.mark.both
def test_the_key_takes_the_flag(cast: Cast, network: Network, one: Page, flag: Flag) -> None:
    ring(network)
    answer(network)
    press(network, "1")
    assert (holder(flag), said(network)) == ("Alex", [ASKED, YOURS])
    assert (AuditEntry.objects.get(verb="acknowledge_flag").detail["via"], stands(one)) == (
        "voice",
        ("delivered", ""),
    )


@pytest.mark.parametrize("key", ["2", "#", "*"])
def test_any_other_key_has_it_said_again(
    cast: Cast, network: Network, one: Page, flag: Flag, key: str
) -> None:
    ring(network)
    answer(network)
    press(network, key)
    assert (holder(flag), said(network)) == ("", [ASKED, ASKED])


def test_who_is_late_hears_who_has_it(cast: Cast, network: Network, one: Page, flag: Flag) -> None:
    ring(network)
    answer(network)
    other = page(flag, cast.maria, "voice")
    pressed(other.oid)
    press(network, "1")
    assert (holder(flag), said(network)[-1]) == ("Maria", "Maria has it already.")


def test_a_key_that_is_posted_again_gets_the_same_answer(
    cast: Cast, network: Network, one: Page, flag: Flag
) -> None:
    first, again = pressed(one.oid), pressed(one.oid)
    assert (first.content, b"You have it." in again.content) == (again.content, True)


def test_a_key_about_what_is_resolved_takes_nothing(
    cast: Cast, network: Network, one: Page, flag: Flag
) -> None:
    escalation.resolve(cast.alex.id, flag.id, "false_flag", "a song")
    assert b"nothing to take" in pressed(one.oid).content


def test_who_left_the_line_takes_nothing(cast: Cast, network: Network, one: Page, flag: Flag) -> None:
    Membership.objects.filter(staff=cast.alex).delete()
    assert (b"nothing to take" in pressed(one.oid).content, holder(flag)) == (True, "")


@pytest.mark.parametrize("oid", ["", "none", "'; --", "\x00", "00000000-0000-0000-0000-000000000000"])
def test_a_key_about_nothing_of_ours_is_hung_up_on(
    cast: Cast, network: Network, flag: Flag, oid: str
) -> None:
    answer = pressed(oid)
    assert (answer.status_code, b"<Hangup" in answer.content, holder(flag)) == (200, True, "")


def test_a_page_that_was_a_text_is_not_taken_by_a_key(cast: Cast, network: Network, flag: Flag) -> None:
    text = page(flag, cast.alex, "text")
    assert (b"<Hangup" in pressed(text.oid).content, holder(flag)) == (True, "")


@pytest.mark.parametrize("key", ["", "11", "1 ", "a", "\x00", "1" * 5_000])
def test_what_is_no_key_takes_nothing(cast: Cast, network: Network, one: Page, flag: Flag, key: str) -> None:
    assert (pressed(one.oid, key).status_code, holder(flag)) == (200, "")


@pytest.mark.parametrize("path", ["/sms/page/", "/sms/page/status/"])
def test_only_what_the_provider_signed_is_believed(
    cast: Cast, network: Network, one: Page, flag: Flag, path: str
) -> None:
    unsigned = Client().post(
        f"{path}?oid={one.oid}", {"Digits": "1", "AccountSid": settings.TWILIO_ACCOUNT_SID}
    )
    elsewhere = post(f"{path}?oid={one.oid}", {"Digits": "1", "AccountSid": "AC" + "0" * 32})
    asked = Client().get(f"{path}?oid={one.oid}")
    assert [unsigned.status_code, elsewhere.status_code, asked.status_code, holder(flag)] == [
        403,
        403,
        405,
        "",
    ]


def test_a_signature_for_another_page_is_none_for_this(
    cast: Cast, network: Network, one: Page, flag: Flag
) -> None:
    fields = {"AccountSid": settings.TWILIO_ACCOUNT_SID, "Digits": "1"}
    other = Post("job", f"http://127.0.0.1:8000/sms/page/?oid={flag.id}", fields)
    client = Client(headers=wire.headers(other))
    assert client.post(f"/sms/page/?oid={one.oid}", other.fields).status_code == 403


@pytest.mark.django_db(transaction=True)
def test_a_key_that_cannot_be_stored_is_to_be_posted_again(cast: Cast, network: Network) -> None:
    give_phones(cast)
    one = page(flagged(cast), cast.alex, "voice", state="sent")

    def down(*arguments: object) -> None:
        raise OperationalError("the server is gone")

    with connection.execute_wrapper(down):
        assert pressed(one.oid).status_code == 503


# --- the provider's record of it ----------------------------------------------------------------------------


def test_the_record_of_a_call_is_deleted_once_it_has_ended(
    cast: Cast, network: Network, provider: InProcess, one: Page
) -> None:
    ring(network)
    one.refresh_from_db()
    sid = str(one.provider_id)
    during = at_provider.delete(sid)
    network.settle(30.0)
    assert (during, at_provider.delete(sid), at_provider.delete(sid)) == (NotYet(20009), Gone(), Gone())
    assert Copy.objects.filter(provider_id=sid).exists()
