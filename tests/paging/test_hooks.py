"""Flags told to other systems, which may be slow, failing or lying."""

import json
import socket
from datetime import timedelta

import pytest
from django.utils import timezone

from chatline.conversations import keys
from chatline.errors import Refused
from chatline.lines.hooks import secret_of
from chatline.paging import hooks
from chatline.paging.caller import Caller
from chatline.people.models import AuditEntry
from routing import escalation, nobody, pages
from routing.models import Flag, Page
from tests.cast import RISKY, Cast
from tests.paging.conftest import flagged, hook, make_due, settle
from tests.paging.receivers import (
    OK,
    Manner,
    Receiver,
    answers,
    drips,
    hangs,
    hangs_up,
    receiver,
    status,
)


def by_hook() -> Page:
    return Page.objects.get(channel="hook")


def payload(system: Receiver, nth: int = 0) -> dict[str, object]:
    return dict(json.loads(system.got[nth].body))


# --- told ---------------------------------------------------------------------------------------------------


def test_a_flag_is_told_in_a_request_that_the_receiver_can_verify(cast: Cast) -> None:
    with receiver() as system:
        row = hook(cast, system.url)
        flagged(cast)
        settle(Caller())
    [request] = system.got
    assert request.line == "POST /pages?of=line HTTP/1.1"
    timestamp = int(request.headers["chatline-timestamp"])
    assert request.headers["chatline-signature"] == hooks.signature(
        secret_of(row.oid), timestamp, request.body
    )
    assert abs(timestamp - timezone.now().timestamp()) < 60
    assert (by_hook().state, by_hook().attempts) == ("sent", 1)


def test_it_says_which_flag_and_how_bad_and_nothing_about_the_person(cast: Cast) -> None:
    with receiver() as system:
        hook(cast, system.url)
        flagged(cast)
        settle(Caller())
    flag = Flag.objects.select_related("conversation__visitor").get()
    told = payload(system)
    assert told == {
        "id": str(by_hook().oid),
        "event": "flag.open",
        "flag": str(flag.id),
        "conversation": str(flag.conversation_id),
        "line": "demo",
        "level": "imminent",
        "category": "suicide",
        "reason": told["reason"],
        "step": 1,
        "climb": 1,
        "practice": False,
        "at": by_hook().made_at.isoformat(),
    }
    assert told["reason"] in {reason["template"] for reason in flag.reasons}
    assert flag.conversation.visitor.handle.encode() not in system.got[0].body


def test_words_are_told_only_to_a_hook_that_may_have_them(cast: Cast) -> None:
    with receiver() as trusted, receiver() as other:
        hook(cast, trusted.url, "Trusted", words=True)
        hook(cast, other.url, "Other")
        flagged(cast)
        settle(Caller())
    quote = str(payload(trusted)["quote"])
    assert quote in RISKY
    assert "pills" in quote
    assert b"pills" not in other.got[0].body
    assert b"quote" not in other.got[0].body


def test_words_that_were_erased_are_told_to_nobody(cast: Cast) -> None:
    with receiver() as trusted:
        hook(cast, trusted.url, words=True)
        flagged(cast)
        keys.destroy([Flag.objects.get().conversation_id])
        keys.forget_opened()
        settle(Caller())
    assert "quote" not in payload(trusted)


def test_that_nobody_is_on_shift_is_told_too(cast: Cast) -> None:
    with receiver() as system:
        hook(cast, system.url)
        cast.visits("hello")
        nobody.watch(timezone.now())
        settle(Caller())
    told = payload(system)
    assert (told["event"], told["line"], told["reason"]) == ("alarm.raised", "demo", "nobody_on_shift")
    assert (told["flag"], told["conversation"], told["level"]) == (None, None, "")


def test_a_flag_that_somebody_has_is_not_told_any_more(cast: Cast) -> None:
    with receiver() as system:
        hook(cast, system.url)
        flagged(cast)
        escalation.acknowledge(cast.alex.id, Flag.objects.get().id)
        settle(Caller())
    assert system.got == []
    assert by_hook().state == "dropped"


@pytest.mark.parametrize("became", ["acknowledged", "resolved"])
def test_a_call_that_is_tried_again_says_what_has_become_of_its_flag(became: str, cast: Cast) -> None:
    with receiver(answers(status(500), OK)) as system:
        hook(cast, system.url)
        flagged(cast)
        settle(Caller())
        flag = Flag.objects.get().id
        escalation.acknowledge(cast.alex.id, flag)
        if became == "resolved":
            escalation.resolve(cast.alex.id, flag, "watched", "")
        make_due()
        settle(Caller())
    assert [payload(system, nth)["event"] for nth in range(2)] == ["flag.open", f"flag.{became}"]


def test_a_call_that_is_tried_again_says_that_its_alarm_is_over(cast: Cast) -> None:
    with receiver(answers(status(500), OK)) as system:
        hook(cast, system.url)
        cast.visits("hello")
        nobody.watch(timezone.now())
        settle(Caller())
        cast.ready(cast.sam)
        nobody.watch(timezone.now())
        make_due()
        settle(Caller())
    assert [payload(system, nth)["event"] for nth in range(2)] == ["alarm.raised", "alarm.cleared"]


