"""Every way in which a request can end, through the real client: may the text be sent again, or not?"""

import socket
import ssl
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

import pytest
import requests
from django.core.exceptions import ImproperlyConfigured
from urllib3.exceptions import (
    ConnectTimeoutError,
    MaxRetryError,
    NameResolutionError,
    ProtocolError,
    ReadTimeoutError,
)

from chatline.sms import gateway
from chatline.sms.gateway import Accepted, NotSent, Outcome, Rejected, Unknown, send
from tests.sms.network import OURS, InProcess, Network, answered

OID = UUID(int=7)


def sent(to: str = OURS) -> Outcome:
    return send(to, "57230", "I am here with you.", OID)


def test_a_text_that_the_provider_takes_has_its_id(network: Network) -> None:
    outcome = sent()
    assert isinstance(outcome, Accepted)
    assert network.carrier.fetch(outcome.sid).words == "I am here with you."


def test_the_provider_learns_where_to_report_and_how_often_to_try(
    network: Network, provider: InProcess
) -> None:
    sent()
    posted = parse_qs(str(provider.sent[0].body))
    assert posted["StatusCallback"] == [
        f"http://127.0.0.1:8000/sms/status/?oid={OID}#ct=2000&rt=3500&tt=15000&rc=3&rp=ct,rt,5xx"
    ]


@pytest.mark.parametrize(
    ("to", "code"),
    [
        ("+15005550001", 21211),
        ("+15005550004", 21610),
        ("+15005550009", 21614),
        ("nobody", 21211),
        ("", 21604),
    ],
)
def test_a_text_that_the_provider_refuses_has_its_reason(network: Network, to: str, code: int) -> None:
    assert sent(to) == Rejected(code)


def test_the_first_token_is_the_one_that_signs_us_in(
    network: Network, provider: InProcess, settings: Any
) -> None:
    settings.TWILIO_AUTH_TOKENS = ["new", "old"]
    sent()
    word = b64encode(f"{settings.TWILIO_ACCOUNT_SID}:new".encode()).decode()
    assert provider.sent[0].headers["Authorization"] == f"Basic {word}"


ANSWERS = [
    (429, b'{"code": 20429, "message": "Too many", "status": 429}', NotSent(20429)),
    (401, b'{"code": 20003, "message": "Authenticate", "status": 401}', NotSent(20003)),
    (404, b'{"code": 20404, "message": "Not found", "status": 404}', NotSent(20404)),
    (400, b'{"code": 21610, "message": "Opted out", "status": 400}', Rejected(21610)),
    (429, b"<html>slow down</html>", Unknown()),
    (404, b"<html>not found</html>", Unknown()),
    (400, b'{"message": "no code"}', Unknown()),
    (500, b'{"code": 20500, "message": "Internal", "status": 500}', Unknown()),
    (502, b"<html>bad gateway</html>", Unknown()),
    (503, b'{"code": 20503, "message": "Unavailable", "status": 503}', Unknown()),
    (302, b"", Unknown()),
    (201, b"{}", Unknown()),
    (201, b"<html>", Unknown()),
    (200, b"[]", Unknown()),
    (400, b"[]", Unknown()),
    (201, b'{"sid": "SM1", "status": "queued"}', Accepted("SM1")),
]


@pytest.mark.parametrize(("status", "content", "outcome"), ANSWERS)
def test_an_answer_says_whether_it_may_be_sent_again(
    provider: InProcess, status: int, content: bytes, outcome: Outcome
) -> None:
    provider.fail = lambda request: answered(status, content, request)
    assert sent() == outcome


def connection_error(reason: Exception) -> requests.ConnectionError:
    """As the transport wraps it."""
    return requests.ConnectionError(MaxRetryError(None, "/", reason))  # type: ignore[arg-type]  # no pool is needed


FAILURES = [
    (requests.ConnectTimeout(), NotSent()),
    (connection_error(NameResolutionError("host", None, socket.gaierror())), NotSent()),  # type: ignore[arg-type]
    (connection_error(ConnectTimeoutError()), NotSent()),
    (requests.exceptions.SSLError(MaxRetryError(None, "/", ssl.SSLCertVerificationError())), NotSent()),  # type: ignore[arg-type]
    (requests.exceptions.SSLError(MaxRetryError(None, "/", ssl.SSLEOFError())), Unknown()),  # type: ignore[arg-type]
    (requests.ReadTimeout(), Unknown()),
    (requests.ConnectionError(ProtocolError("aborted", ConnectionResetError())), Unknown()),
    (requests.ConnectionError(ReadTimeoutError(None, "/", "slow")), Unknown()),  # type: ignore[arg-type]
    (requests.exceptions.ChunkedEncodingError(), Unknown()),
]


@pytest.mark.parametrize(("failure", "outcome"), FAILURES, ids=lambda one: repr(one)[:60])
def test_a_failure_says_whether_it_may_be_sent_again(
    provider: InProcess, failure: Exception, outcome: Outcome
) -> None:
    def fail(request: requests.PreparedRequest) -> None:
        raise failure

    provider.fail = fail
    assert sent() == outcome


# --- over real connections, because only they fail as connections do ---------------------------------------


@contextmanager
def listener(behave: str) -> Iterator[str]:
    """A server on this machine that takes one request and then behaves badly."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65_536)
                if behave == "silence":
                    done.wait(5)
                elif behave == "reset":
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                elif behave == "half":
                    connection.sendall(b"HTTP/1.1 201 Created\r\nContent-Length: 400\r\n\r\n{")

        done = threading.Event()
        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/carrier"
        done.set()
        thread.join()


@pytest.fixture
def over_the_wire(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[Any]:
    """Sends to the given address, and closes what the session keeps open."""
    gateway._client.cache_clear()
    monkeypatch.setattr(gateway, "READ_SECONDS", 0.2)
    made: list[requests.adapters.BaseAdapter] = []
    real = gateway.transport

    def transport() -> requests.adapters.BaseAdapter:
        made.append(real())
        return made[-1]

    monkeypatch.setattr(gateway, "transport", transport)

    def to(address: str) -> Outcome:
        settings.TWILIO_API_URL = address
        return sent()

    yield to
    for adapter in made:
        adapter.close()
    gateway._client.cache_clear()


@pytest.mark.parametrize("behaviour", ["silence", "reset", "close", "half"])
def test_a_request_that_was_read_and_not_answered_is_never_repeated(
    over_the_wire: Any, behaviour: str
) -> None:
    with listener(behaviour) as address:
        assert over_the_wire(address) == Unknown()


def test_a_request_that_nobody_listened_to_was_not_sent(over_the_wire: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"http://127.0.0.1:{server.getsockname()[1]}"
    assert over_the_wire(address) == NotSent()


def test_a_demonstration_texts_nobody(settings: Any) -> None:
    settings.TWILIO_API_URL = ""
    gateway._client.cache_clear()
    with pytest.raises(ImproperlyConfigured):
        sent()


@pytest.mark.parametrize(
    "address", ["http://api.twilio.com", "https://twilio.example.org", "https://eviltwilio.com"]
)
def test_words_go_to_the_provider_or_to_this_machine_alone(settings: Any, address: str) -> None:
    settings.DEMO, settings.TWILIO_API_URL = False, address
    gateway._client.cache_clear()
    with pytest.raises(ImproperlyConfigured):
        sent()


def test_neither_words_nor_numbers_are_logged(network: Network, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(0)
    sent()
    sent("+15005550001")
    assert not [
        line for line in caplog.messages if "here with you" in line or OURS in line or "5005550001" in line
    ]
