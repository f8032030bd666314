"""The stand-in answers the provider's own client as the provider does."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from django.conf import settings
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from chatline.demo import rest
from chatline.demo.answers import Answer
from chatline.sms import doctor, gateway
from tests.cast import SHORT_CODE, Cast
from tests.sms.network import OURS, InProcess, Network

ANOTHER, LONG_CODE = "+12025550102", "+14155550100"
TEXT = {"To": OURS, "From": SHORT_CODE, "Body": "hello"}
PNG = b"\x89PNG\r\n\x1a\n" + bytes(16)


def signed_in(account: str = "", secret: str = "") -> Client:
    """The provider's own client over our transport."""
    made = Client(
        account or settings.TWILIO_ACCOUNT_SID,
        secret or settings.TWILIO_AUTH_TOKENS[0],
        account_sid=settings.TWILIO_ACCOUNT_SID,
        http_client=gateway.Http(settings.TWILIO_API_URL),
    )
    made.edge = made.region = ""
    return made


@pytest.fixture
def client(network: Network) -> Client:
    return signed_in()


def create(client: Client, body: str = "hello", to: str = OURS, **more: Any) -> Any:
    return client.messages.create(**{"to": to, "from_": SHORT_CODE, "body": body, **more})


def code_of(verb: Any, *arguments: Any, **more: Any) -> int | None:
    """The provider's reason for refusing it, or None if it did not."""
    try:
        verb(*arguments, **more)
    except TwilioRestException as refusal:
        return int(refusal.code)
    return None


def answered(network: Network, method: str, path: str, form: dict[str, str] | None = None) -> Answer:
    signed = (settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKENS[0])
    at = f"/2010-04-01/Accounts/{settings.TWILIO_ACCOUNT_SID}{path}"
    return rest.answer(network.carrier, method, at, {}, form, signed)


# --- messages ---------------------------------------------------------------------------------------------


def test_a_created_message_has_every_field_of_the_providers(network: Network) -> None:
    answer = answered(network, "POST", "/Messages.json", TEXT)
    assert (answer.status, set(json.loads(answer.body))) == (201, {
        "account_sid", "api_version", "body", "date_created", "date_sent", "date_updated", "direction",
        "error_code", "error_message", "from", "messaging_service_sid", "num_media", "num_segments", "price",
        "price_unit", "sid", "status", "subresource_uris", "to", "uri",
    })  # fmt: skip


def test_counts_are_strings_and_dates_have_the_form_of_mail(network: Network) -> None:
    message = json.loads(answered(network, "POST", "/Messages.json", TEXT).body)
    assert (message["num_segments"], message["num_media"], message["date_created"], message["date_sent"]) == (
        "1",
        "0",
        "Fri, 15 Jan 2027 08:00:00 +0000",
        None,
    )


@pytest.mark.parametrize(
    ("words", "parts"),
    [("x" * 160, "1"), ("x" * 161, "2"), ("€" * 81, "2"), ("é" * 160, "1"), ("👋" * 36, "2")],
)
def test_a_message_costs_what_the_provider_counts(client: Client, words: str, parts: str) -> None:
    assert create(client, words).num_segments == parts


def test_an_answer_carries_the_providers_headers(network: Network) -> None:
    headers = answered(network, "POST", "/Messages.json", TEXT).headers
    assert {
        "Twilio-Request-Id",
        "Twilio-Concurrent-Requests",
        "Twilio-Request-Duration",
        "X-Home-Region",
    } <= set(headers)


def test_a_message_is_fetched_as_it_has_become(client: Client, network: Network) -> None:
    created = create(client)
    network.settle(1.0)
    fetched = client.messages(created.sid).fetch()
    assert (created.status, fetched.status, fetched.body, fetched.from_) == (
        "queued",
        "delivered",
        "hello",
        SHORT_CODE,
    )


def test_an_unknown_message_cannot_be_fetched(client: Client) -> None:
    assert code_of(client.messages("SM" + "0" * 32).fetch) == 20404


