"""The network's webhooks: what they carry, how they are signed, when they are tried again, what an answer does."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.conf import settings
from twilio.request_validator import RequestValidator, get_signature_algorithm

from chatline.demo import hooks, twiml, wire
from chatline.demo.records import Hook, Post
from tests.cast import SHORT_CODE
from tests.sms.network import FORM, OURS, Network, form

TEXT = {"To": OURS, "From": SHORT_CODE, "Body": "hello"}
INBOUND, FALLBACK = "http://127.0.0.1:8000/sms/inbound/", "http://127.0.0.1:8000/sms/fallback/"
ALL: list[dict[str, Any]] = json.loads((Path(__file__).parent / "vectors.json").read_text())["signatures"]
SIGNED = [
    row
    for row in ALL
    if row["validates"]
    and "port" not in row["name"]  # the validator forgives a port that was not signed
    and row["content_type"] == FORM
    and len(dict(parse_qsl(row["body"]))) == len(parse_qsl(row["body"]))
    and len(row["signature"]) == len("L/OH5YylLD5NRKLltdqwSvS0BnU=")
]


# --- what they carry --------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", SIGNED, ids=lambda row: row["name"])
def test_signatures_are_those_that_are_published(row: dict[str, Any]) -> None:
    fields = dict(parse_qsl(row["body"], keep_blank_values=True))
    assert hooks.sign(row["url"], fields, row["token"]) == row["signature"]


def test_what_is_posted_validates_over_the_address_that_is_configured(network: Network) -> None:
    network.carrier.text(OURS, SHORT_CODE, "olá, 👋")
    [post] = network.carrier.due()
    signature = wire.headers(post)[hooks.SIGNATURE]
    assert (
        post.url,
        RequestValidator(settings.TWILIO_AUTH_TOKENS[0]).validate(INBOUND, post.fields, signature),
    ) == (
        INBOUND,
        True,
    )


def test_a_shared_key_signs_with_the_newer_algorithm() -> None:
    headers = hooks.headers(Post("J1", INBOUND, {"Body": "hello"}), "the shared secret", "key1")
    algorithm = get_signature_algorithm(headers[hooks.SIGNATURE_SETTINGS])
    signed = RequestValidator("the shared secret").validate(
        INBOUND, {"Body": "hello"}, headers[hooks.SIGNATURE], algorithm
    )
    assert (algorithm, signed) == ("HMAC_SHA256", True)


def test_a_text_carries_every_field_of_the_providers(network: Network) -> None:
    network.carrier.text(OURS, SHORT_CODE, "hello")
    assert set(network.carrier.due()[0].fields) == set(form())


def test_a_callback_address_is_called_without_its_fragment(network: Network) -> None:
    network.carrier.create({**TEXT, "StatusCallback": "http://127.0.0.1:8000/sms/status/?oid=1#rc=3"})
    network.now += 1
    assert {urlsplit(post.url).fragment for post in network.carrier.due()} == {""}


# --- how they are tried -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fragment", "expected"),
    [
        ("", (1, {"ct"}, (5.0, 15.0))),
        ("#rc=3&rp=ct,rt,5xx&ct=2000&rt=3500", (3, {"ct", "rt", "5xx"}, (2.0, 3.5))),
        ("#rc=9&ct=1&rt=x", (1, {"ct"}, (5.0, 15.0))),
        ("#rc=0&rp=all", (0, {"all"}, (5.0, 15.0))),
    ],
)
def test_overrides_are_read_as_documented(
    fragment: str, expected: tuple[int, set[str], tuple[float, float]]
) -> None:
    read = hooks.Overrides.of(f"http://x/{fragment}")
    assert (read.rc, set(read.rp), read.timeout) == expected


@pytest.mark.parametrize(
    ("fragment", "failed", "attempts"),
    [
        ("", "ct", 2),
        ("", "5xx", 1),
        ("rc=3&rp=ct,rt,5xx", "5xx", 4),
        ("rc=3&rp=ct,rt,5xx", "rt", 4),
        ("rc=3&rp=ct,rt,5xx", "4xx", 1),
        ("rc=3&rp=4xx", "4xx", 4),
        ("rc=5&rp=all", "4xx", 5),
        ("rc=3&rp=all&tt=2000", "5xx", 2),
    ],
)
def test_a_webhook_is_tried_as_often_as_its_overrides_say(fragment: str, failed: str, attempts: int) -> None:
    hook, now, made = Hook("SM1", f"http://x/#{fragment}", {}, "token", began=100.0), 100.0, 1
    while (pause := hooks.again_in(hook, failed, now)) is not None:
        hook.attempt, now, made = hook.attempt + 1, now + pause, made + 1
    assert made == attempts


def posted(network: Network, status: int, how: str = "rt") -> list[Post]:
    """Every request for one text, each answered so, until there are no more."""
    network.carrier.text(OURS, SHORT_CODE, "hello")
    posts: list[Post] = []
    while (wait := network.carrier.next_due()) is not None:
        network.now += wait
        for post in network.carrier.due():
            posts.append(post)
            network.carrier.answered(post.job, status, how)
    return posts


@pytest.mark.parametrize(
    ("status", "how", "addresses"),
    [
        (200, "", [INBOUND]),
        (403, "", [INBOUND, FALLBACK]),
        (503, "", [INBOUND] * 4 + [FALLBACK] * 4),
        (0, "ct", [INBOUND] * 4 + [FALLBACK] * 4),
    ],
)
def test_a_text_goes_to_the_fallback_when_the_line_could_not_take_it(
    network: Network, status: int, how: str, addresses: list[str]
) -> None:
    assert [post.url for post in posted(network, status, how)] == addresses


@pytest.mark.parametrize(("status", "how", "code"), [(503, "", "11200"), (0, "rt", "11205")])
def test_the_fallback_is_told_what_failed(network: Network, status: int, how: str, code: str) -> None:
    last = posted(network, status, how)[-1]
    assert (last.fields["ErrorCode"], last.fields["ErrorUrl"]) == (code, INBOUND)


def test_every_attempt_carries_the_same_token(network: Network) -> None:
    assert len({wire.headers(post)[hooks.TOKEN] for post in posted(network, 503)}) == 1


@pytest.mark.parametrize(("status", "taken"), [(200, True), (403, False), (503, False)])
def test_a_phone_knows_whether_its_text_arrived(network: Network, status: int, taken: bool) -> None:
    sid = posted(network, status)[0].fields["MessageSid"]
    assert (network.carrier.fetch(sid).taken, network.carrier.ledger().heard) == (taken, int(taken))


# --- what an answer does ----------------------------------------------------------------------------------

TWIML = '<?xml version="1.0" encoding="UTF-8"?><Response>{}</Response>'


@pytest.mark.parametrize(
    ("kind", "body", "texts"),
    [
        ("text/xml", TWIML.format(""), []),
        ("", "", []),
        ("text/plain; charset=utf-8", "OK", ["OK"]),
        (
            "text/xml",
            TWIML.format("<Message>one</Message><Message><Body>two</Body></Message>"),
            ["one", "two"],
        ),
        ("application/xml", TWIML.format("<Message>one</Message>"), ["one"]),
        ("text/xml", TWIML.format("<Message>again</Message>" * 12), ["again"] * 10),
    ],
)
def test_words_in_an_answer_are_texted_to_the_person(
    network: Network, kind: str, body: str, texts: list[str]
) -> None:
    network.carrier.text(OURS, SHORT_CODE, "hello")
    network.carrier.answered(network.carrier.due()[0].job, 200, kind=kind, body=body)
    network.settle(1.0)
    assert network.screen() == texts


@pytest.mark.parametrize(
    ("kind", "body", "code"),
    [
        ("text/xml", "<Response>", 12100),
        ("text/xml", "<Answer/>", 12100),
        ("application/json", "{}", 12300),
        ("", "OK", 12300),
        ("text/xml", TWIML.format(" " * twiml.LARGEST), 11750),
    ],
)
def test_an_answer_that_is_none_goes_to_the_fallback(
    network: Network, kind: str, body: str, code: int
) -> None:
    network.carrier.text(OURS, SHORT_CODE, "hello")
    network.carrier.answered(network.carrier.due()[0].job, 200, kind=kind, body=body)
    [post] = network.carrier.due()
    assert (post.url, post.fields["ErrorCode"]) == (FALLBACK, str(code))


def test_the_answer_to_a_report_is_never_texted(network: Network) -> None:
    network.carrier.create({**TEXT, "StatusCallback": "http://127.0.0.1:8000/sms/status/?oid=1"})
    network.now += 0.5
    network.carrier.answered(network.carrier.due()[0].job, 200, kind="text/plain", body="OK")
    network.now += 2.0
    network.carrier.due()
    assert network.screen() == ["hello"]
