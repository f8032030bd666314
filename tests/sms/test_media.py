"""A picture that is texted: taken from the webhook, fetched from the provider, shown; and every way it can go wrong."""

import json
import time
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import asdict
from datetime import timedelta
from typing import Any

import pytest
import requests
from django.conf import settings as ours
from django.db import connection
from django.utils import timezone

from chatline.conversations import media as kept
from chatline.conversations import reads
from chatline.conversations.media import Attachment
from chatline.conversations.models import Copy, Media
from chatline.lines.actions import add_number
from chatline.people.models import Alarm
from chatline.sms import addresses, at_provider, copies, gateway, lookup, media, strays
from chatline.sms.at_provider import Fetched, Gone, TooLarge, Unavailable
from chatline.sms.inbound import Text
from routing import queue
from tests.cast import SHORT_CODE, Cast
from tests.conversations.samples import JPEG, WHERE, telling_jpeg
from tests.sms.network import OURS, InProcess, Network, answered, at_once, form, texted
from tests.sms.shelf import (
    SIGNED,
    Shelf,
    behind_redirect,
    cut_short,
    reply,
    shelf,
    trickle,
    without_end,
)

pytestmark = pytest.mark.django_db


def address(n: int = 1) -> str:
    account = f"2010-04-01/Accounts/{ours.TWILIO_ACCOUNT_SID}"
    return f"{ours.TWILIO_API_URL}/{account}/Messages/MM{'1' * 32}/Media/ME{n:032}"


def pictures(*kinds: str) -> dict[str, str]:
    """The fields of so many attachments."""
    fields = {"NumMedia": str(len(kinds))}
    for n, kind in enumerate(kinds):
        fields |= {f"MediaContentType{n}": kind, f"MediaUrl{n}": address(n)}
    return fields


# --- from the webhook -------------------------------------------------------------------------------------


def read(**fields: str) -> tuple[Attachment, ...]:
    return Text.of(form(**fields)).media


def test_a_text_carries_what_came_with_it() -> None:
    assert read(**pictures("image/jpeg", "video/mp4")) == (
        ("image/jpeg", address(0)),
        ("video/mp4", address(1)),
    )


@pytest.mark.parametrize(
    "count", ["", "-1", "many", "1.5", "\u00b2", "0", "99999999", "9" * 5_000, "1e9", " 1"]
)
def test_a_count_that_is_none_is_tolerated(cast: Cast, count: str) -> None:
    assert texted("look", **{**pictures("image/jpeg"), "NumMedia": count}).status_code == 200


def test_no_more_than_ten_are_taken() -> None:
    assert len(read(**pictures(*["image/jpeg"] * 12))) == 10


def test_more_are_counted_than_came(cast: Cast) -> None:
    texted("look", **{**pictures("image/jpeg"), "NumMedia": "3"})
    assert Media.objects.count() == 1


ACCOUNT = ours.TWILIO_ACCOUNT_SID
RECORD = f"/2010-04-01/Accounts/{ACCOUNT}/Messages/MM1/Media/ME1"
ELSEWHERE = [
    "",
    "http://169.254.169.254/latest/meta-data/",
    f"https://api.twilio.com.example.org{RECORD}",
    f"https://example.org{RECORD}",
    f"https://eviltwilio.com{RECORD}",
    f"https://api.twilio.com@example.org{RECORD}",
    f"https://example.org\\@api.twilio.com{RECORD}",
    f"https://example.org/?api.twilio.com{RECORD}",
    f"http://api.twilio.com{RECORD}",
    f"https://api.twilio.com:8443{RECORD}",
    f"https://api.twilio.com{RECORD}\n",
    f"https://api.twilio.com{RECORD}/../../../x",
    f"https://api.twilio.com{RECORD}?x=1",
    f"https://api.twilio.com{RECORD.replace(ACCOUNT, 'AC' + '0' * 32)}",
    f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT}/Messages.json",
    f"file://{RECORD}",
    RECORD,
]


@pytest.mark.parametrize("elsewhere", ELSEWHERE)
@pytest.mark.parametrize(
    "base", ["", "https://api.dublin.ie1.twilio.com", "http://127.0.0.1:8000/demo/carrier"]
)
def test_an_address_that_is_not_the_providers_own_is_not_kept(
    settings: Any, base: str, elsewhere: str
) -> None:
    settings.TWILIO_API_URL = base
    assert read(NumMedia="1", MediaContentType0="image/jpeg", MediaUrl0=elsewhere) == ()