def test_an_error_has_the_providers_shape(network: Network) -> None:
    assert json.loads(answered(network, "POST", "/Messages.json").body) == {
        "code": 21604,
        "message": "A 'To' phone number is required.",
        "more_info": "https://www.twilio.com/docs/errors/21604",
        "status": 400,
    }


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"body": ""}, 21602),
        ({"body": "x" * 1_601}, 21617),
        ({"body": "x" * 1_600}, None),
        ({"from_": "57231"}, 21606),
        ({"validity_period": 36_001}, 21624),
        ({"validity_period": 900}, None),
        ({"status_callback": "http://example.org/"}, 21609),
        ({"risk_check": "disable", "provide_feedback": True}, None),
    ],
)
def test_what_the_provider_would_not_take_is_refused(
    client: Client, more: dict[str, Any], code: int | None
) -> None:
    assert code_of(create, client, **more) == code


MAGIC = [
    ("to", "+15005550001", 21211),
    ("to", "+15005550002", 21612),
    ("to", "+15005550003", 21408),
    ("to", "+15005550004", 21610),
    ("to", "+15005550009", 21614),
    ("from_", "+15005550001", 21212),
    ("from_", "+15005550006", None),
    ("from_", "+15005550007", 21606),
    ("from_", "+15005550008", 21611),
]
"""https://www.twilio.com/docs/iam/test-credentials"""


@pytest.mark.parametrize(("field", "number", "code"), MAGIC)
def test_the_providers_magic_numbers_do_what_it_says(
    client: Client, field: str, number: str, code: int | None
) -> None:
    assert code_of(create, client, **{field: number}) == code


def test_a_message_that_is_not_to_be_kept_arrives_all_the_same(client: Client, network: Network) -> None:
    created = create(client, content_retention="discard")
    network.settle(1.0)
    assert (created.body, client.messages(created.sid).fetch().body, network.screen()) == ("", "", ["hello"])


def test_a_message_is_redacted_by_an_empty_body_and_stays_on_the_screen(
    client: Client, network: Network
) -> None:
    created = create(client)
    network.settle(1.0)
    client.messages(created.sid).update(body="")
    assert (client.messages(created.sid).fetch().body, network.screen()) == ("", ["hello"])


def test_only_an_empty_body_redacts(client: Client) -> None:
    assert code_of(client.messages(create(client).sid).update, body="other words") == 30400


def test_a_message_can_be_canceled_before_it_left_and_not_after(client: Client, network: Network) -> None:
    first, second = create(client), create(client)
    client.messages(first.sid).update(status="canceled")
    network.settle(1.0)
    assert (client.messages(first.sid).fetch().status, network.screen()) == ("canceled", ["hello"])
    assert code_of(client.messages(second.sid).update, status="canceled") == 30409


def test_a_message_is_deleted_once_it_is_final(client: Client, network: Network) -> None:
    created = create(client)
    seen = [code_of(client.messages(created.sid).delete)]
    network.settle(0.5)
    seen.append(code_of(client.messages(created.sid).delete))
    network.settle(0.5)
    seen += [code_of(client.messages(created.sid).delete), code_of(client.messages(created.sid).fetch)]
    assert (seen, code_of(client.messages(created.sid).delete)) == ([20009, 20009, None, 20404], 20404)


def test_what_is_deleted_at_the_provider_stays_on_the_screen(client: Client, network: Network) -> None:
    created = create(client)
    network.settle(1.0)
    client.messages(created.sid).delete()
    assert network.screen() == ["hello"]


# --- lists ------------------------------------------------------------------------------------------------


def bodies(found: Any) -> list[str]:
    return [one.body for one in found]


def test_a_list_begins_with_the_newest(client: Client, network: Network) -> None:
    for words in ("one", "two", "three"):
        create(client, words)
        network.now += 1.0
    assert bodies(client.messages.list()) == ["three", "two", "one"]


def test_a_list_is_of_those_who_are_asked_for(client: Client, network: Network) -> None:
    network.carrier.text(OURS, SHORT_CODE, "in")
    create(client, "out")
    create(client, "elsewhere", to=ANOTHER)
    assert bodies(client.messages.list(to=OURS)) == ["out"]
    assert bodies(client.messages.list(from_=OURS, to=SHORT_CODE)) == ["in"]


def test_a_list_says_which_way_a_message_went(client: Client, network: Network) -> None:
    network.carrier.text(OURS, SHORT_CODE, "in")
    create(client, "out")
    assert [one.direction for one in client.messages.list()] == ["outbound-api", "inbound"]


