"""A hand on the wire between a page and the real line: what is sent is kept, and what is heard may be changed.

For what a running demo does not do by itself: texts that fail for every reason there is, pictures, a refusal.
"""

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from playwright.sync_api import Page, WebSocketRoute

Frame = dict[str, Any]


class Wire:
    """Must be made before the page opens its socket. `answers` takes frames by type instead of the line."""

    def __init__(self, page: Page, path: str = "/ws/desk/") -> None:
        self._page = page
        self.sent: list[Frame] = []
        self.heard: list[Frame] = []
        self.answers: dict[str, Callable[[Frame], None]] = {}
        self._held: list[str] = []
        self._socket: WebSocketRoute | None = None
        page.route_web_socket(f"**{path}", self._open)

    def _open(self, socket: WebSocketRoute) -> None:
        self._socket, line = socket, socket.connect_to_server()

        def from_page(text: str | bytes) -> None:
            frame = json.loads(text)
            self.sent.append(frame)
            self.answers.get(frame["type"], lambda _: line.send(text))(frame)

        def from_line(text: str | bytes) -> None:
            frame = json.loads(text)
            self.heard.append(frame)
            if frame["type"] == "desk" and self._held:
                self._tell_desk(frame)
            else:
                socket.send(text)

        socket.on_message(from_page)
        line.on_message(from_line)

    def tell(self, frame: Frame) -> None:
        """The page hears this as if the line had said it."""
        assert self._socket is not None
        self._socket.send(json.dumps(frame))

    def _tell_desk(self, frame: Frame) -> None:
        """The line knows nothing of what this desk was made to hold, and each `desk` would take it away again."""
        self.tell({**frame, "conversations": [*frame["conversations"], *self._held]})

    def hears(self, kind: str) -> None:
        """Until the line has said such a frame."""
        for _ in range(200):
            if any(frame["type"] == kind for frame in self.heard):
                return
            self._page.wait_for_timeout(50)
        raise AssertionError(f"no {kind} in ten seconds")

    def message(self, words: str) -> Frame:
        """The last frame about the message with these words."""
        return next(
            frame for frame in reversed(self.heard) if frame["type"] == "message" and words in frame["text"]
        )

    def message_becomes(self, words: str, **changes: Any) -> None:
        self.tell({**self.message(words), **changes})

    def holds(self, messages: list[Frame], **state: Any) -> None:
        """This desk has one more conversation, by text; each message is what differs from a volunteer's plain one."""
        conversation = str(uuid4())
        about = {"conversation": conversation, "version": 1}
        desk = next(frame for frame in reversed(self.heard) if frame["type"] == "desk")
        at = desk["now"]
        self._held.append(conversation)
        self._tell_desk(desk)
        for seq, message in enumerate(messages, 1):
            plain = {"from": "volunteer", "name": "Sam", "text": f"Message {seq}", "at": at, "media": []}
            self.tell({"type": "message", **about, **plain, "seq": seq, "resend": False, **message})
        known = {
            "handle": "Quiet Heron",
            "medium": "sms",
            "line": "Demo line",
            "language": "en",
            "level": "none",
        }
        flags = {
            "open_flags": 0,
            "returning": False,
            "left": False,
            "left_fast": False,
            "away": False,
            "feeling": None,
            "reachable": True,
            "erase_asked": False,
        }
        times = {"waiting_since": at, "closing_at": None, "last_seq": len(messages)}
        self.tell({"type": "state", **about, "state": "active", **known, **flags, **times, **state})

    def state_becomes(self, conversation: str, **changes: Any) -> None:
        states = (one for one in reversed(self.heard) if one["type"] == "state")
        self.tell({**next(one for one in states if one["conversation"] == conversation), **changes})