def test_the_providers_own_address_is_kept(settings: Any) -> None:
    settings.TWILIO_API_URL = ""
    given = f"https://api.twilio.com{RECORD}"
    assert (read(NumMedia="1", MediaUrl0=given), addresses.of_media(given)) == ((("", given),), given)


@pytest.mark.parametrize("host", ["https://api.twilio.com", ours.TWILIO_API_URL])
def test_a_stand_in_takes_the_providers_place(host: str) -> None:
    assert addresses.of_media(f"{host}{RECORD}") == f"{ours.TWILIO_API_URL}{RECORD}"


@pytest.mark.both
def test_an_address_that_is_not_kept_leaves_the_words(cast: Cast) -> None:
    texted("", NumMedia="1", MediaContentType0="image/jpeg", MediaUrl0="https://example.org/1")
    row = shown_to_sam(cast)
    assert (row, Media.objects.count()) == ([("[picture]", [])], 0)


def test_a_text_kept_as_json_is_the_same_text_again() -> None:
    text = Text.of(form(**pictures("image/jpeg", "video/mp4")))
    assert Text(**json.loads(json.dumps(asdict(text)))) == text


def test_a_picture_to_a_number_that_no_line_has_yet_comes_with_its_text(cast: Cast) -> None:
    texted("look", To="80123", **pictures("image/jpeg"))
    add_number(cast.line, "80123")
    strays.receive_known()
    claimed = kept.claim(timezone.now())
    assert claimed
    assert claimed.address == address(0)


# --- fetched ----------------------------------------------------------------------------------------------


def shown_to_sam(cast: Cast) -> list[tuple[str, list[tuple[str, str]]]]:
    """What Sam is shown of what the person texted: words, and kind and state of what came with them."""
    cast.ready(cast.sam)
    queue.take(cast.sam.id)
    [[stretch]] = reads.read_on([reads.Ask(staff=cast.sam.id)])
    return [
        (row.text, [(one.kind, one.state) for one in row.media])
        for row in stretch.said
        if row.sender_kind == "visitor"
    ]


def give(content: bytes = JPEG, status: int = 200) -> Any:
    return lambda request: answered(status, content, request)


@pytest.mark.both
def test_a_picture_is_fetched_and_shown_without_where_it_was_made(cast: Cast, provider: InProcess) -> None:
    provider.fail = give(telling_jpeg())
    texted("look", **pictures("image/jpeg"))
    assert [media.fetch_next(), media.fetch_next()] == [True, False]
    assert shown_to_sam(cast) == [("look\n[picture]", [("image/jpeg", "kept")])]
    found = kept.content(cast.sam.id, Media.objects.get().id)
    assert (found.data, WHERE in found.data) == (JPEG, False)


def test_what_is_not_what_it_says_is_refused(cast: Cast, provider: InProcess) -> None:
    provider.fail = give(b"<svg onload=alert(1)>")
    texted("look", **pictures("image/jpeg"))
    media.fetch_next()
    assert Media.objects.get().state == "refused"


def let_it_be_due() -> None:
    Media.objects.update(not_before=timezone.now())


def try_often(times: int) -> list[str]:
    seen = []
    for _ in range(times):
        let_it_be_due()
        media.fetch_next()
        seen.append(Media.objects.get().state)
    return seen


@pytest.mark.parametrize("status", [404, 410])
def test_what_the_provider_does_not_have_is_asked_for_again_and_then_lost(
    cast: Cast, provider: InProcess, status: int
) -> None:
    provider.fail = give(b"<RestException/>", status)
    texted("look", **pictures("image/jpeg"))
    assert try_often(3) == ["waiting", "waiting", "lost"]


@pytest.mark.parametrize("status", [400, 401, 403, 429, 500, 503, 206, 204])
def test_any_other_answer_is_no_answer(cast: Cast, provider: InProcess, status: int) -> None:
    provider.fail = give(JPEG, status)
    texted("look", **pictures("image/jpeg"))
    assert try_often(4) == ["waiting"] * 4


