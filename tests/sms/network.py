"""The phone network of the demonstration inside a test: the same state machine, the real client, no wire.

`Network` has a clock of its own and posts only when told, so that a test decides what comes when. What leaves through
the gateway comes to the network's REST interface; what the network posts comes to the line's webhooks. What goes wrong
is a script (`network.carrier.play(Script(...))`, see `chatline/demo/faults.py`), what came of it is read from
`network.carrier`: `transcript(number)`, `doubled()`, `ledger()`.
"""

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from io import BytesIO
from typing import Any, TypeVar
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import requests
from django.conf import settings
from django.db import connections
from django.http import HttpResponse
from django.test import Client
from requests.adapters import BaseAdapter
from urllib3.exceptions import MaxRetryError, NewConnectionError, ProtocolError

from chatline.demo import rest, wire
from chatline.demo.carrier import Carrier
from chatline.demo.postman import groups
from chatline.demo.records import Post
from chatline.sms import gateway
from chatline.sms.courier import Courier
from chatline.sms.pager import Pager
from tests.cast import A_NUMBER, SHORT_CODE

FORM = "application/x-www-form-urlencoded"
OURS = "+12025550101"
"""A handset that the network knows, as opposed to `A_NUMBER`."""
T = TypeVar("T")


def form(text: str = "hello", **more: str) -> dict[str, str]:
    """An inbound text as the provider posts it, location and all."""
    sid = more.pop("MessageSid", "SM" + "a1b2c3d4" * 4)
    return {
        "ToCountry": "US",
        "ToState": "",
        "SmsMessageSid": sid,
        "NumMedia": "0",
        "ToCity": "",
        "FromZip": "94103",
        "SmsSid": sid,
        "FromState": "CA",
        "SmsStatus": "received",
        "FromCity": "SAN FRANCISCO",
        "Body": text,
        "FromCountry": "US",
        "To": SHORT_CODE,
        "ToZip": "",
        "NumSegments": "1",
        "MessageSid": sid,
        "AccountSid": settings.TWILIO_ACCOUNT_SID,
        "From": A_NUMBER,
        "ApiVersion": "2010-04-01",
        **more,
    }


def post(path: str, fields: dict[str, str]) -> HttpResponse:
    """A correctly signed request of the provider's to one of our webhooks; `path` may carry a query."""
    return deliver(Post("job", settings.PUBLIC_URL + path, fields))


def texted(text: str = "hello", **more: str) -> HttpResponse:
    return post("/sms/inbound/", form(text, **more))


def reported(oid: object, status: str, **more: str) -> HttpResponse:
    """A status callback about a text of ours."""
    fields = form("", MessageStatus=status, SmsStatus=status, **more)
    return post(f"/sms/status/?oid={quote(str(oid))}", fields)


def reported_page(oid: object, status: str = "", **fields: str) -> HttpResponse:
    """A status callback about a text to somebody of the staff, or with `CallStatus` and `CallSid` about a call."""
    told = {"MessageStatus": status} if status else {}
    account = {"AccountSid": settings.TWILIO_ACCOUNT_SID}
    return post(f"/sms/page/status/?oid={quote(str(oid))}", {**account, **told, **fields})


def deliver(request: Post) -> HttpResponse:
    url = urlsplit(request.url)
    answer: Any = Client(headers=wire.headers(request)).post(
        f"{url.path}?{url.query}" if url.query else url.path, urlencode(request.fields), content_type=FORM
    )
    return answer  # type: ignore[no-any-return]  # the test client's answer is the view's, with more on it


