"""Only what our own account signed comes in; whatever else comes is refused, and nothing breaks."""

import json
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.conf import settings
from django.http import HttpResponse, QueryDict
from django.test import Client

from chatline.conversations.models import Message
from chatline.demo.records import Post
from chatline.people.models import Alarm
from chatline.sms import refusals, signature
from tests.cast import Cast
from tests.sms.network import FORM, deliver, form, post, reported, texted

pytestmark = [pytest.mark.requirement("R-24")]

VECTORS: list[dict[str, Any]] = json.loads((Path(__file__).parent / "vectors.json").read_text())["signatures"]
ADDRESS = "/sms/inbound/"


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_a_published_signature_is_judged_as_published(vector: dict[str, Any]) -> None:
    signed = QueryDict(vector["body"]) if vector["content_type"] == FORM else vector["body"]
    algorithm = vector.get("algorithm", signature.SHA1)
    judged = signature.matches(vector["url"], signed, vector["signature"], [vector["token"]], algorithm)
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


@pytest.mark.breaks("R-24")
def test_a_request_without_a_signature_is_taken_when_nobody_compares(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signature, "matches", lambda *_: True)
    assert not refused(data=urlencode(form("hi")).encode())


def test_a_signed_request_of_another_account_is_refused() -> None:
    assert post(ADDRESS, form(AccountSid="AC" + "0" * 32)).status_code == 403