def test_after_a_day_it_is_lost(cast: Cast, provider: InProcess) -> None:
    provider.fail = give(b"", 503)
    texted("look", **pictures("image/jpeg"))
    Media.objects.update(created_at=timezone.now() - timedelta(hours=25))
    assert try_often(1) == ["lost"]


def test_what_cannot_be_fetched_is_shown_to_the_operator_until_something_can(
    cast: Cast, provider: InProcess
) -> None:
    provider.fail = give(b"", 503)
    texted("look", **pictures("image/jpeg"))
    try_often(media.ALARM_AFTER)
    raised = list(Alarm.objects.filter(cleared_at=None).values_list("code", flat=True))
    provider.fail = give()
    try_often(1)
    assert (raised, Alarm.objects.filter(cleared_at=None).exists()) == (["media_unreachable"], False)


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_while_it_is_fetched(cast: Cast, provider: InProcess) -> None:
    def look(request: requests.PreparedRequest) -> requests.Response:
        open_ones.append(connection.in_atomic_block)
        return answered(200, JPEG, request)

    open_ones: list[bool] = []
    provider.fail = look
    texted("look", **pictures("image/jpeg"))
    media.fetch_next()
    assert open_ones == [False]


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_five_workers_at_once_fetch_every_picture_once(cast: Cast, provider: InProcess) -> None:
    provider.fail = give()
    for n in range(4):
        texted("look", MessageSid=f"MM{n:032}", **pictures("image/jpeg", "image/png"))

    def work() -> None:
        while media.fetch_next():
            pass

    at_once(5, work)
    states = list(Media.objects.values_list("state", flat=True))
    assert (states, len(provider.sent)) == (["kept"] * 8, 8)


def test_a_worker_that_died_is_followed_by_another(cast: Cast, provider: InProcess) -> None:
    provider.fail = give()
    texted("look", **pictures("image/jpeg"))
    kept.claim(timezone.now())
    Media.objects.update(not_before=timezone.now())
    media.fetch_next()
    assert Media.objects.get().state == "kept"


