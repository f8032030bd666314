"""Clients of both sockets, in this process or over a real connection, that keep what they are shown as the pages do.

visitor, desk = await door.visitor(), await door.desk(cast.sam)    # see doors.py
said = await visitor.say("hello")
await desk.sees(lambda: desk.shown.texts() == ["hello"])
"""

import asyncio
import json
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Protocol, TypeVar

from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from routing.intake import Received
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


def conversation_of(received: Received) -> str:
    """Where something said was stored, as frames write it."""
    assert received.stored
    return str(received.stored.conversation)


# --- what somebody is shown -------------------------------------------------------------------------------


class Shown:
    """Everything a socket was sent, kept as a page keeps it: the newest of each message and of each state."""

    def __init__(self) -> None:
        self.frames: list[Frame] = []
        self.messages: dict[str, dict[int, Frame]] = defaultdict(dict)
        self.states: dict[str, Frame] = {}
        self.noted: dict[str, dict[int, Frame]] = defaultdict(dict)
        self.guides: dict[str, Frame] = {}
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

    def _take_noted(self, frame: Frame) -> None:
        self.noted[frame["conversation"]][frame["id"]] = frame

    def _take_guide(self, frame: Frame) -> None:
        self.guides[frame["conversation"]] = frame

    def _take_desk(self, frame: Frame) -> None:
        for gone in self.states.keys() - {*frame["conversations"], *frame["watching"]}:
            del self.states[gone]
            for kept in (self.messages, self.noted, self.guides):
                kept.pop(gone, None)

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

    def notes(self, conversation: str) -> list[tuple[str, str]]:
        """What was noted beside one conversation, in order: its kind and its words."""
        rows = self.noted[conversation]
        return [(rows[one]["kind"], rows[one]["text"]) for one in sorted(rows)]

    def picture(self) -> Mapping[str, object]:
        """What stands on the page, for comparison with somebody else's."""
        return {
            "states": self.states,
            "messages": {one: rows for one, rows in self.messages.items() if one in self.states},
            "noted": {one: rows for one, rows in self.noted.items() if one in self.states},
            "guides": {
                one: {name: told for name, told in guide.items() if name != "version"}
                for one, guide in self.guides.items()
                if one in self.states
            },
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
        await self.sees(
            lambda: self.shown.latest["desk"]["ready"] and self.shown.latest["desk"]["seats"] == seats
        )
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

    async def sees_mark(self, conversation: str, seq: int, mark: str, seconds: float = SECONDS) -> None:
        """Reads until this message carries this delivery mark."""
        row = self.shown.messages[conversation]
        await self.sees(lambda: row.get(seq, {}).get("delivery") == mark, seconds)

    @property
    def held(self) -> list[str]:
        return list(self.shown.latest["desk"]["conversations"])

    @property
    def waiting(self) -> list[str]:
        return [one["conversation"] for one in self.shown.latest["queue"]["waiting"]]
