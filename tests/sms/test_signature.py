"""Only what our own account signed comes in; whatever else comes is refused, and nothing breaks."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.http import QueryDict
from django.test import Client

from chatline.demo.records import Post
from chatline.sms import signature
from tests.sms.network import FORM, deliver, form, post

VECTORS: list[dict[str, Any]] = json.loads((Path(__file__).parent / "vectors.json").read_text())["signatures"]
ADDRESS = "/sms/inbound/"


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_a_published_signature_is_judged_as_published(vector: dict[str, Any]) -> None:
    signed = QueryDict(vector["body"]) if vector["content_type"] == FORM else vector["body"]
    judged = signature.matches(vector["url"], signed, vector["signature"], [vector["token"]])
    assert judged is vector["validates"]


def test_both_tokens_are_good_while_they_are_rotated(settings: Any) -> None:
    signed_with_second = signature.sign("http://x/", {"a": "b"}, "second")
    assert signature.matches("http://x/", QueryDict("a=b"), signed_with_second, ["first", "second"])


def test_a_json_body_without_its_hash_in_the_address_is_refused() -> None:
    empty = signature.sign("http://x/", {}, "token")
    assert not signature.matches("http://x/", "{}", empty, ["token"])


def refused(**more: Any) -> bool:
    arguments = {"data": b"", "content_type": FORM, **more}
    return Client().generic("POST", ADDRESS, **arguments).status_code in {400, 403}


def test_a_request_without_a_signature_is_refused() -> None:
    assert refused(data=b"MessageSid=SM1&From=%2B12025550143&To=57230&Body=hi")


def test_a_signed_request_of_another_account_is_refused() -> None:
    assert post(ADDRESS, form(AccountSid="AC" + "0" * 32)).status_code == 403


@pytest.mark.parametrize(
    "request_of",
    [
        {"data": b"{}", "content_type": "application/json"},
        {"data": b"\xff\xfe\x00", "content_type": "text/plain"},
        {"data": b"a=%ff%fe&a=2&a", "content_type": FORM},
        {"data": b"a=1", "content_type": FORM + "; charset=klingon"},
        {"data": b"--x\r\nno", "content_type": "multipart/form-data; boundary=x"},
        {"data": b"--x", "content_type": "multipart/form-data"},
        {"data": b"a=" + b"1" * 100_000, "content_type": FORM},
        {"data": b"&".join(b"a%d=1" % n for n in range(2_000)), "content_type": FORM},
        {"data": b"a=1", "content_type": ""},
        {"data": b"a=1", "headers": {"X-Twilio-Signature": "é\x80"}},
        {"data": b"a=1", "headers": {"X-Twilio-Signature": "="}},
    ],
    ids=lambda request: str(request.get("content_type", "header"))[:40],
)
def test_an_odd_request_is_refused_and_breaks_nothing(request_of: dict[str, Any]) -> None:
    assert refused(**request_of)


def test_a_refused_request_leaves_none_of_its_content_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    fields = form("the very words")
    Client(headers={"X-Twilio-Signature": "wrong"}).post(ADDRESS, fields)
    assert caplog.messages
    assert not [
        line for line in caplog.messages for value in fields.values() if len(value) > 3 and value in line
    ]


def test_what_is_signed_is_our_public_address_not_the_one_that_was_asked_for() -> None:
    asked = "http://testserver" + ADDRESS
    signed_for_it = signature.sign(asked, form(), settings.TWILIO_AUTH_TOKENS[0])
    answer = Client(headers={"X-Twilio-Signature": signed_for_it}).post(ADDRESS, form())
    assert answer.status_code == 403


def test_a_repeated_field_is_signed_with_all_its_values() -> None:
    fields = form("hi")
    signed = signature.sign(settings.PUBLIC_URL + ADDRESS, fields, settings.TWILIO_AUTH_TOKENS[0])
    doubled = [*fields.items(), ("Body", "something else")]
    answer = Client(headers={"X-Twilio-Signature": signed}).post(
        ADDRESS, "&".join(f"{name}={value}".replace("+", "%2B") for name, value in doubled), content_type=FORM
    )
    assert answer.status_code == 403


def test_only_posts_are_answered() -> None:
    assert Client().get(ADDRESS).status_code == 405


def test_our_own_signature_is_taken(db: None) -> None:
    answer = deliver(Post("job", f"{settings.PUBLIC_URL}/sms/status/?oid=none", form("")))
    assert answer.status_code == 204
