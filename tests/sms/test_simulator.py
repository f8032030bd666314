"""The stand-in behaves as the provider does where it matters, and keeps to this computer."""

import json
from base64 import b64encode
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.conf import settings
from django.test import Client

from chatline.demo import wire
from chatline.demo.carrier import Carrier
from chatline.demo.lifecycle import LEASE
from chatline.demo.provider import Refusal
from chatline.sms import signature
from chatline.sms.addresses import OVERRIDES
from tests.cast import SHORT_CODE, Cast
from tests.sms.network import OURS, Network

MESSAGES = "/demo/carrier/2010-04-01/Accounts/{}/Messages"
TEXT = {"To": OURS, "From": SHORT_CODE, "Body": "hello"}


def asked(
    fields: dict[str, str] | None = None, account: str = "", secret: str = "", sid: str = ""
) -> tuple[int, dict[str, Any]]:
    """A request of somebody who knows the secret, or another; what was answered."""
    known = secret or settings.TWILIO_AUTH_TOKENS[0]
    word = b64encode(f"{settings.TWILIO_ACCOUNT_SID}:{known}".encode()).decode()
    client = Client(headers={"authorization": f"Basic {word}"})
    path = MESSAGES.format(account or settings.TWILIO_ACCOUNT_SID)
    answer = client.get(f"{path}/{sid}.json") if sid else client.post(f"{path}.json", fields or {})
    return answer.status_code, json.loads(answer.content)


def test_a_created_message_has_every_field_of_the_providers(network: Network) -> None:
    status, message = asked(TEXT)
    assert status == 201
    assert set(message) == {
        "account_sid", "api_version", "body", "date_created", "date_sent", "date_updated", "direction",
        "error_code", "error_message", "from", "messaging_service_sid", "num_media", "num_segments", "price",
        "price_unit", "sid", "status", "subresource_uris", "to", "uri",
    }  # fmt: skip


def test_a_created_message_can_be_fetched(network: Network) -> None:
    _, created = asked(TEXT)
    assert asked(sid=created["sid"]) == (200, created)


def test_an_unknown_message_cannot_be_fetched(network: Network) -> None:
    status, error = asked(sid="SM" + "0" * 32)
    assert (status, error["code"]) == (404, 20404)


def test_an_error_has_the_providers_shape(network: Network) -> None:
    assert asked({}) == (
        400,
        {
            "code": 21604,
            "message": "A 'To' phone number is required.",
            "more_info": "https://www.twilio.com/docs/errors/21604",
            "status": 400,
        },
    )


def test_a_message_without_words_is_refused(network: Network) -> None:
    assert asked({**TEXT, "Body": ""})[1]["code"] == 21602


def test_a_wrong_secret_is_refused(network: Network) -> None:
    status, error = asked(TEXT, secret="wrong")
    assert (status, error["code"]) == (401, 20003)


def test_another_account_is_unknown(network: Network) -> None:
    assert asked(TEXT, account="AC" + "0" * 32)[1]["code"] == 20404


def test_nobody_but_the_line_is_ever_called(network: Network) -> None:
    with pytest.raises(Refusal, match="StatusCallback"):
        network.carrier.create({**TEXT, "StatusCallback": "http://example.org/"})


def test_what_is_posted_is_signed_as_the_provider_signs(network: Network) -> None:
    network.carrier.text(OURS, SHORT_CODE, "hello")
    post = network.carrier.due()[0]
    fields = dict(parse_qsl("&".join(f"{name}={value}" for name, value in post.fields.items())))
    assert fields["Body"] == "hello"
    assert wire.headers(post)[signature.HEADER] == signature.sign(
        "http://127.0.0.1:8000/sms/inbound/", post.fields, settings.TWILIO_AUTH_TOKENS[0]
    )


def test_a_callback_address_is_called_without_its_fragment(network: Network) -> None:
    network.carrier.create({**TEXT, "StatusCallback": "http://127.0.0.1:8000/sms/status/?oid=1#rc=3"})
    network.now += 1
    assert {urlsplit(post.url).fragment for post in network.carrier.due()} == {""}


def told(network: Network) -> list[str]:
    return [post.fields["MessageStatus"] for post in network.carrier.due()]


def test_a_message_is_sent_then_delivered(network: Network) -> None:
    network.carrier.create({**TEXT, "StatusCallback": "http://127.0.0.1:8000/sms/status/?oid=1"})
    seen = [told(network)]
    network.now += 0.5
    seen.append(told(network))
    network.now += 0.5
    assert [*seen, told(network)] == [[], ["sent"], ["delivered"]]


def test_a_report_that_is_repeated_late_takes_nothing_back(network: Network) -> None:
    callback = f"http://127.0.0.1:8000/sms/status/?oid=1#{OVERRIDES}"
    sms = network.carrier.create({**TEXT, "StatusCallback": callback})
    network.now += 0.5
    network.carrier.answered(network.carrier.due()[0].job, 503)
    network.now += 0.5
    told(network)
    network.now += 1.0
    assert (told(network), network.carrier.fetch(sms.sid).status) == (["sent"], "delivered")


def answer_all(network: Network, status: int) -> int:
    """Lets time pass until nothing is due; returns how many posts there were."""
    posts = 0
    for _ in range(60):
        for post in network.carrier.due():
            posts += 1
            network.carrier.answered(post.job, status)
        network.now += 1.0
    return posts


@pytest.mark.parametrize(("status", "posts"), [(200, 1), (403, 2), (503, 8), (0, 8)])
def test_a_text_is_posted_again_only_when_the_line_could_not_take_it(
    network: Network, status: int, posts: int
) -> None:
    network.carrier.text(OURS, SHORT_CODE, "hello")
    assert answer_all(network, status) == posts


@pytest.mark.parametrize(("status", "taken"), [(200, True), (403, False), (503, False)])
def test_a_phone_knows_whether_its_text_arrived(network: Network, status: int, taken: bool) -> None:
    sid = network.carrier.text(OURS, SHORT_CODE, "hello")
    answer_all(network, status)
    assert network.carrier.fetch(sid).taken == taken


def test_a_post_that_nobody_finished_is_made_again(network: Network) -> None:
    network.carrier.text(OURS, SHORT_CODE, "hello")
    first = network.carrier.due()
    network.now += LEASE
    assert network.carrier.due() == first


def test_phones_are_as_they_were_after_a_restart(tmp_path: Path) -> None:
    kept = tmp_path / "phones.json"
    Carrier("AC1", "http://x", kept).text(OURS, SHORT_CODE, "hello")
    _, screens = Carrier("AC1", "http://x", kept).screens()
    assert [sms.words for sms in screens[OURS]] == ["hello"]


def test_what_was_under_way_goes_on_after_a_restart(tmp_path: Path) -> None:
    kept = tmp_path / "phones.json"
    Carrier("AC1", "http://x", kept).text(OURS, SHORT_CODE, "hello")
    assert len(Carrier("AC1", "http://x", kept).due()) == 1


# --- the page ---------------------------------------------------------------------------------------------


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