@pytest.mark.parametrize("size", [1, 2, 5, 50])
def test_pages_hold_everything_once(client: Client, size: int) -> None:
    for number in range(5):
        create(client, str(number))
    assert bodies(client.messages.stream(page_size=size)) == ["4", "3", "2", "1", "0"]


def test_what_is_created_meanwhile_moves_no_page(client: Client) -> None:
    for number in range(4):
        create(client, str(number))
    first = client.messages.page(page_size=2)
    create(client, "new")
    assert bodies(first.next_page()) == ["1", "0"]


def test_a_date_finds_what_was_sent_on_that_day_and_nothing_that_was_not_sent(
    client: Client, network: Network
) -> None:
    create(client, "yesterday")
    network.settle(24 * 3600.0)
    create(client, "today")
    network.settle(1.0)
    create(client, "not sent yet")
    today = datetime.fromtimestamp(network.now, UTC).date()
    assert [
        bodies(client.messages.list(date_sent=today)),
        bodies(client.messages.list(date_sent_before=today - timedelta(days=1))),
        bodies(client.messages.list(date_sent_after=today - timedelta(days=1))),
    ] == [["today"], ["yesterday"], ["today", "yesterday"]]


def test_a_time_stands_for_its_day(client: Client, network: Network) -> None:
    create(client, "before")
    network.settle(60.0)
    now = datetime.fromtimestamp(network.now, UTC)
    assert bodies(client.messages.list(date_sent_after=now)) == ["before"]


def test_a_date_that_is_none_is_refused(network: Network) -> None:
    answer = rest.answer(
        network.carrier,
        "GET",
        f"/2010-04-01/Accounts/{settings.TWILIO_ACCOUNT_SID}/Messages.json",
        {"DateSent": "soon"},
        credentials=(settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKENS[0]),
    )
    assert answer.status == 400


# --- what came with them ----------------------------------------------------------------------------------


@pytest.fixture
def picture(network: Network) -> dict[str, str]:
    """The webhook of a text that has a picture."""
    network.carrier.text(OURS, SHORT_CODE, "look", [("image/png", PNG)])
    return network.carrier.due()[0].fields


def test_a_picture_is_announced_with_its_kind_and_address(picture: dict[str, str]) -> None:
    at = f"{settings.TWILIO_API_URL}/2010-04-01/Accounts/{settings.TWILIO_ACCOUNT_SID}/Messages"
    assert (picture["NumMedia"], picture["MediaContentType0"], picture["MessageSid"][:2]) == (
        "1",
        "image/png",
        "MM",
    )
    assert picture["MediaUrl0"].startswith(f"{at}/{picture['MessageSid']}/Media/ME")


def test_a_picture_is_listed_and_fetched_and_deleted(client: Client, picture: dict[str, str]) -> None:
    media = client.messages(picture["MessageSid"]).media
    listed = media.list()
    assert [(one.content_type, one.parent_sid) for one in listed] == [("image/png", picture["MessageSid"])]
    assert media(listed[0].sid).fetch().sid == listed[0].sid
    media(listed[0].sid).delete()
    assert (media.list(), code_of(media(listed[0].sid).fetch)) == ([], 20404)


def opened(provider: InProcess, address: str, signed: bool = True) -> requests.Response:
    credentials = (settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKENS[0]) if signed else None
    request = requests.Request("GET", address, auth=credentials).prepare()
    return provider.send(request)


def test_credentials_lead_to_an_address_that_needs_none(
    provider: InProcess, network: Network, picture: dict[str, str]
) -> None:
    answer = opened(provider, picture["MediaUrl0"])
    content = opened(provider, answer.headers["Location"], signed=False)
    assert (answer.status_code, content.headers["Content-Type"], content.content) == (307, "image/png", PNG)


def test_a_picture_without_credentials_is_refused(
    provider: InProcess, network: Network, picture: dict[str, str]
) -> None:
    assert opened(provider, picture["MediaUrl0"], signed=False).status_code == 401


