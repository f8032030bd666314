"""The phone network of the demonstration inside a test: the same state machine, the real client, no wire.

`Network` has a clock of its own and posts only when told, so that a test decides what comes when. What leaves through
the gateway comes to the network's own REST views; what the network posts comes to the line's webhooks.
"""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any, TypeVar
from urllib.parse import quote, urlencode, urlsplit

import requests
from django.conf import settings
from django.db import connections
from django.http import HttpResponse
from django.test import Client
from requests.adapters import BaseAdapter

from chatline.demo import wire
from chatline.demo.carrier import Carrier, Post
from chatline.sms.courier import Courier
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


def deliver(request: Post) -> HttpResponse:
    url = urlsplit(request.url)
    answer: Any = Client(headers=wire.headers(request)).post(
        f"{url.path}?{url.query}" if url.query else url.path, urlencode(request.fields), content_type=FORM
    )
    return answer  # type: ignore[no-any-return]  # the test client's answer is the view's, with more on it


class Network:
    def __init__(self) -> None:
        self.now = 1_800_000_000.0
        self.carrier = Carrier(settings.TWILIO_ACCOUNT_SID, settings.PUBLIC_URL, clock=lambda: self.now)
        self.posts: list[Post] = []
        self.courier = Courier()
        self.minutes = 0

    def text(self, words: str, number: str = OURS, to: str = SHORT_CODE) -> None:
        """Somebody texts, and the line has answered the webhook when this returns."""
        self.carrier.text(number, to, words)
        self.settle()

    def settle(self, seconds: float = 0.0) -> None:
        """Time passes, and whatever the network has to tell the line by then is told."""
        self.now += seconds
        while due := self.carrier.due():
            for one in due:
                self.posts.append(one)
                self.carrier.answered(one.job, deliver(one).status_code)

    def run(self) -> None:
        """The courier sends what there is, and everything reaches its handset."""
        while self.courier.send_next():
            pass
        self.settle(5.0)

    def screen(self, number: str = OURS) -> list[str]:
        """What the line's texts say on this handset, in order."""
        _, screens = self.carrier.screens()
        return [sms.words for sms in screens[number] if not sms.inbound]


class InProcess(BaseAdapter):
    """Carries the gateway's requests to the network's REST views. `fail` may do something else first, or instead."""

    def __init__(self) -> None:
        super().__init__()
        self.fail: Callable[[requests.PreparedRequest], requests.Response | None] = lambda _: None
        self.sent: list[requests.PreparedRequest] = []

    def send(self, request: requests.PreparedRequest, *args: Any, **more: Any) -> requests.Response:
        self.sent.append(request)
        answer = self.fail(request)
        if answer is not None:  # a response of 4xx or 5xx is false
            return answer
        path = urlsplit(request.url or "").path
        credentials = {"authorization": request.headers["Authorization"]}
        done: Any = Client(headers=credentials).generic(
            request.method or "POST", path, request.body or "", content_type=FORM
        )
        return answered(done.status_code, done.content, request)

    def close(self) -> None:
        """There is nothing open."""


def answered(
    status: int, content: bytes, request: requests.PreparedRequest, kind: str = "application/json"
) -> requests.Response:
    response = requests.Response()
    response.status_code = status
    response.raw = BytesIO(content)
    response.url = request.url or ""
    response.request = request
    response.headers["Content-Type"] = kind
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