class Network:
    """Time is `now`, which passes only by `settle` and by a request that nobody answered. To go by another clock, put
    it and what moves it into `clock` and `pass_time`.

    `at_once` lets posts that are to come at the same moment do so, from a thread each: for tests without a transaction.
    """

    def __init__(self, seed: int | None = None) -> None:
        self.now = 1_800_000_000.0
        self.clock: Callable[[], float] = lambda: self.now
        self.pass_time: Callable[[float], None] = self._pass_time
        self.carrier = Carrier(
            settings.TWILIO_ACCOUNT_SID,
            settings.PUBLIC_URL,
            clock=lambda: self.clock(),
            seed=seed,
            tokens=lambda: settings.TWILIO_AUTH_TOKENS,
            numbers=[SHORT_CODE],
        )
        self.posts: list[Post] = []
        self.courier = Courier()
        self.pager = Pager()
        self.minutes = 0
        self.at_once = False

    def text(self, words: str, number: str = OURS, to: str = SHORT_CODE, *pictures: tuple[str, bytes]) -> str:
        """Somebody texts, and the line has answered the webhook when this returns; the provider's id for the text."""
        sid = self.carrier.text(number, to, words, pictures)
        self.settle()
        return sid

    def settle(self, seconds: float = 0.0) -> None:
        """Time passes, and whatever the network has to tell the line by then is told."""
        if seconds:
            self.pass_time(seconds)
        while due := self.carrier.due():
            for posts in groups(due):
                self.posts += posts
                if self.at_once and len(posts) > 1:
                    at_once(len(posts), partial(self._post_next, list(posts)))
                else:
                    for one in posts:
                        self._post(one)

    def settle_all(self, most: float = 600.0) -> None:
        """Time passes until nothing is under way that is due within `most` seconds."""
        end = self.clock() + most
        while (wait := self.carrier.next_due()) is not None and self.clock() + wait <= end:
            self.settle(wait)

    def run(self) -> None:
        """The courier sends what there is, and everything reaches its handset."""
        while self.courier.send_next():
            pass
        self.settle(5.0)

    def screen(self, number: str = OURS) -> list[str]:
        """What the line's texts say on this handset, in order."""
        return [bubble.words for bubble in self.carrier.transcript(number)]

    def _post_next(self, waiting: list[Post]) -> None:
        self._post(waiting.pop())

    def _post(self, one: Post) -> None:
        answer = deliver(one)
        kind, body = answer.get("Content-Type", ""), answer.content.decode()
        self.carrier.answered(one.job, answer.status_code, kind=kind, body=body)

    def _pass_time(self, seconds: float) -> None:
        self.now += seconds


class InProcess(BaseAdapter):
    """Carries the gateway's requests to the network's REST interface; a broken answer becomes what `requests` raises.

    `fail` may do something else first, or instead. `network` is whose time passes while a request waits in vain, and
    whose callbacks may come before the answer.
    """

    def __init__(self) -> None:
        super().__init__()
        self.fail: Callable[[requests.PreparedRequest], requests.Response | None] = lambda _: None
        self.sent: list[requests.PreparedRequest] = []
        self.network: Network | None = None

    def send(self, request: requests.PreparedRequest, *args: Any, **more: Any) -> requests.Response:
        self.sent.append(request)
        answer = self.fail(request)
        if answer is not None:  # a response of 4xx or 5xx is false
            return answer
        url = urlsplit(request.url or "")
        done = rest.answer(
            wire.carrier(),
            request.method or "",
            url.path.removeprefix("/demo/carrier"),
            dict(parse_qsl(url.query, keep_blank_values=True)),
            dict(parse_qsl(str(request.body or ""), keep_blank_values=True)),
            rest.credentials_of(request.headers.get("Authorization", "")),
        )
        if done.early and self.network:
            self.network.settle()
        if done.broken:
            self._break(done.broken)
        return answered(done.status, done.body, request, done.headers)

    def _break(self, how: str) -> None:
        if how == "silence" and self.network:
            self.network.settle(gateway.READ_SECONDS)
        raise BROKEN[how]()

    def close(self) -> None:
        """There is nothing open."""


BROKEN: dict[str, Callable[[], requests.RequestException]] = {
    "refused": lambda: requests.ConnectionError(
        MaxRetryError(None, "/", NewConnectionError(None, "refused"))  # type: ignore[arg-type]  # no pool is needed
    ),
    "reset": lambda: requests.ConnectionError(ProtocolError("aborted", ConnectionResetError())),
    "silence": requests.ReadTimeout,
}
"""As the transport wraps what the socket says; `test_gateway.py` shows the same over real connections."""


def answered(
    status: int,
    content: bytes,
    request: requests.PreparedRequest,
    headers: Mapping[str, str] | None = None,
) -> requests.Response:
    response = requests.Response()
    response.status_code = status
    response.raw = BytesIO(content)
    response.url = request.url or ""
    response.request = request
    response.headers.update({"Content-Type": "application/json"} | dict(headers or {}))
    return response


def at_once(count: int, verb: Callable[[], T]) -> list[T]:
    """Runs the verb in so many threads, all started at the same moment, each with its own connection."""
    barrier = threading.Barrier(count)

    def run(_: int) -> T:
        barrier.wait()
        try:
            return verb()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))
