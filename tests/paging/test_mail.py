"""Pages by e-mail: what they say, and what becomes of them at a mail server that may be down, refusing or silent."""

from typing import Any

import pytest
from django.core import mail as outgoing
from django.core.checks import run_checks
from django.core.mail import EmailMessage
from django.utils import timezone

from chatline import settings as reading
from chatline.conversations.models import Conversation
from chatline.conversations.states import Kind
from chatline.paging import mail
from chatline.paging.caller import Caller
from routing import nobody, pages, reaching
from routing.models import Flag, Page
from routing.reaching import Reach
from tests.cast import Cast
from tests.paging.conftest import flagged, make_due, settle
from tests.paging.mailserver import SILENCE, MailServer, mail_server

ALEX = "alex@example.org"
RUNG = {"after": 0, "whom": "supervisors", "channel": "email"}


@pytest.fixture
def by_email(cast: Cast) -> Cast:
    """Alex is to be written to at once."""
    reaching.set_contact(cast.alex.id, cast.alex.id, Reach(email=ALEX))
    cast.line.rungs.create(**RUNG)
    return cast


def page() -> Page:
    return Page.objects.get(channel="email")


def letter() -> EmailMessage:
    [sent] = outgoing.outbox
    assert isinstance(sent, EmailMessage)
    return sent


# --- what they say ------------------------------------------------------------------------------------------


def test_a_supervisor_is_written_to_and_reads_where_to_go(by_email: Cast) -> None:
    flagged(by_email)
    settle(Caller())
    assert letter().to == [ALEX]
    assert letter().subject == "Demo line: a flag is open, level imminent"
    assert "http://127.0.0.1:8000/supervise/" in letter().body
    assert page().state == "sent"


def test_an_email_holds_no_words_and_no_handle(by_email: Cast) -> None:
    flagged(by_email)
    settle(Caller())
    whole = letter().message().as_string()
    handle = Conversation.objects.select_related("visitor").get().visitor.handle
    assert "pills" not in whole
    assert handle not in whole


def test_an_email_of_a_drill_begins_with_practice(by_email: Cast) -> None:
    by_email.visits("hello")
    Conversation.objects.update(kind=Kind.DRILL)
    flagged(by_email)
    settle(Caller())
    assert letter().subject == "PRACTICE. Demo line: a flag is open, level imminent"
    assert letter().body.startswith("PRACTICE. ")


def test_nobody_on_shift_is_told_by_email(by_email: Cast) -> None:
    by_email.visits("hello")
    nobody.watch(timezone.now())
    settle(Caller())
    assert letter().subject == "Demo line: people wait and nobody is on shift"


def test_the_same_page_is_the_same_message(by_email: Cast) -> None:
    flagged(by_email)
    settle(Caller())
    assert str(page().oid) in letter().message()["Message-ID"]


# --- what becomes of them -----------------------------------------------------------------------------------


def through(server: MailServer, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
    settings.EMAIL_USE_TLS = False


@pytest.mark.parametrize(
    ("says", "state", "error"),
    [
        ({}, "sent", ""),
        ({"QUIT": "500 what"}, "sent", ""),
        ({"RCPT": "451 later"}, "due", "smtp_451"),
        ({"MAIL": "421 too busy"}, "due", "smtp_421"),
        ({".": "452 full"}, "due", "smtp_452"),
        ({"RCPT": "550 nobody here"}, "failed", "smtp_550"),
        ({".": "554 spam"}, "failed", "smtp_554"),
    ],
)
def test_what_the_server_says_is_what_becomes_of_it(
    says: dict[str, str], state: str, error: str, by_email: Cast, settings: Any
) -> None:
    with mail_server(**says) as server:
        through(server, settings)
        flagged(by_email)
        settle(Caller())
    assert (page().state, page().error) == (state, error)


def test_an_email_in_doubt_is_unknown_and_never_sent_again(
    by_email: Cast, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail, "SECONDS", 0.3)
    with mail_server(**{".": SILENCE}) as server:
        through(server, settings)
        flagged(by_email)
        settle(Caller())
        make_due()
        settle(Caller())
    assert (page().state, page().error) == ("unknown", "no_answer")
    assert len(server.letters) == 1


def test_a_server_that_is_down_is_tried_again_and_given_up_in_the_end(by_email: Cast, settings: Any) -> None:
    with mail_server() as server:
        pass
    through(server, settings)
    flagged(by_email)
    settle(Caller())
    assert (page().state, page().error) == ("due", "unreachable")
    for _ in range(pages.TRIES):
        make_due()
        settle(Caller())
    assert page().state == "failed"


def test_without_a_mail_server_it_is_certain_that_it_did_not_go_out(by_email: Cast, settings: Any) -> None:
    settings.EMAIL_URL = ""
    flagged(by_email)
    settle(Caller())
    assert (page().state, page().error) == ("failed", "no_mail_server")


def test_an_address_that_was_forgotten_meanwhile_is_not_written_to(by_email: Cast) -> None:
    flagged(by_email)
    reaching.set_contact(by_email.alex.id, by_email.alex.id, Reach())
    settle(Caller())
    assert (page().state, page().error) == ("failed", "no_address")
    assert Flag.objects.get().state == "open"


# --- EMAIL_URL ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "smtp://me%40example.org:p%3Aw@mail.example.org",
            ("smtp", "mail.example.org", 587, "me@example.org", "p:w", True, False, "me@example.org"),
        ),
        (
            "smtps://me:pw@mail.example.org?from=line@example.org",
            ("smtp", "mail.example.org", 465, "me", "pw", False, True, "line@example.org"),
        ),
        ("smtp://localhost:25", ("smtp", "localhost", 25, "", "", False, False, "chatline@127.0.0.1")),
        ("memory:", ("locmem", "", 587, "", "", False, False, "chatline@127.0.0.1")),
        ("", ("dummy", "", 587, "", "", False, False, "chatline@127.0.0.1")),
    ],
)
def test_a_mail_server_is_one_address(url: str, expected: tuple[object, ...]) -> None:
    told = reading.mail(url)
    assert told.pop("backend") == f"django.core.mail.backends.{expected[0]}.EmailBackend"
    assert tuple(told.values()) == expected[1:]


def warned() -> set[str]:
    return {str(one.id) for one in run_checks() if "paging" in one.msg or "mail" in one.msg}


def test_a_ladder_by_email_without_a_mail_server_is_warned_of(cast: Cast, settings: Any) -> None:
    assert warned() == set()
    settings.EMAIL_URL = ""
    assert warned() == {"chatline.W050"}


def test_nobody_is_warned_where_no_email_is_to_be_sent(cast: Cast, settings: Any) -> None:
    settings.EMAIL_URL = ""
    for line in (cast.line, cast.other_line):
        line.rungs.create(after=0, whom="on_call", channel="text")
    assert warned() == set()
    reaching.set_contact(cast.alex.id, cast.alex.id, Reach(email=ALEX))
    assert warned() == {"chatline.W050"}


@pytest.mark.parametrize("url", ["mail.example.org", "http://mail.example.org", "smtp://", "smtp:mail"])
def test_what_is_no_mail_server_is_refused(url: str, settings: Any) -> None:
    settings.EMAIL_URL = url
    assert warned() == {"chatline.E050"}
