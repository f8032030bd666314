"""Clients of both sockets, in this process or over a real connection, that keep what they are shown as the pages do.

door = Door()                                # or a `Wire` to a server that runs
visitor, desk = await door.visitor(), await door.desk(cast.sam)
said = await visitor.say("hello")
await desk.sees(lambda: desk.shown.texts() == ["hello"])
"""

import asyncio
import json
import re
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any, Protocol, TypeVar

import requests
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.db import connections
from django.test import Client as PageClient
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from chatline.conversations.tokens import new_nonce
from chatline.people.models import Staff
from consumers import domain
from consumers.hub import hub_of_this_loop
from tests.cast import new_key

SECONDS = 5.0
"""How long a client waits for what it expects; a working line answers in milliseconds."""

Frame = dict[str, Any]
T = TypeVar("T")


class Ended(Exception):
    """The server ended the socket with this close code."""

    def __init__(self, code: int):
        super().__init__(code)
        self.code = code


async def verb(function: Callable[..., T], *arguments: Any, **more: Any) -> T:
    """Runs a verb of the domain in a thread of its own, as a page or another process would."""
    return await sync_to_async(function)(*arguments, **more)


# --- what somebody is shown -------------------------------------------------------------------------------


class Shown:
    """Everything a socket was sent, kept as a page keeps it: the newest of each message and of each state."""

    def __init__(self) -> None:
        self.frames: list[Frame] = []
        self.messages: dict[str, dict[int, Frame]] = defaultdict(dict)
        self.states: dict[str, Frame] = {}
        self.said: dict[str, Frame] = {}
        self.refused: list[Frame] = []
        self.latest: dict[str, Frame] = {}

    def take(self, frame: Frame) -> None:
        self.frames.append(frame)
        self.latest[frame["type"]] = frame
        keep = getattr(self, f"_take_{frame['type']}", None)
        if keep:
            keep(frame)

    def _take_message(self, frame: Frame) -> None:
        of_conversation = self.messages[frame["conversation"]]
        known = of_conversation.get(frame["seq"])
        if known is None or known["version"] <= frame["version"]:
            of_conversation[frame["seq"]] = frame
        if state := self.states.get(frame["conversation"]):
            # A message that comes alone says by itself that version and last number have risen.
            for name, told in (("version", frame["version"]), ("last_seq", frame["seq"])):
                if name in state:
                    state[name] = max(state[name], told)

    def _take_state(self, frame: Frame) -> None:
        if self.states.get(frame["conversation"], frame)["version"] <= frame["version"]:
            self.states[frame["conversation"]] = frame

    def _take_desk(self, frame: Frame) -> None:
        for gone in self.states.keys() - set(frame["conversations"]):
            del self.states[gone]
            self.messages.pop(gone, None)

    def _take_said(self, frame: Frame) -> None:
        self.said[frame["key"]] = frame

    def _take_error(self, frame: Frame) -> None:
        self.refused.append(frame)

    def __repr__(self) -> str:
        kinds = [frame["type"] for frame in self.frames]
        return f"{kinds}, states {list(self.states)}, the last {self.frames[-4:]}"

    def texts(self, conversation: str | None = None) -> list[str]:
        """The words of one conversation (or of all there are) in order of `seq`."""
        chosen = [conversation] if conversation else list(self.messages)
        return [self.messages[one][seq]["text"] for one in chosen for seq in sorted(self.messages[one])]

    def picture(self) -> Mapping[str, object]:
        """What stands on the page, for comparison with somebody else's."""
        return {
            "states": self.states,
            "messages": {one: rows for one, rows in self.messages.items() if one in self.states},
        }

    def cursors(self) -> dict[str, int]:
        return {one: state["version"] for one, state in self.states.items()}


# --- how frames travel ------------------------------------------------------------------------------------


class Transport(Protocol):
    async def send(self, text: str) -> None: ...

    async def receive(self) -> str:
        """The next frame. Raises Ended."""

    async def close(self) -> None: ...


class InProcess:
    """A socket of the application in this event loop, without a server."""

    def __init__(self, communicator: WebsocketCommunicator) -> None:
        self._communicator = communicator

    async def send(self, text: str) -> None:
        await self._communicator.send_input({"type": "websocket.receive", "text": text})

    async def receive(self) -> str:
        # Not `receive_from`: after a timeout it cancels the application under test.
        event = await self._communicator.output_queue.get()
        if event["type"] == "websocket.close":
            raise Ended(event.get("code", 1000))
        return str(event["text"])

    async def close(self) -> None:
        await self._communicator.disconnect(timeout=SECONDS)