def test_the_address_of_a_picture_is_good_for_four_hours(
    provider: InProcess, network: Network, picture: dict[str, str]
) -> None:
    address = opened(provider, picture["MediaUrl0"]).headers["Location"]
    network.now += 4 * 3600 + 1
    assert opened(provider, address, signed=False).status_code == 403


def test_the_address_of_a_picture_cannot_be_made_up(
    provider: InProcess, network: Network, picture: dict[str, str]
) -> None:
    address = opened(provider, picture["MediaUrl0"]).headers["Location"]
    assert opened(provider, address.replace("until=1", "until=2"), signed=False).status_code == 403


# --- who asks, and what is set up -------------------------------------------------------------------------


def test_a_wrong_secret_is_refused(network: Network) -> None:
    assert code_of(create, signed_in(secret="wrong")) == 20003


def test_a_key_of_the_account_signs_in(network: Network) -> None:
    network.carrier.keys = {"SK1": "secret"}
    assert code_of(create, signed_in("SK1", "secret")) is None
    assert code_of(create, signed_in("SK1", "wrong")) == 20003


@pytest.mark.parametrize("header", ["", "Basic", "Basic !", "Basic eA==", "Bearer eDp5"])
def test_credentials_that_are_none_are_refused(network: Network, header: str) -> None:
    asked = rest.credentials_of(header)
    assert (
        rest.answer(network.carrier, "GET", "/2010-04-01/Accounts/AC1.json", credentials=asked).status == 401
    )


def test_another_account_is_unknown(client: Client) -> None:
    assert code_of(client.api.v2010.accounts("AC" + "0" * 32).fetch) == 20404


def test_the_account_is_active(client: Client) -> None:
    assert client.api.v2010.accounts(settings.TWILIO_ACCOUNT_SID).fetch().status == "active"


def test_a_short_code_says_where_its_texts_go(client: Client, network: Network) -> None:
    network.carrier.configure(SHORT_CODE, sms_fallback_url=None, sms_method="GET")
    [code] = client.short_codes.list(short_code=SHORT_CODE)
    assert client.short_codes(code.sid).fetch().short_code == SHORT_CODE
    assert (
        code.sms_url.partition("#")[0],
        code.sms_method,
        code.sms_fallback_url,
        code.sms_fallback_method,
    ) == (
        f"{settings.PUBLIC_URL}/sms/inbound/",
        "GET",
        None,
        "POST",
    )


def test_a_number_says_where_its_texts_go(client: Client, network: Network) -> None:
    network.carrier.configure(LONG_CODE)
    [number] = client.incoming_phone_numbers.list(phone_number=LONG_CODE)
    assert client.incoming_phone_numbers(number.sid).fetch().sms_url == number.sms_url
    assert number.sms_fallback_url.partition("#")[0] == f"{settings.PUBLIC_URL}/sms/fallback/"
    assert client.incoming_phone_numbers.list(phone_number="+1999") == []


def test_a_messaging_service_can_be_read_with_its_numbers(client: Client, network: Network) -> None:
    service = network.carrier.add_service(use_inbound_webhook_on_number=True)
    network.carrier.configure(SHORT_CODE, service=service.sid)
    network.carrier.configure(LONG_CODE)
    [found] = client.messaging.v1.services.list()
    fetched = client.messaging.v1.services(found.sid).fetch()
    assert (fetched.use_inbound_webhook_on_number, fetched.inbound_request_url) == (True, None)
    assert [one.short_code for one in found.short_codes.list()] == [SHORT_CODE]
    assert found.phone_numbers.list() == []


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/Conferences.json", 404),
        ("PUT", "/Messages.json", 405),
        ("GET", "/Messages/SM1/Media/ME1", 404),
    ],
)
def test_what_is_not_there_is_said_so(network: Network, method: str, path: str, status: int) -> None:
    assert answered(network, method, path).status == status


@pytest.mark.django_db
def test_the_doctor_is_content_with_it_until_something_is_set_up_wrong(cast: Cast, network: Network) -> None:
    seen = []
    for fallback in ({}, {"sms_fallback_url": None}):
        network.carrier.configure(SHORT_CODE, **fallback)
        seen.append({finding.verdict for finding in [*doctor.account(), *doctor.numbers()]})
    assert seen == [{doctor.Verdict.OK}, {doctor.Verdict.OK, doctor.Verdict.WRONG}]
