"""A line that does what a test says: it takes the place of the visitor's socket, and has no server behind it."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from playwright.sync_api import Page, Route, WebSocketRoute

Frame = dict[str, Any]
CONVERSATION = str(UUID("3f2a91bc-1d5e-4c58-9d0e-6a7b8c9d0e1f"))


def at(**since: float) -> str:
    return (datetime.now(UTC) + timedelta(**since)).isoformat()


class FakeLine:
    """Must be made before the page opens its socket. `sent` is what the page said, in order.

    `knows` says that a token finds this conversation; `silent` answers nothing that is said.
    """

    def __init__(self, page: Page, *, knows: bool = False, **welcome: Any) -> None:
        self.page = page
        self.sent: list[Frame] = []
        self.welcome = {"state": "new", "wait": None, "service": "open", "opens_at": None, **welcome}
        self.state: Frame = {
            "type": "state", "conversation": CONVERSATION, "state": "waiting", "version": 1, "last_seq": 0,
            "wait": None, "name": "", "closing_at": None, "since": at(), "service": "open", "opens_at": None,
            "ended": "", "erasure": "", "erased_at": None, "blocked": False, "another": False,
            "feeling_before": None, "feeling_after": None,
        }  # fmt: skip
        self.messages: list[Frame] = []
        self.refuses: Frame | None = None
        self.silent = False
        self.down = False
        self.begun = knows
        self._socket: WebSocketRoute | None = None
        page.route_web_socket("**/ws/visitor/**", self._open)
        page.route("**/poll/**", self._poll)
        page.route("**/leave/", lambda route: route.fulfill(status=204))

    def _poll(self, route: Route) -> None:
        route.abort()

    def _open(self, socket: WebSocketRoute) -> None:
        if self.down:
            socket.close()
            return
        self._socket = socket
        socket.on_message(lambda text: self._hear(json.loads(text)))

    def _hear(self, frame: Frame) -> None:
        self.sent.append(frame)
        if self.refuses and frame["type"] in self.refuses["of"]:
            self.tell(
                {"type": "error", "detail": "In English", "retry_after": None, "key": frame.get("key")}
                | self.refuses["error"]
            )
        elif frame["type"] == "hello":
            self._greet()
        elif frame["type"] == "say" and not self.silent:
            self.says(frame["text"], "visitor", key=frame["key"])

    def _greet(self) -> None:
        known = {"conversation": CONVERSATION, "version": self.state["version"], "state": self.state["state"]}
        about = known if self.begun else {"conversation": None, "version": 0}
        self.tell({"type": "welcome", "token": "a-token", **self.welcome, **about})
        if self.begun:
            for message in self.messages:
                self.tell(message)
            self.tell(self.state)

    def tell(self, frame: Frame) -> None:
        """The page hears this."""
        assert self._socket is not None
        self._socket.send(json.dumps(frame))

    def says(self, text: str, by: str = "volunteer", **more: Any) -> None:
        """Somebody says something: the volunteer, the line, or the visitor in another tab."""
        self.begun = True
        name = {"visitor": "", "line": ""}.get(by, "Sam")
        seq = len(self.messages) + 1
        message = {
            "type": "message", "conversation": CONVERSATION, "seq": seq, "version": seq + 1, "from": by,
            "name": name, "text": text, "at": at(), "key": None, "purpose": "", **more,
        }  # fmt: skip
        self.messages.append(message)
        self.tell(message)
        self.becomes()

    def becomes(self, **changes: Any) -> None:
        """The conversation's state changes."""
        self.state |= {"version": self.state["version"] + 1, "last_seq": len(self.messages), **changes}
        self.tell(self.state)

    def goes_down(self) -> None:
        self.down = True
        if self._socket:
            self._socket.close()

    def comes_back(self) -> None:
        self.down = False

    def is_found_again(self) -> None:
        """Moves the page's clock, which must be installed, until the page is back: sockets know only real time."""
        before = len(self.of_type("hello"))
        for _ in range(90):
            self.page.clock.run_for(1_000)
            if len(self.of_type("hello")) > before:
                return
            self.page.wait_for_timeout(20)
        raise AssertionError("the page did not come back in a minute and a half of its clock")

    def of_type(self, kind: str) -> list[Frame]:
        return [frame for frame in self.sent if frame["type"] == kind]

    def heard(self, kind: str) -> list[Frame]:
        """The same, once there is one; empty after two seconds."""
        for _ in range(40):
            if found := self.of_type(kind):
                return found
            self.page.wait_for_timeout(50)
        return []