# --- not taken ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("manner", "error"),
    [
        (answers(status(500)), "http_500"),
        (answers(status(404)), "http_404"),
        (answers(status(302, "Location: http://127.0.0.1:1/\r\n")), "redirect"),
        (answers(b"it is fine, go on\r\n\r\n"), "garbage"),
        (answers(b"HTTP/1.1 abc\r\n\r\n" + b"x" * 1_000_000), "garbage"),
        (answers(b"HTTP/1.1 " + b"2" * 1_000_000), "garbage"),
        (hangs_up, "garbage"),
        (hangs, "timeout"),
        (drips, "timeout"),
    ],
    ids=[
        "fails",
        "knows nothing",
        "redirects",
        "babbles",
        "no status",
        "endless",
        "hangs up",
        "hangs",
        "drips",
    ],
)
def test_what_was_not_taken_is_tried_again_later(manner: Manner, error: str, cast: Cast) -> None:
    with receiver(manner) as system:
        hook(cast, system.url)
        flagged(cast)
        before = timezone.now()
        settle(Caller())
    page = by_hook()
    assert (page.state, page.error, page.attempts, len(system.got)) == ("due", error, 1, 1)
    assert page.not_before >= before + pages.FIRST_PAUSE


@pytest.mark.parametrize(
    "raw",
    [
        status(200),
        b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n{",
        b"HTTP/1.0 202 \r\nContent-Type: \xff\xfe\r\n\r\n\x00\x00",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\n\r\n",
        b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
    ],
)
def test_any_2xx_is_taken_whatever_else_is_said_beside_it(raw: bytes, cast: Cast) -> None:
    with receiver(answers(raw)) as system:
        hook(cast, system.url)
        flagged(cast)
        settle(Caller())
    assert by_hook().state == "sent"


def test_nobody_listening_is_not_taken(cast: Cast) -> None:
    with receiver() as system:
        pass
    hook(cast, system.url)
    flagged(cast)
    settle(Caller())
    assert (by_hook().state, by_hook().error) == ("due", "unreachable")


def test_another_try_has_the_same_id_and_a_fresh_timestamp(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    moments = iter([1_800_000_000.0, 1_800_000_004.0])
    with receiver(answers(status(503), OK)) as system:
        hook(cast, system.url)
        flagged(cast)
        monkeypatch.setattr(hooks, "now", lambda: next(moments))
        settle(Caller())
        make_due()
        settle(Caller())
    assert system.ids() == [str(by_hook().oid)] * 2
    assert [one.headers["chatline-timestamp"] for one in system.got] == ["1800000000", "1800000004"]
    assert system.got[0].headers["chatline-signature"] != system.got[1].headers["chatline-signature"]
    assert system.got[0].body == system.got[1].body
    assert by_hook().state == "sent"


def test_after_eight_tries_it_is_dead_and_a_supervisor_has_it_tried_once_more(cast: Cast) -> None:
    with receiver(answers(*[status(500)] * pages.TRIES, OK)) as system:
        hook(cast, system.url)
        flagged(cast)
        for _ in range(pages.TRIES):
            make_due()
            settle(Caller())
        assert [one.page.error for one in pages.dead([cast.line.id])] == ["http_500"]
        make_due()
        settle(Caller())
        assert len(system.got) == pages.TRIES
        pages.try_again(cast.alex.id, by_hook().oid)
        settle(Caller())
    assert by_hook().state == "sent"
    assert set(system.ids()) == {str(by_hook().oid)}
    assert AuditEntry.objects.filter(verb="try_page_again").exists()
    with pytest.raises(Refused):
        pages.try_again(cast.alex.id, by_hook().oid)


@pytest.mark.parametrize(
    ("url", "manner", "error"),
    [
        ("", answers(status(410)), "gone"),
        ("http://192.0.2.1/", answers(OK), "forbidden_address"),
        ("https://10.0.0.1/", answers(OK), "forbidden_address"),
    ],
)
def test_what_will_never_be_taken_is_dead_at_once(url: str, manner: Manner, error: str, cast: Cast) -> None:
    with receiver(manner) as system:
        hook(cast, url or system.url)
        flagged(cast)
        settle(Caller())
    assert [one.page.error for one in pages.dead([cast.line.id])] == [error]


def test_a_name_that_leads_nowhere_is_tried_again(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> None:
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", fails)
    hook(cast, "https://hook.example.org/")
    flagged(cast)
    settle(Caller())
    assert (by_hook().state, by_hook().error) == ("due", "no_such_host")


def test_what_a_sender_left_half_sent_is_tried_again_with_the_same_id(cast: Cast) -> None:
    with receiver() as system:
        hook(cast, system.url)
        flagged(cast)
        half = pages.claim(["hook"], timezone.now())
        assert half
        settle(Caller())
        assert system.got == []
        pages.sweep(timezone.now() + pages.HALF_SENT + timedelta(seconds=1))
        settle(Caller())
    assert system.ids() == [str(half.oid)]
    assert by_hook().state == "sent"
