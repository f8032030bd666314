"""Whoever was paged takes the flag by texting the code back: once, and it is no visitor's text."""

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from chatline.conversations.models import Conversation, Copy, Message, Receipt, Visitor
from chatline.people.models import AuditEntry, Membership
from chatline.sms import answers as answers_module
from chatline.sms import recovery, spool, strays
from chatline.sms.inbound import Text
from chatline.sms.models import Answer
from routing import escalation
from routing.models import Flag
from routing.pages import ANSWERED_WITHIN
from routing.reaching import Reach, set_contact
from tests.cast import A_NUMBER, SHORT_CODE, Cast
from tests.sms.canned import Canned, message
from tests.sms.network import InProcess, Network, answered, at_once, form, post, texted
from tests.sms.paged import ALEX, CODE, MARIA, flagged, give_phones, page, work

pytestmark = pytest.mark.django_db

YOURS = "You have it. Open the supervisor's page now."


@pytest.fixture
def flag(cast: Cast, network: Network) -> Flag:
    """Alex was texted about it, and Maria."""
    give_phones(cast)
    flag = flagged(cast)
    page(flag, cast.alex, state="sent")
    page(flag, cast.maria, code="77777", state="sent")
    return flag


def holder(flag: Flag) -> str:
    flag.refresh_from_db()
    return flag.acknowledged_by.name if flag.acknowledged_by else ""


def texters() -> int:
    return Visitor.objects.filter(medium="sms").count()


# --- taken --------------------------------------------------------------------------------------------------


@pytest.mark.both
@pytest.mark.parametrize("words", [CODE, f" {CODE}\n", f"\t{CODE}  "])
def test_the_code_takes_the_flag_and_is_answered(
    cast: Cast, network: Network, flag: Flag, words: str
) -> None:
    network.text(words, number=ALEX)
    work(network)
    assert (holder(flag), network.screen(ALEX)) == ("Alex", [YOURS])


def test_a_manager_takes_it_as_well(cast: Cast, network: Network, flag: Flag) -> None:
    network.text("77777", number=MARIA)
    assert holder(flag) == "Maria"


def test_it_is_written_down_that_it_was_by_text(cast: Cast, network: Network, flag: Flag) -> None:
    network.text(CODE, number=ALEX)
    assert AuditEntry.objects.get(verb="acknowledge_flag").detail["via"] == "text"


@pytest.mark.both
def test_a_code_is_nobodys_message_and_makes_no_visitor(cast: Cast, network: Network, flag: Flag) -> None:
    network.text(CODE, number=ALEX)
    assert (
        texters(),
        Conversation.objects.count(),
        Message.objects.filter(sender_kind="visitor").count(),
    ) == (
        0,
        1,
        1,
    )


def test_the_providers_copy_of_it_is_to_be_deleted(cast: Cast, network: Network, flag: Flag) -> None:
    sid = network.text(CODE, number=ALEX)
    assert Copy.objects.filter(provider_id=sid).exists()


# --- not taken ----------------------------------------------------------------------------------------------


@pytest.mark.both
@pytest.mark.parametrize(
    ("number", "words"),
    [
        (A_NUMBER, CODE),  # somebody else's phone
        (MARIA, CODE),  # paged as well, by another code
        (ALEX, "48214"),
        (ALEX, f"{CODE} i have it"),
        (ALEX, f"{CODE}0"),
        (ALEX, "٤٨٢١٣"),
        (ALEX, "4 8 2 1 3"),
    ],
)
def test_anything_else_goes_its_usual_way(
    cast: Cast, network: Network, flag: Flag, number: str, words: str
) -> None:
    texted(words, From=number)
    assert (holder(flag), texters(), Answer.objects.count()) == ("", 1, 0)


def test_a_code_that_was_called_and_not_texted_is_no_answer(cast: Cast, network: Network) -> None:
    give_phones(cast)
    flag = flagged(cast)
    page(flag, cast.alex, "voice", state="sent")
    network.text(CODE, number=ALEX)
    assert (holder(flag), texters()) == ("", 1)


def test_who_left_the_line_is_a_visitor_like_any_other(cast: Cast, network: Network, flag: Flag) -> None:
    Membership.objects.filter(staff=cast.alex).delete()
    network.text(CODE, number=ALEX)
    assert (holder(flag), texters()) == ("", 1)


def test_a_code_that_is_a_day_old_is_anybodys_text(cast: Cast, network: Network, flag: Flag) -> None:
    escalation.resolve(cast.alex.id, flag.id, "false_flag", "a song")
    flag.pages.update(made_at=timezone.now() - ANSWERED_WITHIN * 2)
    network.text(CODE, number=ALEX)
    assert texters() == 1


# --- late, and again ----------------------------------------------------------------------------------------


def test_who_is_late_is_told_who_has_it(cast: Cast, network: Network, flag: Flag) -> None:
    network.text("77777", number=MARIA)
    network.text(CODE, number=ALEX)
    work(network)
    assert (holder(flag), network.screen(ALEX), texters()) == ("Maria", ["Maria has it already."], 0)