@pytest.mark.parametrize(
    "request_of",
    [
        {"data": b"{}", "content_type": "application/json"},
        {"data": b"\xff\xfe\x00", "content_type": "text/plain"},
        {"data": b"a=%ff%fe&a=2&a", "content_type": FORM},
        {"data": b"a=1", "content_type": FORM + "; charset=klingon"},
        {"data": b"a=1", "content_type": FORM + "; charset=utf-16"},
        {"data": b"a=1", "content_type": FORM + "; charset=unicode_escape"},
        {
            "data": b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n\\ud800\r\n--x--\r\n',
            "content_type": "multipart/form-data; boundary=x; charset=unicode_escape",
        },
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


def test_a_refused_request_leaves_none_of_its_content_in_the_log(
    db: None, caplog: pytest.LogCaptureFixture
) -> None:
    fields = form("the very words")
    Client(headers={"X-Twilio-Signature": "wrong"}).post(ADDRESS, fields)
    assert caplog.messages
    assert not [
        line for line in caplog.messages for value in fields.values() if len(value) > 3 and value in line
    ]


def test_what_is_signed_is_our_public_address_not_the_one_that_was_asked_for(db: None) -> None:
    asked = "http://testserver" + ADDRESS
    signed_for_it = signature.sign(asked, form(), settings.TWILIO_AUTH_TOKENS[0])
    answer = Client(headers={"X-Twilio-Signature": signed_for_it}).post(ADDRESS, form())
    assert answer.status_code == 403


def test_a_repeated_field_is_signed_with_all_its_values(db: None) -> None:
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


# --- SHA-256, under a key that is shared for webhooks alone ------------------------------------------------

KEY = "a key for webhooks alone"


def asked(fields: dict[str, str], secret: str, algorithm: str, said: str | None = None) -> int:
    """The status of a request that is signed this way, and whose header says `said` of that."""
    headers = {signature.HEADER: signature.sign(settings.PUBLIC_URL + ADDRESS, fields, secret, algorithm)}
    if said:
        headers[signature.SETTINGS_HEADER] = said
    return Client(headers=headers).post(ADDRESS, urlencode(fields), content_type=FORM).status_code


SAYS_SHA256 = "key=webhooks_sharedkey_test,algorithm=HMAC_SHA256"


@pytest.fixture
def with_key(settings: Any) -> None:
    settings.TWILIO_WEBHOOK_KEYS = ["an older key", KEY]


def test_sha_256_counts_under_each_webhook_key(cast: Cast, with_key: None) -> None:
    assert asked(form(), KEY, signature.SHA256, SAYS_SHA256) == 200


def test_sha_1_counts_under_the_token_beside_a_webhook_key(cast: Cast, with_key: None) -> None:
    assert texted().status_code == 200


@pytest.mark.parametrize(
    ("secret", "algorithm", "said"),
    [
        (settings.TWILIO_AUTH_TOKENS[0], signature.SHA256, SAYS_SHA256),
        (settings.TWILIO_AUTH_TOKENS[0], signature.SHA1, SAYS_SHA256),
        (KEY, signature.SHA1, None),
        (KEY, signature.SHA1, SAYS_SHA256),
        (KEY, signature.SHA256, None),
        (KEY, signature.SHA256, "algorithm=HMAC_SHA1"),
        (KEY, signature.SHA256, "algorithm=HMAC_MD5"),
        (KEY, signature.SHA256, "algorithm=,=,,é"),
        ("", signature.SHA256, SAYS_SHA256),
    ],
)
def test_a_secret_is_good_for_its_own_way_of_signing_alone(
    db: None, with_key: None, secret: str, algorithm: str, said: str | None
) -> None:
    assert asked(form(), secret, algorithm, said) == 403


def test_sha_256_counts_for_nothing_where_no_key_is_configured(db: None) -> None:
    assert asked(form(), settings.TWILIO_AUTH_TOKENS[0], signature.SHA256, SAYS_SHA256) == 403


# --- what the provider signed is taken, however odd --------------------------------------------------------


def sent(body: str, *, content_type: str = FORM, signed: list[tuple[str, str]]) -> HttpResponse:
    """A request with exactly this body, signed over these fields."""
    fields = QueryDict(mutable=True)
    for name, value in signed:
        fields.appendlist(name, value)
    given = signature.sign(settings.PUBLIC_URL + ADDRESS, fields, settings.TWILIO_AUTH_TOKENS[0])
    return Client(headers={signature.HEADER: given}).generic("POST", ADDRESS, body, content_type)  # type: ignore[return-value]


def test_a_repeated_field_that_was_signed_is_taken(cast: Cast) -> None:
    fields = [*form("first").items(), ("Body", "second"), ("Body", "second")]
    assert sent(urlencode(fields), signed=fields).status_code == 200


@pytest.mark.parametrize("content_type", [FORM + "; charset=UTF-8", FORM + "; charset=latin-1", FORM.upper()])
def test_fields_are_utf_8_whatever_the_request_calls_them(cast: Cast, content_type: str) -> None:
    fields = list(form("¿hay alguien? 😢").items())
    assert sent(urlencode(fields), content_type=content_type, signed=fields).status_code == 200


def test_bytes_that_are_no_utf_8_are_taken(cast: Cast) -> None:
    fields = list(form("is anyone \ufffd there").items())
    body = urlencode(fields).replace(quote("\ufffd"), "%ff")
    assert sent(body, signed=fields).status_code == 200
    assert Message.objects.filter(sender_kind="visitor").count() == 1


def test_fields_that_nobody_knows_are_taken(cast: Cast) -> None:
    assert texted(Surprise="", ButtonPayload="é\x00", Latitude="1.5").status_code == 200


# --- an alarm for what may be our own mistake ---------------------------------------------------------------


def refuse(fields: dict[str, str]) -> int:
    headers = {signature.HEADER: "wrong"}
    return Client(headers=headers).post(ADDRESS, urlencode(fields), content_type=FORM).status_code


def alarms() -> list[tuple[str, str, int]]:
    return list(Alarm.objects.filter(cleared_at=None).values_list("code", "subject", "count"))


def test_a_wrong_signature_with_our_account_raises_an_alarm(db: None) -> None:
    assert refuse(form()) == 403
    assert alarms() == [("signature_refused", "inbound", 1)]


def test_a_wrong_signature_of_somebody_elses_account_raises_none(db: None) -> None:
    refuse(form(AccountSid="AC" + "0" * 32))
    assert alarms() == []


def test_the_alarm_is_raised_at_most_once_a_minute(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    for _ in range(3):
        refuse(form())
    now += refusals.EVERY_SECONDS
    refuse(form())
    assert alarms() == [("signature_refused", "inbound", 2)]


def test_a_good_request_clears_the_alarm(cast: Cast) -> None:
    texted(MessageSid="SM0")
    refuse(form())
    texted()
    assert alarms() == []


def test_another_webhooks_good_request_does_not_clear_it(cast: Cast) -> None:
    refuse(form())
    reported("00000000-0000-4000-8000-000000000000", "delivered")
    assert alarms() == [("signature_refused", "inbound", 1)]
