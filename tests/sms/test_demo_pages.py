"""The addresses of the demonstration: what its pages ask for, and where its phone network answers the line."""

import json
from base64 import b64encode
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

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


@pytest.mark.django_db
def test_the_other_website_frames_the_chat_of_the_demo_line(cast: Cast) -> None:
    answer = Client().get("/demo/site/")
    assert f"/embed/{cast.site.key}/" in answer.content.decode()
    assert "frame-src 'self'" in answer["Content-Security-Policy"]
