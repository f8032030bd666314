"""Ways in: a socket of the application in this process (`Door`), or of a server that runs (`Wire`)."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import requests
from channels.testing import HttpCommunicator, WebsocketCommunicator
from django.conf import settings
from django.db import connections
from django.test import Client as PageClient
from websockets.asyncio.client import connect

from chatline.conversations.tokens import new_nonce
from chatline.people.models import Staff
from consumers import domain
from consumers.hub import hub_of_this_loop
from tests.clients import SECONDS, Client, Desk, InProcess, OverNet, Visitor, verb


@dataclass(frozen=True, slots=True)
class Answer:
    """To a request of `POST /poll/<line>/`."""

    status: int
    headers: dict[str, str]
    body: Any

    def kinds(self) -> list[str]:
        return [frame["type"] for frame in self.body]

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [frame for frame in self.body if frame["type"] == kind]


class Poll:
    """One such request under way in this process."""

    def __init__(self, communicator: HttpCommunicator) -> None:
        self._communicator = communicator

    async def answer(self, seconds: float = SECONDS) -> Answer:
        told = await self._communicator.get_response(timeout=seconds)
        headers = {name.decode(): value.decode() for name, value in told["headers"]}
        return Answer(told["status"], headers, json.loads(told["body"]))

    async def send(self) -> None:
        """Without waiting for the answer."""
        await self._communicator.send_input({"type": "http.request", "body": self._communicator.body})

    async def hang_up(self) -> None:
        await self._communicator.send_input({"type": "http.disconnect"})
        await self._communicator.wait(timeout=SECONDS)


class Door:
    """Opens sockets of the application in this process; `close` ends them and what they started."""

    origin = "http://127.0.0.1:8000"

    def __init__(self) -> None:
        self._open: list[Client] = []
        self._browsers: dict[UUID, str] = {}

    async def connect(self, path: str, cookie: str = "", origin: str | None = None) -> InProcess | None:
        """A socket that was accepted, or None if it was refused."""
        from chatline.asgi import (
            application,  # needs Django's tables to be checked, so not before a test runs
        )

        headers = [(b"origin", (origin or self.origin).encode())]
        if cookie:
            headers.append((b"cookie", cookie.encode()))
        communicator = WebsocketCommunicator(application, path, headers=headers)
        accepted, _ = await communicator.connect(timeout=SECONDS)
        return InProcess(communicator) if accepted else None

    async def visitor(self, line: str = "demo", *, greet: bool = True, **hello: Any) -> Visitor:
        """A tab that was opened now; with `token` the same tab again."""
        transport = await self.connect(f"/ws/visitor/{line}/")
        assert transport
        visitor = Visitor(transport)
        self._open.append(visitor)
        if greet:
            await visitor.hello(**{"nonce": new_nonce(line), **hello})
        return visitor

    def poll(
        self,
        body: Any,
        line: str = "demo",
        method: str = "POST",
        origin: str | None = None,
        kind: str = "application/json",
    ) -> Poll:
        """A request with this body, as bytes or to be written as JSON; it is under way once its answer is asked for."""
        from chatline.asgi import application  # as above

        written = body if isinstance(body, bytes) else json.dumps(body).encode()
        told = {"origin": self.origin if origin is None else origin, "content-type": kind}
        headers = [(name.encode(), value.encode()) for name, value in told.items() if value]
        return Poll(HttpCommunicator(application, method, f"/poll/{line}/", written, headers))

    async def desk(
        self, staff: Staff, *, greet: bool = True, cursors: Mapping[str, int] | None = None, cookie: str = ""
    ) -> Desk:
        """In the one browser of theirs, where they sign in the first time; with `cookie` in another."""
        if not cookie and staff.id not in self._browsers:
            self._browsers[staff.id] = await verb(sign_in, staff)
        transport = await self.connect("/ws/desk/", cookie or self._browsers[staff.id])
        assert transport
        desk = Desk(transport)
        self._open.append(desk)
        if greet:
            await desk.hello(cursors)
        return desk

    async def close(self) -> None:
        for client in self._open:
            await client.close()
        hub = hub_of_this_loop()
        await hub.stop()
        try:
            # What was still waiting for the thread would open its connection again.
            async with asyncio.timeout(SECONDS):
                await hub.hop.run(bool)
        finally:
            domain.close()
            await verb(connections.close_all)


@asynccontextmanager
async def open_door() -> AsyncIterator[Door]:
    door = Door()
    try:
        yield door
    finally:
        await door.close()


def sign_in(staff: Staff) -> str:
    """The cookie header of a new session."""
    browser = PageClient()
    browser.force_login(staff)
    return f"{settings.SESSION_COOKIE_NAME}={browser.cookies[settings.SESSION_COOKIE_NAME].value}"


class Wire:
    """Opens sockets of a server that runs at `url`; its pages are served as `public_url`, if that is another.

    `address` is where visitors come from (any of 127.0.0.0/8), so that a test can search for it.
    """

    def __init__(self, url: str, public_url: str = "", address: str = "127.0.0.1", agent: str = "a browser"):
        self.url = url
        self._origin: Any = public_url or url
        self._address = address
        self._agent = agent
        self._open: list[Client] = []

    async def _connect(self, path: str, cookie: str = "") -> OverNet:
        connection = await connect(
            self.url.replace("http", "ws", 1) + path,
            origin=self._origin,
            additional_headers={"Cookie": cookie} if cookie else {},
            user_agent_header=self._agent,
            local_addr=(self._address, 0),
            proxy=None,
        )
        return OverNet(connection)

    async def visitor(self, line: str = "demo", **hello: Any) -> Visitor:
        nonce = await asyncio.to_thread(self._nonce, line)
        visitor = Visitor(await self._connect(f"/ws/visitor/{line}/"))
        self._open.append(visitor)
        await visitor.hello(**{"nonce": nonce, **hello})
        return visitor

    def _nonce(self, line: str) -> str:
        page = requests.get(f"{self.url}/chat/{line}/", headers={"User-Agent": self._agent}, timeout=SECONDS)
        found = re.search(r'data-nonce="([^"]+)"', page.text)
        assert found, "no nonce on the chat's page"
        return found[1]

    async def desk(self, username: str, password: str, cursors: Mapping[str, int] | None = None) -> Desk:
        cookie = await asyncio.to_thread(self._sign_in, username, password)
        desk = Desk(await self._connect("/ws/desk/", cookie))
        self._open.append(desk)
        await desk.hello(cursors)
        return desk

    def _sign_in(self, username: str, password: str) -> str:
        with requests.Session() as browser:
            self._post(browser, "/accounts/login/", username=username, password=password)
            return f"sessionid={browser.cookies['sessionid']}"

    def end_other_sessions(self, username: str, password: str) -> None:
        """In a new browser, they end all their sessions but this one."""
        with requests.Session() as browser:
            self._post(browser, "/accounts/login/", username=username, password=password)
            self._post(browser, "/accounts/sessions/", others="1")

    def _post(self, browser: requests.Session, path: str, **fields: str) -> None:
        page = f"{self.url}{path}"
        browser.get(page, timeout=SECONDS)
        signed = {**fields, "csrfmiddlewaretoken": browser.cookies["csrftoken"]}
        browser.post(page, signed, headers={"Referer": page}, timeout=SECONDS, allow_redirects=False)

    async def close(self) -> None:
        for client in self._open:
            await client.close()


@asynccontextmanager
async def open_wire(url: str, **more: str) -> AsyncIterator[Wire]:
    wire = Wire(url, **more)
    try:
        yield wire
    finally:
        await wire.close()