def test_neither_address_nor_credentials_are_logged(
    cast: Cast, provider: InProcess, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    provider.fail = give(b"", 503)
    texted("look", **pictures("image/jpeg"))
    try_often(1)
    told = "\n".join(caplog.messages)
    assert not [part for part in (address(0), "ME000", ours.TWILIO_AUTH_TOKENS[0]) if part in told]


# --- over real connections --------------------------------------------------------------------------------


@pytest.fixture
def provided(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shelf]:
    monkeypatch.setattr(gateway, "READ_SECONDS", 0.5)
    with shelf() as here:
        settings.TWILIO_API_URL = here.base
        yield here


def fetched() -> object:
    return at_provider.fetch(address())


def test_the_signed_address_gets_no_credentials(provided: Shelf) -> None:
    provided.answer = behind_redirect(lambda handler: reply(handler, 200, JPEG))
    assert fetched() == Fetched(JPEG)
    ours_alone = b64encode(f"{ours.TWILIO_ACCOUNT_SID}:{ours.TWILIO_AUTH_TOKENS[0]}".encode()).decode()
    assert [sent for _, sent in provided.requests] == [f"Basic {ours_alone}", None]


def test_a_netrc_of_the_machine_is_not_shown_to_it_either(
    provided: Shelf, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password something\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    real = gateway.session

    def trusting(base: str) -> requests.Session:
        made = real(base)
        made.trust_env = True  # as it is with the provider itself
        return made

    monkeypatch.setattr(gateway, "session", trusting)
    provided.answer = behind_redirect(lambda handler: reply(handler, 200, JPEG))
    fetched()
    assert provided.requests[1] == (SIGNED, None)


def test_two_redirects_are_followed(provided: Shelf) -> None:
    def answer(handler: Any) -> None:
        if handler.path == "/signed/2":
            reply(handler, 200, JPEG)
        else:
            reply(handler, 302, Location="/signed/2" if handler.path == SIGNED else SIGNED)

    provided.answer = answer
    assert fetched() == Fetched(JPEG)


def test_redirects_without_end_are_followed_to_an_end(provided: Shelf) -> None:
    provided.answer = behind_redirect(lambda handler: reply(handler, 302, Location=SIGNED))
    assert (fetched(), len(provided.requests)) == (Unavailable(), 1 + at_provider.HOPS)


LEADS = [
    ("", "https://mms.twiliocdn.com/AC1/1?Signature=x", True),
    ("", "http://mms.twiliocdn.com/AC1/1", False),
    ("", "https://127.0.0.1/admin", False),
    ("", "https://localhost/admin", False),
    ("http://127.0.0.1:8000/demo/carrier", "http://127.0.0.1:8000/demo/carrier/_media/1", True),
    ("http://127.0.0.1:8000/demo/carrier", "/demo/carrier/_media/1", True),
    ("http://127.0.0.1:8000/demo/carrier", "https://mms.twiliocdn.com/AC1/1", False),
    ("http://127.0.0.1:8000/demo/carrier", "http://192.0.2.1/x", False),
    ("http://127.0.0.1:8000/demo/carrier", "file:///etc/passwd", False),
    ("http://127.0.0.1:8000/demo/carrier", "//[", False),
]


@pytest.mark.parametrize(("base", "to", "follows"), LEADS)
def test_the_provider_leads_to_where_it_keeps_contents_never_in_clear_and_a_stand_in_nowhere_else(
    provider: InProcess, settings: Any, base: str, to: str, follows: bool
) -> None:
    settings.DEMO, settings.TWILIO_API_URL = bool(base), base

    def lead(request: requests.PreparedRequest) -> requests.Response:
        first = len(provider.sent) == 1
        answer = answered(307 if first else 200, JPEG, request)
        answer.headers["Location"] = to
        return answer

    provider.fail = lead
    outcome = at_provider.fetch(f"https://api.twilio.com{RECORD}")
    assert (outcome == Fetched(JPEG), len(provider.sent)) == (follows, 1 + follows)


MOST = at_provider.MOST_BYTES


@pytest.mark.parametrize(("size", "outcome"), [(MOST, Fetched), (MOST + 1, TooLarge)])
def test_a_content_of_more_than_five_megabytes_is_too_large(
    provided: Shelf, size: int, outcome: type
) -> None:
    provided.answer = behind_redirect(lambda handler: reply(handler, 200, bytes(size)))
    assert isinstance(fetched(), outcome)


def test_a_content_without_end_is_read_no_further_than_the_limit(provided: Shelf) -> None:
    provided.answer = behind_redirect(without_end)
    assert fetched() == TooLarge()


def test_a_content_that_trickles_is_given_up(provided: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(at_provider, "FETCH_SECONDS", 0.3)
    provided.answer = behind_redirect(trickle)
    began = time.monotonic()
    assert (fetched(), time.monotonic() - began < 2) == (Unavailable(), True)


def test_a_content_that_was_cut_short_is_not_taken_for_whole(provided: Shelf) -> None:
    provided.answer = behind_redirect(cut_short)
    assert fetched() == Unavailable()


def test_a_shelf_that_is_closed_says_nothing_about_what_is_on_it(provided: Shelf, settings: Any) -> None:
    settings.TWILIO_API_URL = "http://127.0.0.1:9"
    assert fetched() == Unavailable()


def test_credentials_are_shown_to_no_other_address(provider: InProcess) -> None:
    assert (at_provider.fetch("https://example.org/1"), provider.sent) == (Gone(), [])


# --- from a phone of the network to the desk --------------------------------------------------------------


@pytest.mark.both
def test_a_picture_goes_from_a_phone_to_the_desk_and_nothing_stays_behind(
    cast: Cast, network: Network
) -> None:
    sid = network.text(
        "look", OURS, SHORT_CODE, ("image/jpeg", telling_jpeg()), ("text/vcard", b"BEGIN:VCARD")
    )
    while media.fetch_next():
        pass
    shown = [("look\n[picture]\n[contact]", [("image/jpeg", "kept"), ("text/vcard", "refused")])]
    assert shown_to_sam(cast) == shown
    assert kept.content(cast.sam.id, Media.objects.get(state="kept").id).data == JPEG
    Copy.objects.update(due_at=timezone.now())
    assert copies.delete_next()
    assert (lookup.fetched(sid), Copy.objects.count()) == (None, 0)
    with network.carrier.look() as moment:
        assert not moment.state.media
