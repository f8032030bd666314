"""`chatline doctor` finds whatever could drop a text silently, says what to do, and disturbs nothing."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
import requests
from django.core.management import call_command
from django.utils import timezone

from chatline.conversations.models import Copy, Message
from chatline.lines.actions import add_number
from chatline.lines.ladders import Channel, Whom
from chatline.lines.models import Number, Rung
from chatline.people.models import Alarm, Membership
from chatline.sms import addresses, doctor, spool
from chatline.sms.doctor import Finding, Verdict
from chatline.sms.inbound import Text
from routing.reaching import Reach, set_contact, set_on_call
from tests.cast import A_NUMBER, SHORT_CODE, Cast
from tests.sms.canned import Canned, long_number, message, service, short_code
from tests.sms.network import InProcess, answered, texted
from tests.sms.paged import ALEX, give_phones

pytestmark = pytest.mark.django_db

LONG = "+12025550100"


@pytest.fixture
def there(provider: InProcess, cast: Cast, tmp_path: Any, settings: Any) -> Canned:
    """The provider as it should be, and a line that should find nothing wrong; its ladder is of screens alone."""
    for line in (cast.line, cast.other_line):
        Rung.objects.create(line=line, after=0, whom=Whom.ON_SHIFT, channel=Channel.SCREEN)
    settings.SPOOL = tmp_path / "spool"
    provider.fail = canned = Canned()
    return canned


def wrong() -> list[Finding]:
    return [one for one in doctor.examine() if one.verdict == Verdict.WRONG]


def notes() -> list[str]:
    return [one.what for one in doctor.examine() if one.verdict == Verdict.NOTE]


def the_one_fault() -> str:
    """What is said about it, remedy included."""
    (finding,) = wrong()
    assert finding.remedy
    return f"{finding.what} {finding.remedy}"


def run(*words: str) -> tuple[str, int]:
    """What the command prints, and its exit status."""
    out = StringIO()
    try:
        call_command("doctor", *words, stdout=out)
    except SystemExit as end:
        return out.getvalue(), int(str(end.code))
    return out.getvalue(), 0


def test_a_line_that_is_well_is_told_so(there: Canned) -> None:
    told, status = run()
    assert status == 0
    assert "wrong" not in told
    assert f"{SHORT_CODE}: texts come to us" in told


def test_the_addresses_to_configure_are_printed_with_their_overrides(there: Canned) -> None:
    told, _ = run()
    overrides = "#ct=2000&rt=3500&tt=15000&rc=3&rp=ct,rt,5xx"
    assert f"POST  http://127.0.0.1:8000/sms/inbound/{overrides}\n" in told
    assert f"POST  http://127.0.0.1:8000/sms/fallback/{overrides}\n" in told


def test_it_stores_nothing_and_raises_no_alarm(there: Canned) -> None:
    list(doctor.examine())
    assert (Message.objects.count(), Alarm.objects.count(), spool.waiting()) == (0, 0, [])


# --- numbers ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ({"sms_url": ""}, "the address for incoming texts is empty"),
        ({"sms_url": None}, "the address for incoming texts is empty"),
        ({"sms_url": "http://127.0.0.1:8000/sms/inbound/"}, "rc=3"),
        ({"sms_url": "https://elsewhere.example/sms"}, "elsewhere.example"),
        ({"sms_method": "GET"}, "its method is GET"),
        ({"sms_fallback_url": ""}, "the address for when that fails is empty"),
        ({"sms_fallback_url": "http://127.0.0.1:8000/sms/inbound/"}, "/sms/fallback/#"),
        ({"sms_fallback_method": "GET"}, "the method of that is GET"),
    ],
)
def test_a_number_that_does_not_ask_us_is_wrong(there: Canned, fault: dict[str, Any], told: str) -> None:
    there.short_codes = [short_code(**fault)]
    assert told in the_one_fault()


def test_a_long_number_is_looked_for_among_long_numbers(there: Canned, cast: Cast) -> None:
    add_number(cast.line, LONG)
    there.numbers = [long_number(LONG)]
    assert wrong() == []


def test_a_number_that_is_bound_to_an_application_is_wrong(there: Canned, cast: Cast) -> None:
    add_number(cast.line, LONG)
    there.numbers = [long_number(LONG, sms_application_sid="AP1")]
    assert "application" in the_one_fault()


def test_a_number_that_is_not_ours_is_wrong(there: Canned, cast: Cast) -> None:
    add_number(cast.line, LONG)
    assert f"{LONG} is no number of this account" in the_one_fault()


def test_a_number_that_no_line_has_is_worth_knowing(there: Canned) -> None:
    there.numbers = [long_number(LONG)]
    assert wrong() == []
    assert [LONG in note for note in notes()] == [True]


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ({"inbound_request_url": None}, "dropped and not even logged"),
        ({"inbound_request_url": "https://elsewhere.example/"}, "elsewhere.example"),
        ({"inbound_method": "GET"}, "its method is GET"),
        ({"fallback_url": None}, "the address for when that fails is empty"),
        ({"fallback_method": "GET"}, "the method of that is GET"),
    ],
)
def test_a_service_that_does_not_ask_us_is_wrong(there: Canned, fault: dict[str, Any], told: str) -> None:
    there.services, there.members = [service(**fault)], [SHORT_CODE]
    assert told in the_one_fault()


def test_a_service_that_asks_us_is_right_whatever_the_number_says(there: Canned) -> None:
    there.short_codes = [short_code(sms_url="")]
    there.services, there.members = [service()], [SHORT_CODE]
    assert wrong() == []


def test_a_service_that_leaves_it_to_the_number_is_judged_by_the_number(there: Canned) -> None:
    there.services = [service(inbound_request_url=None, use_inbound_webhook_on_number=True)]
    there.members = [SHORT_CODE]
    assert wrong() == []
    there.short_codes = [short_code(sms_url="")]
    assert "the address for incoming texts is empty" in the_one_fault()


def test_a_service_that_has_none_of_our_numbers_is_its_own_affair(there: Canned) -> None:
    there.services, there.members = [service(inbound_request_url=None)], [LONG]
    assert wrong() == []


# --- the account ----------------------------------------------------------------------------------------------


def test_a_suspended_account_is_wrong(there: Canned) -> None:
    there.status = "suspended"
    assert "suspended" in the_one_fault()


def test_a_token_that_the_provider_does_not_take_is_wrong(there: Canned) -> None:
    there.down = True
    assert "20003" in the_one_fault()
    assert run()[1] == 1


# --- our own addresses ----------------------------------------------------------------------------------------


def between(there: Canned, provider: InProcess, answer: Any) -> None:
    """Something stands between our public address and us."""
    provider.fail = lambda request: (
        answer(request) if "/demo/carrier" not in (request.url or "") else there(request)
    )


def test_a_public_address_that_does_not_answer_is_wrong(there: Canned, provider: InProcess) -> None:
    def nobody(request: requests.PreparedRequest) -> requests.Response:
        raise requests.ConnectionError

    between(there, provider, nobody)
    assert ["does not answer" in one.what for one in wrong()] == [True] * len(doctor.ADDRESSES)


@pytest.mark.parametrize("status", [200, 204, 301, 404, 502])
def test_something_else_at_our_public_address_is_wrong(
    there: Canned, provider: InProcess, status: int
) -> None:
    between(there, provider, lambda request: answered(status, b"", request))
    assert [f"answers {status}" in one.what for one in wrong()] == [True] * len(doctor.ADDRESSES)


def test_an_address_that_another_host_name_is_signed_for_is_wrong(
    there: Canned, provider: InProcess, settings: Any
) -> None:
    def sees_another_address(request: requests.PreparedRequest) -> requests.Response:
        theirs, settings.PUBLIC_URL = settings.PUBLIC_URL, "https://internal.example"
        try:
            return there(request)
        finally:
            settings.PUBLIC_URL = theirs

    between(there, provider, sees_another_address)
    assert ["refuses the provider's signature" in one.what for one in wrong()] == [True] * len(
        doctor.ADDRESSES
    )


def test_a_fallback_elsewhere_is_looked_at_there(there: Canned, provider: InProcess, settings: Any) -> None:
    settings.FALLBACK_URL = "http://localhost:8000"
    there.short_codes = [short_code()]
    assert wrong() == []
    assert addresses.fallback().startswith("http://localhost:8000/")


# --- who is paged -----------------------------------------------------------------------------------------------


@pytest.fixture
def paging(there: Canned, cast: Cast) -> Canned:
    """The line climbs the ready ladder: Alex and Maria are on call and have phones, and a number can call them."""
    Rung.objects.filter(line=cast.line).delete()
    give_phones(cast)
    set_on_call(cast.maria.id, cast.line.id, [cast.alex.id, cast.maria.id])
    add_number(cast.line, LONG)
    there.numbers = [long_number(LONG)]
    return there


def test_a_line_whose_people_can_be_paged_is_told_so(paging: Canned) -> None:
    told, status = run()
    assert status == 0
    assert "Demo line: whoever is texted or called" in told
    assert f"calls about flags come from {LONG}" in told


def test_somebody_on_call_without_a_phone_is_wrong(paging: Canned, cast: Cast) -> None:
    set_contact(cast.alex.id, cast.alex.id, Reach())
    assert "alex has given no phone" in the_one_fault()


def test_somebody_on_call_who_told_the_line_to_stop_is_wrong(paging: Canned, cast: Cast) -> None:
    texted("STOP", From=ALEX)
    assert "alex has told the line to stop" in the_one_fault()


def test_somebody_else_without_a_phone_is_worth_knowing(paging: Canned, cast: Cast) -> None:
    set_on_call(cast.maria.id, cast.line.id, [cast.alex.id])
    set_contact(cast.maria.id, cast.maria.id, Reach())
    assert wrong() == []
    assert ["maria has given no phone" in note for note in notes()] == [True]


def test_a_ladder_that_texts_nobody_is_wrong(paging: Canned, cast: Cast) -> None:
    Membership.objects.filter(line=cast.line, role__in=("supervisor", "manager")).delete()
    assert "nobody can be texted or called" in the_one_fault()


@pytest.mark.parametrize("numbers", [[], [long_number(LONG, capabilities={"sms": True, "voice": False})]])
def test_a_ladder_that_calls_without_a_number_that_can_is_wrong(
    paging: Canned, cast: Cast, numbers: list[dict[str, Any]]
) -> None:
    paging.numbers = numbers
    if not numbers:
        Number.objects.filter(number=LONG).delete()
    assert "none of its numbers can call" in the_one_fault()


def test_an_account_on_trial_is_wrong(there: Canned) -> None:
    there.type = "Trial"
    assert "on trial" in the_one_fault()


# --- this host and what is left ---------------------------------------------------------------------------------


def test_a_spool_that_cannot_be_written_is_wrong(there: Canned, settings: Any, tmp_path: Any) -> None:
    (tmp_path / "a file").touch()
    settings.SPOOL = tmp_path / "a file" / "spool"
    assert "texts are lost while the database is away" in the_one_fault()


def test_texts_that_nobody_could_open_are_wrong(there: Canned) -> None:
    (spool.folder("bad") / "1").touch()
    assert "1 texts in" in the_one_fault()


def test_texts_that_wait_for_the_database_are_worth_knowing(there: Canned) -> None:
    spool.append(Text("SM1", A_NUMBER, SHORT_CODE, "hello"))
    assert wrong() == []
    assert ["1 texts wait" in note for note in notes()] == [True]


def test_copies_left_at_the_provider_are_counted(there: Canned) -> None:
    long_ago = timezone.now() - timedelta(days=3)
    Copy.objects.create(provider_id="SM1", since=long_ago, due_at=long_ago)
    assert ["1 texts or pictures" in note and "3 days" in note for note in notes()] == [True]


# --- recovery -----------------------------------------------------------------------------------------------------


def test_recovery_prints_counts_and_nothing_else(there: Canned, cast: Cast) -> None:
    cast.number.created_at = timezone.now() - timedelta(days=9)
    cast.number.save()
    there.messages = [
        message("SM2", "the very words"),
        message("SM1", "", ago=timedelta(hours=30)),
    ]
    assert run("--recover") == (
        "1 texts listed, 1 taken in, 0 redacted at the provider, 0 refused, 0 to be tried again.\n",
        0,
    )
    told, _ = run("--recover", "--since", "48")
    assert told.startswith("2 texts listed, 0 taken in, 1 redacted")
