"""Walks both media once through a running line: a visitor on the web and a person who texts are each answered.

    python -m tools.walk var/demo.json

Nobody else may be waiting, since the volunteer takes whoever is next.
It also shows the protocol, spoken with nothing but a web client and a socket: everything here is DESIGN section 6,
and every frame is declared in `consumers/wire.py`.
"""

import base64
import hashlib
import hmac
import json
import re
import secrets
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlencode

import requests
from websockets.sync.client import connect
from websockets.typing import Origin

PATIENCE = 20.0
"""Seconds to wait for a frame. The courier may sleep a second, and the simulator's phone takes a moment to ring."""

Frame = dict[str, Any]


class NotAsPromised(AssertionError):
    """The line did something other than the contract says."""


@dataclass
class Line:
    """What `demo.json` says about a running demo."""

    url: str
    line: str
    short_code: str
    staff: list[dict[str, str]]
    account_sid: str
    auth_token: str
    pages: dict[str, str] = field(default_factory=dict)
    site_key: str = ""

    @classmethod
    def read(cls, path: Path) -> Self:
        told = json.loads(path.read_text())
        return cls(**{name: told[name] for name in cls.__dataclass_fields__ if name in told})

    def account(self, role: str) -> dict[str, str]:
        return next(person for person in self.staff if person["role"] == role)


# --- a person who texts -----------------------------------------------------------------------------------


def text(line: Line, number: str, words: str) -> None:
    """Posts what the carrier posts when somebody texts the line: a form, signed with the account's token."""
    url = f"{line.url}/sms/inbound/"
    sid = "SM" + secrets.token_hex(16)
    form = {
        "MessageSid": sid,
        "SmsMessageSid": sid,
        "AccountSid": line.account_sid,
        "From": number,
        "To": line.short_code,
        "Body": words,
        "NumMedia": "0",
        "NumSegments": "1",
    }
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Twilio-Signature": signature(line.auth_token, url, form),
    }
    answer = web().post(url, data=urlencode(form), headers=headers, timeout=PATIENCE)
    expect(answer.status_code == 200, f"the webhook answered {answer.status_code}: {answer.text[:200]}")


def signature(token: str, url: str, form: dict[str, str]) -> str:
    """The address, then every field and its value in the order of their names, under HMAC-SHA1."""
    signed = url + "".join(name + form[name] for name in sorted(form))
    return base64.b64encode(hmac.digest(token.encode(), signed.encode(), hashlib.sha1)).decode()


def a_number() -> str:
    """One that the demo's carrier can reach: +1 202 555 01xx, set apart for fiction."""
    return f"+120255501{secrets.randbelow(100):02d}"


# --- sockets ----------------------------------------------------------------------------------------------


class Socket:
    """A socket of the line that has said hello. Every frame that came is kept in `heard`."""

    def __init__(self, url: str, origin: str, cookies: str = ""):
        headers = {"Cookie": cookies} if cookies else {}
        self.heard: list[Frame] = []
        self._open = ExitStack()
        self._socket = self._open.enter_context(
            connect(
                url.replace("http", "ws", 1), origin=Origin(origin), additional_headers=headers, proxy=None
            )
        )

    def send(self, type: str, **fields: Any) -> None:
        self._socket.send(json.dumps({"type": type, **fields}))

    def wait(self, type: str, **fields: Any) -> Frame:
        """The next frame of this type whose fields are these; what comes before it is read and kept.

        `...` as the value of a field stands for anything but null. Raises NotAsPromised when none comes in time, or
        when the line refuses something meanwhile.
        """
        deadline = time.monotonic() + PATIENCE
        while (left := deadline - time.monotonic()) > 0:
            try:
                frame: Frame = json.loads(self._socket.recv(timeout=left))
            except TimeoutError:
                break
            self.heard.append(frame)
            if frame["type"] == "error" and type != "error":
                raise NotAsPromised(f"refused while waiting for {type}: {frame}")
            if frame["type"] == type and all(fits(frame.get(name), value) for name, value in fields.items()):
                return frame
        last = "\n".join(f"    {frame}" for frame in self.heard[-8:])
        raise NotAsPromised(f"no {type} with {fields} within {PATIENCE:.0f} s; the last that came:\n{last}")

    def say(self, words: str, **fields: Any) -> Frame:
        """Says it under a key of its own and returns `said`. Sending the key again would store nothing new."""
        key = secrets.token_hex(8)
        self.send("say", key=key, text=words, **fields)
        return self.wait("said", key=key)

    def close(self) -> None:
        self._open.close()


def fits(value: Any, wanted: Any) -> bool:
    return value is not None if wanted is ... else bool(value == wanted)


def visit(line: Line, token: str | None = None, after: int = 0) -> Socket:
    """A visitor opens the chat page, or comes back to it with the `token` and the `version` of its tab."""
    page = web().get(f"{line.url}/chat/{line.line}/", timeout=PATIENCE)
    nonce = found(r'data-nonce="([^"]+)"', page.text, "the nonce on the chat page")
    socket = Socket(f"{line.url}/ws/visitor/{line.line}/", line.url)
    socket.send("hello", nonce=nonce, token=token, after=after, site=None, language="en")
    return socket


