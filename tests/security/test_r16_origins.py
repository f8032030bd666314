"""R-16: a socket for staff is opened by our own pages and by nobody else's, and a refusal keeps no address."""

import pytest
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.test import Client

from consumers import origins
from tests.cast import Cast
from tests.clients import SECONDS

pytestmark = [pytest.mark.django_db(transaction=True)]

OWN = "http://127.0.0.1:8000"
BAD = {
    "null": ["null"],
    "missing": [],
    "empty": [""],
    "subdomain": ["http://evil.127.0.0.1:8000"],
    "suffix": ["http://127.0.0.1.evil.example:8000"],
    "port": ["http://127.0.0.1:8001"],
    "no port": ["http://127.0.0.1"],
    "scheme": ["https://127.0.0.1:8000"],
    "user": ["http://127.0.0.1:8000@evil.example"],
    "punycode": ["http://xn--127-0-0-1-x.example:8000"],
    "trailing dot": ["http://127.0.0.1.:8000"],
    "two": [OWN, "http://evil.example"],
    "wildcard": ["*"],
    "list": [f"{OWN}, http://evil.example"],
}


async def is_accepted(cast: Cast, told: list[str], path: str) -> bool:
    from chatline.asgi import application  # needs Django's tables to be checked

    client = Client()
    await client.aforce_login(cast.alex)
    cookie = f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"
    headers = [(b"cookie", cookie.encode()), *((b"origin", one.encode()) for one in told)]
    communicator = WebsocketCommunicator(application, path, headers=headers)
    accepted, _ = await communicator.connect(timeout=SECONDS)
    await communicator.disconnect()
    return bool(accepted)


@pytest.mark.requirement("R-16")
@pytest.mark.parametrize("path", ["/ws/desk/", "/ws/visitor/demo/"])
@pytest.mark.parametrize("bad", BAD.values(), ids=BAD.keys())
async def test_a_page_of_another_origin_opens_no_socket(cast: Cast, bad: list[str], path: str) -> None:
    assert not await is_accepted(cast, bad, path)


async def test_our_own_page_opens_one(cast: Cast) -> None:
    assert await is_accepted(cast, [OWN], "/ws/desk/")


@pytest.mark.breaks("R-16")
async def test_without_the_check_any_page_opens_one(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(origins, "is_ours", lambda _: True)
    assert await is_accepted(cast, ["http://evil.example"], "/ws/desk/")


@pytest.mark.requirement("R-16")
async def test_a_refusal_is_noted_without_where_it_came_from(
    cast: Cast, caplog: pytest.LogCaptureFixture
) -> None:
    await is_accepted(cast, ["http://evil.example"], "/ws/desk/")
    told = [record.getMessage() for record in caplog.records if "socket_refused" in record.getMessage()]
    assert told == ["socket_refused reason=other_origin path=/ws/desk/"]
