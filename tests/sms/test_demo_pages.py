"""The addresses of the demonstration: what its pages ask for, and where its phone network answers the line."""

import json
from base64 import b64encode
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from chatline.demo import troubles
from chatline.demo.faults import Create, Script, Turn
from tests.cast import SHORT_CODE, Cast
from tests.sms.network import OURS, Network

MESSAGES = f"/demo/carrier/2010-04-01/Accounts/{settings.TWILIO_ACCOUNT_SID}/Messages.json"
TEXT = {"To": OURS, "From": SHORT_CODE, "Body": "hello"}


def asked(fields: dict[str, str] | None = None) -> Any:
    """A request of the line's to the network, over HTTP as in the demonstration."""
    word = b64encode(f"{settings.TWILIO_ACCOUNT_SID}:{settings.TWILIO_AUTH_TOKENS[0]}".encode()).decode()
    client = Client(headers={"authorization": f"Basic {word}"})
    return client.post(MESSAGES, fields) if fields else client.get(MESSAGES, {"PageSize": "1"})


def test_the_network_answers_the_line_at_an_address_of_the_demonstration(network: Network) -> None:
    created = asked(TEXT)
    listed = json.loads(asked().content)
    assert (created.status_code, listed["page_size"], listed["messages"][0]["body"]) == (201, 1, "hello")


def test_a_connection_that_would_break_is_a_bad_gateway_here(network: Network) -> None:
    network.carrier.play(Script(creates=[Turn(Create.RESET_AFTER)]))
    assert (asked(TEXT).status_code, json.loads(asked().content)["end"]) == (502, 0)
    assert network.carrier.ledger().accepted == 1


def test_somebody_else_is_not_answered(network: Network) -> None:
    assert Client().post(MESSAGES, TEXT).status_code == 401


def send(asked: object) -> int:
    return Client().post("/demo/phone/send", asked, content_type="application/json").status_code


@pytest.mark.django_db
def test_a_phone_texts_the_short_code_of_the_line(cast: Cast, network: Network) -> None:
    send({"number": OURS, "text": "hello"})
    assert network.carrier.due()[0].fields["To"] == SHORT_CODE


@pytest.mark.django_db
@pytest.mark.parametrize(
    "asked",
    [{}, [], "x", {"number": OURS}, {"number": "+14155550100", "text": "x"}, {"number": OURS, "text": 1}],
)
def test_what_no_phone_would_send_is_refused(cast: Cast, network: Network, asked: object) -> None:
    assert send(asked) == 400


@pytest.mark.django_db
def test_no_other_website_can_send_from_these_phones(cast: Cast, network: Network) -> None:
    strict = Client(enforce_csrf_checks=True)
    answer = strict.post("/demo/phone/send", {"number": OURS, "text": "x"}, content_type="application/json")
    assert answer.status_code == 403


@pytest.mark.django_db
def test_the_screens_show_both_sides_of_a_thread(cast: Cast, network: Network) -> None:
    network.text("hello")
    network.run()
    phones = Client().get("/demo/phone/state").json()["phones"]
    texts = phones[0]["texts"]
    assert [(text["mine"], text["mark"]) for text in texts] == [(True, "delivered"), (False, "")]


def asks(path: str, asked: object) -> int:
    return Client().post(f"/demo/phone/{path}", asked, content_type="application/json").status_code


def shown() -> Any:
    return Client().get("/demo/phone/state").json()


PNG = b"\x89PNG\r\n\x1a\n" + bytes(100_000)


def sends_picture(kind: str = "image/png", content: bytes = PNG) -> int:
    file = SimpleUploadedFile("a.png", content, kind)
    return (
        Client().post("/demo/phone/send-picture", {"number": OURS, "text": "", "picture": file}).status_code
    )


@pytest.mark.django_db
def test_a_picture_stays_on_the_phone_when_the_provider_forgets_it(cast: Cast, network: Network) -> None:
    assert sends_picture() == 201
    with network.carrier.moment() as moment:
        for sid in list(moment.state.media):
            network.carrier.pictures.drop(sid)
        moment.state.media.clear()
    [sid] = shown()["phones"][0]["texts"][0]["pictures"]
    answer = Client().get(f"/demo/phone/picture/{sid}")
    assert (answer["Content-Type"], answer.content) == ("image/png", PNG)


@pytest.mark.django_db
def test_a_file_that_a_browser_would_run_is_not_shown(cast: Cast, network: Network) -> None:
    assert sends_picture("image/svg+xml", b"<svg/>") == 201
    assert shown()["phones"][0]["texts"][0]["pictures"] == [""]
    with network.carrier.look() as moment:
        own = moment.state.handsets[OURS].bubbles[0].pictures[0].sid
    assert Client().get(f"/demo/phone/picture/{own}").status_code == 404


@pytest.mark.django_db
def test_a_picture_that_is_too_large_is_refused(cast: Cast, network: Network) -> None:
    assert sends_picture(content=bytes(500_001)) == 400


@pytest.mark.django_db
def test_a_phone_that_is_switched_off_gets_nothing(cast: Cast, network: Network) -> None:
    assert asks("switch", {"number": OURS, "on": False}) == 201
    network.text("HELP")
    network.run()
    assert (shown()["phones"][0]["on"], network.screen()) == (False, [])


@pytest.mark.django_db
def test_who_told_the_line_to_stop_is_marked(cast: Cast, network: Network) -> None:
    network.text("STOP")
    before = shown()["phones"][0]["stopped"]
    network.text("START")
    assert (before, shown()["phones"][0]["stopped"]) == (True, False)


@pytest.mark.django_db
@pytest.mark.parametrize("name", [*troubles.OF_THE_LINE, *troubles.OF_PHONES])
def test_whatever_the_page_offers_can_go_wrong(cast: Cast, network: Network, name: str) -> None:
    assert asks("trouble", {"trouble": name, "count": 2}) == 201
    ahead = shown()["troubles"]
    assert sorted(ahead.values()) == [0, 2]
    assert f'value="{name}"' in Client().get("/demo/phone/").content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("trouble", {"trouble": "flood", "count": 1}),
        ("trouble", {"trouble": "down", "count": 0}),
        ("trouble", {"trouble": "down", "count": 21}),
        ("trouble", {"trouble": "down"}),
        ("switch", {"number": "+14155550100", "on": True}),
        ("switch", {"number": [], "on": True}),
        ("send-picture", {}),
    ],
)
def test_what_the_page_would_not_ask_is_refused(
    cast: Cast, network: Network, path: str, asked: object
) -> None:
    assert asks(path, asked) == 400


@pytest.mark.django_db
def test_what_was_to_go_wrong_does_not_when_asked(cast: Cast, network: Network) -> None:
    asks("trouble", {"trouble": "down", "count": 2})
    asks("trouble", {"trouble": None})
    assert shown()["troubles"] == {"line": 0, "phones": 0}


@pytest.mark.django_db
def test_the_ledger_adds_up(cast: Cast, network: Network) -> None:
    network.text("hello")
    network.run()
    assert shown()["ledger"] == {
        "sent": 1, "accepted": 1, "delivered": 1, "shown": 1, "doubled": 0, "texted": 1, "heard": 1,
    }  # fmt: skip


@pytest.mark.django_db
def test_the_other_website_has_the_snippet_of_the_demo_line(cast: Cast) -> None:
    answer = Client().get("/demo/site/")
    assert f'/widget.js" data-site="{cast.site.key}"' in answer.content.decode()
    assert "frame-src http://127.0.0.1:8000" in answer["Content-Security-Policy"]