def test_who_has_it_is_told_so_as_often_as_they_ask(cast: Cast, network: Network, flag: Flag) -> None:
    for _ in range(2):
        network.text(CODE, number=ALEX)
        work(network)
    assert network.screen(ALEX) == [YOURS, YOURS]


def test_a_code_about_what_is_resolved_is_answered_and_no_visitors(
    cast: Cast, network: Network, flag: Flag
) -> None:
    escalation.resolve(cast.alex.id, flag.id, "false_flag", "a song")
    network.text(CODE, number=ALEX)
    work(network)
    assert (network.screen(ALEX), texters()) == (["There is nothing to take here any more."], 0)


@pytest.mark.both
def test_a_webhook_that_comes_again_is_answered_once(cast: Cast, network: Network, flag: Flag) -> None:
    for _ in range(3):
        assert texted(CODE, From=ALEX).status_code == 200
    work(network)
    assert (holder(flag), network.screen(ALEX), Receipt.objects.count()) == ("Alex", [YOURS], 1)


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_a_webhook_that_comes_five_times_at_once_is_answered_once(cast: Cast, network: Network) -> None:
    give_phones(cast)
    flag = flagged(cast)
    page(flag, cast.alex, state="sent")
    statuses = at_once(5, lambda: texted(CODE, From=ALEX).status_code)
    work(network)
    assert (holder(flag), network.screen(ALEX), set(statuses) <= {200, 503}) == ("Alex", [YOURS], True)


# --- the other ways in --------------------------------------------------------------------------------------


def test_a_code_takes_the_flag_by_the_fallback(cast: Cast, network: Network, flag: Flag) -> None:
    strays.receive(Text("SM1", ALEX, SHORT_CODE, CODE))
    assert holder(flag) == "Alex"


def test_a_code_that_waited_on_the_disk_takes_the_flag(
    cast: Cast, network: Network, flag: Flag, tmp_path: object, settings: object
) -> None:
    settings.SPOOL = tmp_path / "spool"  # type: ignore[attr-defined, operator]  # fixtures without types
    spool.append(Text("SM1", ALEX, SHORT_CODE, CODE))
    while spool.drain():
        pass
    assert (holder(flag), texters()) == ("Alex", 0)


def test_a_code_that_only_the_provider_has_takes_the_flag(
    cast: Cast, network: Network, provider: InProcess, flag: Flag
) -> None:
    cast.number.created_at = timezone.now() - ANSWERED_WITHIN
    cast.number.save()
    provider.fail = Canned(messages=[message("SM1", CODE) | {"from": ALEX}])
    recovery.recover(timezone.now() - ANSWERED_WITHIN)
    assert (holder(flag), texters()) == ("Alex", 0)


@pytest.mark.django_db(transaction=True)
def test_a_code_that_cannot_be_stored_is_to_be_sent_again(cast: Cast, network: Network) -> None:
    give_phones(cast)
    page(flagged(cast), cast.alex, state="sent")

    def down(*arguments: object) -> None:
        raise OperationalError("the server is gone")

    with connection.execute_wrapper(down):
        assert texted(CODE, From=ALEX).status_code == 503


# --- the answer to it ---------------------------------------------------------------------------------------


def test_an_answer_of_which_nobody_knows_whether_it_left_is_not_repeated(
    cast: Cast, network: Network, provider: InProcess, flag: Flag
) -> None:
    network.text(CODE, number=ALEX)
    provider.fail = lambda request: answered(502, b"", request)
    while network.pager.step():
        pass
    assert (len(provider.sent), Answer.objects.count()) == (1, 0)


def test_an_answer_that_never_left_is_sent_later(
    cast: Cast, network: Network, provider: InProcess, flag: Flag
) -> None:
    network.text(CODE, number=ALEX)
    provider.fail = lambda request: answered(429, b'{"code": 20429, "status": 429}', request)
    network.pager.step()
    provider.fail = lambda request: None
    Answer.objects.update(not_before=timezone.now())
    work(network)
    assert network.screen(ALEX) == [YOURS]


def test_an_answer_that_is_too_late_is_dropped(cast: Cast, network: Network, flag: Flag) -> None:
    network.text(CODE, number=ALEX)
    Answer.objects.update(at=timezone.now() - answers_module.IN_TIME * 2)
    work(network)
    assert (network.screen(ALEX), Answer.objects.count()) == ([], 0)


def test_an_answer_to_somebody_without_a_phone_by_now_is_dropped(
    cast: Cast, network: Network, flag: Flag
) -> None:
    network.text(CODE, number=ALEX)
    set_contact(cast.alex.id, cast.alex.id, Reach())
    work(network)
    assert (network.screen(ALEX), Answer.objects.count()) == ([], 0)


def test_only_the_provider_can_answer(cast: Cast, network: Network, flag: Flag) -> None:
    answer = post("/sms/inbound/", form(CODE, From=ALEX, AccountSid="AC" + "0" * 32))
    assert (answer.status_code, holder(flag)) == (403, "")