def sign_in(line: Line, role: str = "volunteer") -> requests.Session:
    """A browser's session, its cookies inside."""
    browser = web()
    address = f"{line.url}/accounts/login/"
    form = browser.get(address, timeout=PATIENCE)
    account = line.account(role)
    fields = {
        "csrfmiddlewaretoken": found(
            r'name="csrfmiddlewaretoken" value="([^"]+)"', form.text, "the sign-in form"
        ),
        "username": account["username"],
        "password": account["password"],
    }
    answer = browser.post(address, data=fields, headers={"Referer": address}, timeout=PATIENCE)
    expect(answer.ok and answer.url != address, f"{role} could not sign in: {answer.status_code}")
    return browser


def desk(line: Line, browser: requests.Session) -> Socket:
    """A volunteer's desk: it says hello, and is told what it holds."""
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in browser.cookies)
    socket = Socket(f"{line.url}/ws/desk/", line.url, cookies)
    socket.send("hello", cursors={})
    socket.wait("desk")
    return socket


# --- the walk ---------------------------------------------------------------------------------------------


def walk_the_web(line: Line, volunteer: Socket) -> None:
    visitor = visit(line)
    token = visitor.wait("welcome", state="new")["token"]
    conversation = visitor.say("Hello? Is somebody there?")["conversation"]

    volunteer.send("take")
    taken = volunteer.wait("taken")
    expect(taken["conversation"] == conversation, "somebody else was waiting; walk through a fresh demo")
    volunteer.wait("message", conversation=conversation, text="Hello? Is somebody there?")
    volunteer.say("I am here. What is on your mind?", conversation=conversation)
    answer = visitor.wait("message", **{"from": "volunteer", "text": "I am here. What is on your mind?"})
    step("web: a visitor is answered over the socket")

    visitor.close()
    visitor = visit(line, token, after=0)
    visitor.wait("welcome", conversation=conversation, state="active")
    again = visitor.wait("message", seq=answer["seq"])
    expect(again["text"] == answer["text"], "a reload showed something else")
    step("web: a reload of the tab shows the same conversation")

    visitor.send("end")
    volunteer.wait("state", conversation=conversation, left=True)
    visitor.close()
    step("web: the visitor ends it, and the volunteer sees that they left")
    volunteer.send("close", conversation=conversation, wrap_up=WRAP_UP)
    volunteer.wait("state", conversation=conversation, closing_at=...)
    step("web: the volunteer closes it")


WRAP_UP = {"contact": "test", "not_asked": "Nobody is there: this is a walk through the line."}
"""What a volunteer of the demo says when they close; its line wants the risk question asked, or a reason."""


def walk_the_texts(line: Line, volunteer: Socket) -> None:
    number = a_number()
    text(line, number, "hi, i dont really know how this works")
    step("text: the signed webhook is accepted")

    volunteer.send("take")
    conversation = volunteer.wait("taken")["conversation"]
    volunteer.wait("message", conversation=conversation, text="hi, i dont really know how this works")
    said = volunteer.say("You just write, and I write back.", conversation=conversation)
    volunteer.wait("message", conversation=conversation, seq=said["seq"], delivery="delivered")
    step("text: the answer reaches the phone, and the volunteer sees that it did")

    everything = json.dumps(volunteer.heard)
    expect(number not in everything and number[2:] not in everything, "the desk was told the number")
    step("text: the volunteer never sees the number")

    volunteer.send("close", conversation=conversation, wrap_up=WRAP_UP)
    volunteer.wait("state", conversation=conversation, closing_at=...)
    step("text: the volunteer closes it, with ten seconds to undo")


def walk(line: Line) -> int:
    """Returns how many steps were seen; raises NotAsPromised at the first that was not."""
    volunteer = desk(line, sign_in(line))
    step("a volunteer signs in and opens the desk")
    volunteer.send("ready", on=True)
    # What an earlier walk closed holds its seats for ten seconds.
    volunteer.wait("desk", ready=True, conversations=[])
    step("and is ready")
    try:
        walk_the_web(line, volunteer)
        walk_the_texts(line, volunteer)
        volunteer.send("ready", on=False)
        volunteer.wait("desk", ready=False)
    finally:
        volunteer.close()
    return len(steps)


steps: list[str] = []


def step(what: str) -> None:
    steps.append(what)
    print(f"  ok  {what}", flush=True)


def expect(holds: object, otherwise: str) -> None:
    if not holds:
        raise NotAsPromised(otherwise)


def found(pattern: str, page: str, what: str) -> str:
    match = re.search(pattern, page)
    if not match:
        raise NotAsPromised(f"{what} was not found")
    return match.group(1)


def web() -> requests.Session:
    """A client that goes straight to the line, whatever proxy this machine is set to use."""
    session = requests.Session()
    session.trust_env = False
    return session


if __name__ == "__main__":
    count = walk(Line.read(Path(sys.argv[1] if len(sys.argv) > 1 else "var/demo.json")))
    print(f"{count} passed, 0 failed")
