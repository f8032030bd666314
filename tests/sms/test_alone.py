"""The network as a server of its own: real sockets, which really break."""

import json
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

import pytest
from twilio.request_validator import RequestValidator

from chatline.demo.alone import Alone
from chatline.demo.faults import Arrival, Report, Script, Turn
from chatline.sms import gateway
from chatline.sms.gateway import NotSent, Outcome
from tests import servers
from tests.cast import SHORT_CODE
from tests.ports import free_port
from tests.sms.network import OURS
from tests.sms.test_faults import ENDINGS, name, sent

ACCOUNT, TOKEN = "AC" + "a" * 32, "a token"


class Line(ThreadingHTTPServer):
    """Takes every webhook: its path, its fields, and whether its signature is good."""

    daemon_threads = False

    def __init__(self) -> None:
        self.taken: list[tuple[str, dict[str, str], bool]] = []
        self.most_at_once = self._at_once = 0
        self._counting = threading.Lock()
        super().__init__(("127.0.0.1", 0), _Taking)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"

    def take(self, path: str, fields: dict[str, str], signature: str) -> None:
        with self._counting:
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        time.sleep(0.02)
        signed = RequestValidator(TOKEN).validate(self.url + path, fields, signature)
        with self._counting:
            self._at_once -= 1
            self.taken.append((path, fields, signed))


class _Taking(BaseHTTPRequestHandler):
    server: Line
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        fields = dict(parse_qsl(body, keep_blank_values=True))
        self.server.take(self.path, fields, self.headers["X-Twilio-Signature"])
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def line() -> Iterator[Line]:
    server = Line()
    serving = threading.Thread(target=server.serve_forever, args=(0.02,))
    serving.start()
    yield server
    server.shutdown()
    serving.join()
    server.server_close()


@pytest.fixture
def alone(line: Line, monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[Alone]:
    """The network, with the gateway pointed at it."""
    monkeypatch.setattr(gateway, "READ_SECONDS", 0.3)
    made = gateway.transport()
    monkeypatch.setattr(gateway, "transport", lambda: made)
    gateway._client.cache_clear()
    server = Alone(line.url, ACCOUNT, TOKEN)
    server.start()
    settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKENS = ACCOUNT, [TOKEN]
    settings.TWILIO_API_URL, settings.PUBLIC_URL = server.url, line.url
    yield server
    made.close()
    server.stop()
    gateway._client.cache_clear()


def asked(alone: Alone, method: str, what: str, body: object = None) -> Any:
    """A word to its control."""
    content = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(f"{alone.url}/_emu/{what}", content, method=method)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def until(line: Line, count: int) -> None:
    """Waits for so many webhooks."""
    for _ in range(200):
        if len(line.taken) >= count:
            return
        time.sleep(0.02)
    raise AssertionError(f"{len(line.taken)} of {count} webhooks came")


@pytest.mark.parametrize(
    ("turn", "outcome", "created"), [one for one in ENDINGS if one[0].create != "refused"], ids=name
)
def test_a_request_ends_over_sockets_as_it_does_in_process(
    alone: Alone, turn: Turn, outcome: type[Outcome], created: int
) -> None:
    alone.carrier.play(Script(creates=[turn]))
    assert (type(sent()), alone.carrier.ledger().accepted) == (outcome, created)


def test_a_network_that_is_down_refuses_and_comes_back(alone: Alone) -> None:
    down = threading.Thread(target=alone.down, args=(0.5,))
    down.start()
    time.sleep(0.2)
    outcome = sent()
    down.join()
    assert (outcome, type(sent()).__name__) == (NotSent(), "Accepted")


def test_the_line_is_told_what_became_of_a_text_by_signed_requests(alone: Alone, line: Line) -> None:
    sent()
    until(line, 2)
    assert [
        (path.partition("?")[0], fields["MessageStatus"], signed) for path, fields, signed in line.taken
    ] == [
        ("/sms/status/", "sent", True),
        ("/sms/status/", "delivered", True),
    ]


def test_an_early_callback_comes_before_the_answer(alone: Alone, line: Line) -> None:
    alone.carrier.play(Script(creates=[Turn(reports=(Report.EARLY,))]))
    sent()
    assert [fields["MessageStatus"] for _, fields, _ in line.taken] == ["sent"]


def test_a_webhook_that_comes_twice_at_once_does(alone: Alone, line: Line) -> None:
    asked(alone, "PUT", "script", {"arrivals": [Arrival.AT_ONCE]})
    asked(alone, "POST", "texts", {"number": OURS, "to": SHORT_CODE, "text": "hello"})
    until(line, 2)
    assert (line.most_at_once, len({fields["MessageSid"] for _, fields, _ in line.taken})) == (2, 1)


def test_its_control_tells_what_came_of_it(alone: Alone, line: Line) -> None:
    sent()
    until(line, 2)
    sums = asked(alone, "GET", "ledger")
    assert (sums["sums"]["delivered"], sums["doubled"]) == (1, [])
    assert asked(alone, "GET", "screens")[OURS][0]["words"] == "hello"
    assert {call["what"] for call in asked(alone, "GET", "calls")} == {"POST /sms/status/"}


@pytest.mark.parametrize(
    ("method", "what", "body"),
    [
        ("PUT", "script", {"creates": [{"create": "explode"}]}),
        ("POST", "texts", {"number": OURS}),
        ("POST", "texts", {"number": "+14155550100", "to": SHORT_CODE, "text": "x"}),
        ("PUT", "handsets", {"number": OURS, "condition": "wet"}),
        ("GET", "nothing", None),
    ],
)
def test_what_its_control_cannot_do_is_refused(alone: Alone, method: str, what: str, body: object) -> None:
    with pytest.raises(urllib.error.HTTPError) as refusal:
        asked(alone, method, what, body)
    refusal.value.close()
    assert refusal.value.code in {400, 404}


def test_a_seed_writes_its_script(alone: Alone) -> None:
    asked(alone, "PUT", "script", {"seed": 7})
    with alone.carrier.look() as moment:
        assert moment.state.script == Script.random(7)


def test_a_handset_is_switched_off_from_outside(alone: Alone, line: Line) -> None:
    asked(alone, "PUT", "handsets", {"number": OURS, "condition": "off"})
    sent()
    until(line, 2)
    assert line.taken[-1][1]["ErrorCode"] == "30003"


def test_it_runs_as_a_process_and_ends_when_told(line: Line) -> None:
    port = free_port()
    command = [
        *servers.WRAPPED,
        sys.executable,
        "-m",
        "chatline.demo.alone",
        "--port",
        str(port),
        "--line",
        line.url,
    ]
    with subprocess.Popen([*command, "--account", ACCOUNT, "--token", TOKEN]) as process:
        for _ in range(200):
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/_emu/ledger") as answer:
                    found = json.load(answer)
                break
            except OSError:
                time.sleep(0.05)
        process.send_signal(2)
        assert (process.wait(10), found["sums"]["sent"]) == (0, 0)