class OverNet:
    """A socket of a server that runs."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection

    async def send(self, text: str) -> None:
        with suppress(ConnectionClosed):  # what was sent into a dying server is what tests of it are about
            await self._connection.send(text)

    async def receive(self) -> str:
        try:
            return str(await self._connection.recv())
        except ConnectionClosed as closed:
            raise Ended(closed.rcvd.code if closed.rcvd else 1006) from None

    async def close(self) -> None:
        await self._connection.close()


# --- who is on a socket -----------------------------------------------------------------------------------


class Client:
    """One socket; reading happens only while something is waited for."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport
        self.shown = Shown()

    async def send(self, kind: str, **fields: Any) -> None:
        await self.transport.send(json.dumps({"type": kind, **fields}))

    async def next(self, seconds: float = SECONDS) -> Frame:
        """The next frame of any type. Raises TimeoutError or Ended."""
        async with asyncio.timeout(seconds):
            frame: Frame = json.loads(await self.transport.receive())
        self.shown.take(frame)
        return frame

    async def hears(self, *kinds: str, seconds: float = SECONDS) -> Frame:
        """The next frame of one of these types, whatever else comes before it."""
        deadline = time.monotonic() + seconds
        while (frame := await self.next(max(0.001, deadline - time.monotonic())))["type"] not in kinds:
            pass
        return frame

    async def sees(self, what: Callable[[], object], seconds: float = SECONDS) -> None:
        """Reads until `what()` holds for what is shown. Fails with what was shown if it does not in time."""
        deadline = time.monotonic() + seconds
        while not what():
            try:
                await self.next(max(0.001, deadline - time.monotonic()))
            except TimeoutError:
                raise AssertionError(f"not within {seconds} s: {self.shown}") from None

    async def quiet(self, seconds: float = 0.3) -> list[Frame]:
        """Reads whatever comes within `seconds`, pings left out."""
        frames: list[Frame] = []
        deadline = time.monotonic() + seconds
        with suppress(TimeoutError):
            while (left := deadline - time.monotonic()) > 0:
                frames.append(await self.next(left))
        return [frame for frame in frames if frame["type"] != "ping"]

    async def refusal(self, kind: str, **fields: Any) -> str:
        """Sends a frame and returns the code of the `error` that answers it."""
        await self.send(kind, **fields)
        return str((await self.hears("error"))["code"])

    async def ends(self, seconds: float = SECONDS) -> int:
        """Reads until the server ends the socket; returns the close code."""
        deadline = time.monotonic() + seconds
        try:
            while True:
                await self.next(max(0.001, deadline - time.monotonic()))
        except Ended as ended:
            return ended.code

    async def send_say(self, key: str, **fields: Any) -> None:
        """Sends a `say`; an earlier answer to the same key is forgotten."""
        self.shown.said.pop(key, None)
        self.shown.refused = [one for one in self.shown.refused if one["key"] != key]
        await self.send("say", key=key, **fields)

    async def said(self, key: str, seconds: float = SECONDS) -> Frame:
        """The answer to a `say`: `said`, or the `error` with its key."""
        answers: list[Frame] = []

        def answered() -> bool:
            refusals = [one for one in self.shown.refused if one["key"] == key]
            answers[:] = [self.shown.said[key]] if key in self.shown.said else refusals
            return bool(answers)

        await self.sees(answered, seconds)
        return answers[0]

    async def close(self) -> None:
        await self.transport.close()


class Visitor(Client):
    token: str | None = None
    conversation: str | None = None

    async def hello(self, **fields: Any) -> Frame:
        """Says hello; `welcome`, or the `error` that refuses it."""
        await self.send("hello", **fields)
        frame = await self.hears("welcome", "error")
        self.token = frame.get("token")
        self.conversation = frame["conversation"]
        return frame

    async def say(self, text: str, key: str | None = None) -> Frame:
        key = key or new_key()
        await self.send_say(key, text=text)
        answer = await self.said(key)
        self.conversation = answer["conversation"] or self.conversation
        return answer

    @property
    def state(self) -> str:
        """Of the conversation in which the visitor last said something; empty before any was shown."""
        return str(self.shown.states.get(self.conversation or "", {}).get("state", ""))


class Desk(Client):
    async def hello(self, cursors: Mapping[str, int] | None = None) -> Frame:
        await self.send("hello", cursors=dict(cursors or {}))
        desk = await self.hears("desk")
        await self.sees(lambda: "queue" in self.shown.latest)
        await self.sees(lambda: "flags" in self.shown.latest or not desk["supervises"])
        return desk

    async def ready(self, seats: int = 2) -> Frame:
        await self.send("ready", on=True, seats=seats)
        await self.sees(lambda: self.shown.latest["desk"]["ready"] and self.shown.latest["desk"]["seats"] == seats)
        return self.shown.latest["desk"]

    async def take(self) -> str:
        """Takes the next person and waits until their conversation is shown."""
        await self.send("take")
        conversation = str((await self.hears("taken", "error")).get("conversation"))
        await self.sees(lambda: conversation in self.shown.states and conversation in self.held)
        return conversation

    async def say(self, conversation: str, text: str, key: str | None = None) -> Frame:
        key = key or new_key()
        await self.send_say(key, conversation=conversation, text=text)
        return await self.said(key)

    @property
    def held(self) -> list[str]:
        return list(self.shown.latest["desk"]["conversations"])

    @property
    def waiting(self) -> list[str]:
        return [one["conversation"] for one in self.shown.latest["queue"]["waiting"]]


# --- ways in ----------------------------------------------------------------------------------------------


class Door:
    """Opens sockets of the application in this process; `close` ends them and what they started."""

    origin = "http://127.0.0.1:8000"

    def __init__(self) -> None:
        self._open: list[Client] = []

    async def connect(self, path: str, cookie: str = "", origin: str | None = None) -> InProcess | None:
        """A socket that was accepted, or None if it was refused."""
        from chatline.asgi import application  # needs Django's tables to be checked, so not before a test runs

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

    async def desk(
        self, staff: Staff, *, greet: bool = True, cursors: Mapping[str, int] | None = None, cookie: str = ""
    ) -> Desk:
        transport = await self.connect("/ws/desk/", cookie or await verb(sign_in, staff))
        assert transport
        desk = Desk(transport)
        self._open.append(desk)
        if greet:
            await desk.hello(cursors)
        return desk

    async def close(self) -> None:
        for client in self._open:
            await client.close()
        await hub_of_this_loop().stop()
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
            page = f"{self.url}/accounts/login/"
            browser.get(page, timeout=SECONDS)
            fields = {"username": username, "password": password, "csrfmiddlewaretoken": browser.cookies["csrftoken"]}
            browser.post(page, fields, headers={"Referer": page}, timeout=SECONDS, allow_redirects=False)
            return f"sessionid={browser.cookies['sessionid']}"

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
