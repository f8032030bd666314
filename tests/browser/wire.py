"""A hand on the wire between a page and the real line: what is sent is kept, and what is heard may be changed.

For what a running demo does not do by itself: texts that fail for every reason there is, pictures, a refusal.
"""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from playwright.sync_api import Page, TimeoutError, WebSocketRoute, expect

Frame = dict[str, Any]


class Wire:
    """Must be made before the page opens its socket. `answers` takes frames by type instead of the line."""

    def __init__(self, page: Page, path: str = "/ws/desk/") -> None:
        self._page = page
        self.sent: list[Frame] = []
        self.heard: list[Frame] = []
        self.answers: dict[str, Callable[[Frame], None]] = {}
        self._held: list[str] = []
        self._states: dict[str, Frame] = {}
        self._ahead = timedelta()
        self._off = False
        self._kept: dict[str, Frame] = {}
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
            if frame["type"] == "desk":
                self._tell_desk(frame)
            else:
                self.tell({**frame, **self._kept.get(frame["type"], {})})

        socket.on_message(from_page)
        line.on_message(from_line)

    def tell(self, frame: Frame) -> None:
        """The page hears this as if the line had said it."""
        assert self._socket is not None
        if "now" in frame and self._ahead:
            frame = {**frame, "now": (datetime.fromisoformat(frame["now"]) + self._ahead).isoformat()}
        self._socket.send(json.dumps(frame))

    def time_passes(self, seconds: float) -> None:
        """From now on it is so much later: pages go by the line's clock."""
        self._ahead += timedelta(seconds=seconds)
        self._tell_desk(self._latest("desk"))

    def _latest(self, kind: str) -> Frame:
        """Once there is one: a page is connected a moment before the line has told it anything."""
        for _ in range(200):
            if found := [frame for frame in self.heard if frame["type"] == kind]:
                return found[-1]
            self._page.wait_for_timeout(50)
        raise AssertionError(f"no {kind} in ten seconds")

    def _tell_desk(self, frame: Frame) -> None:
        """The line knows nothing of what this desk was made to be, and each `desk` would undo it again."""
        off: Frame = {"begun_at": None, "conversations": []} if self._off else {}
        held = [*frame["conversations"], *self._held]
        self.tell({**frame, **self._kept.get("desk", {}), "conversations": held, **off})

    def begins_anew(self) -> None:
        """The page is loaded again, and nothing of what it was made to hear is so any more."""
        self._held, self._states, self._kept = [], {}, {}
        self._ahead, self._off = timedelta(), False
        self.sent.clear()
        before = len(self.heard)
        self._page.reload()
        self.hears("queue", before)

    def hears(self, kind: str, after: int = 0) -> None:
        """Until the line has said such a frame, beyond the first `after` frames of all."""
        for _ in range(200):
            if any(frame["type"] == kind for frame in self.heard[after:]):
                return
            self._page.wait_for_timeout(50)
        raise AssertionError(f"no {kind} in ten seconds")

    def now(self) -> str:
        """The line's time, as it last told it."""
        return str(next(frame["now"] for frame in reversed(self.heard) if "now" in frame))

    def message(self, words: str) -> Frame:
        """The last frame about the message with these words."""
        return next(
            frame for frame in reversed(self.heard) if frame["type"] == "message" and words in frame["text"]
        )

    def message_becomes(self, words: str, **changes: Any) -> None:
        self.tell({**self.message(words), **changes})

    def holds(self, messages: list[Frame], **state: Any) -> str:
        """This desk has one more conversation, by text; each message is what differs from a volunteer's plain one."""
        conversation = str(uuid4())
        about = {"conversation": conversation, "version": 1}
        desk = self._latest("desk")
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
            "drill": False,
            "left": False,
            "left_fast": False,
            "away": False,
            "feeling": None,
            "reachable": True,
            "erase_asked": False,
        }
        times = {"waiting_since": at, "taken_at": at, "closing_at": None, "last_seq": len(messages)}
        told = {"type": "state", **about, "state": "active", **known, **flags, **times, "talk_minutes": 90}
        self._states[conversation] = {**told, **state}
        self.tell(self._states[conversation])
        return conversation

    def is_offered(self, **offer: Any) -> None:
        """A colleague offers somebody to this desk."""
        known = {
            "handle": "Calm Otter",
            "medium": "web",
            "line": "Demo line",
            "level": "concern",
            "by": "Robin",
        }
        about = {"conversation": str(uuid4()), "expires_at": "2099-01-01T00:00:00Z"}
        self._kept["desk"] = {"offers": [{**about, **known, **offer}]}
        self._tell_desk(self._latest("desk"))

    def keeps(self, kind: str, **changes: Any) -> None:
        """From now on each such frame says this, the last one first."""
        self._kept[kind] = changes
        self.tell({**self._latest(kind), **changes})

    def off_shift(self) -> None:
        """Whatever the line knows, their shift has not begun."""
        self._off = True
        self._tell_desk(self._latest("desk"))

    def picks(self, conversation: str) -> None:
        """Goes to somebody by the list, wherever that is."""
        row = self._page.locator(f'[aria-controls="pane-{conversation}"]')
        expect(row).to_be_attached()
        for _ in range(
            20
        ):  # On a phone whoever was just taken is shown instead of the list, as soon as the page knows.
            if self._page.locator("#to-rail").is_visible():
                self._page.locator("#to-rail").click()
            try:
                return row.click(timeout=500)
            except TimeoutError:
                continue
        raise AssertionError("the list cannot be reached")

    def queue_becomes(self, *waiting: Frame) -> None:
        """These wait; each is what differs from a plain one."""
        self.hears("queue")
        queue = self._latest("queue")
        plain: Frame = {"conversation": "one", "handle": "Kind Otter", "medium": "web", "line": "Demo line"}
        marks = dict.fromkeys(("drill", "returning", "flagged", "away", "reserved", "choose"), False)
        rows = [{**plain, **marks, "level": "none", "since": queue["now"], **one} for one in waiting]
        self.tell({**queue, "waiting": rows, "counts": {"none": len(rows)}})

    def lets_go(self, conversation: str) -> None:
        """Of somebody who is held by `holds`."""
        self._held.remove(conversation)
        self._tell_desk(self._latest("desk"))

    def tells_again(self, conversation: str) -> None:
        """After a reload the line knows nothing of somebody who is held by `holds`: an empty history is told anew."""
        self.tell({**self._states[conversation], "last_seq": 0})

    def says(self, conversation: str, text: str, **more: Any) -> None:
        """One more is said in a conversation that is held here by `holds`, by its visitor unless told otherwise."""
        state = self._states[conversation]
        state |= {"last_seq": state["last_seq"] + 1, "version": state["version"] + 1}
        at = datetime.fromisoformat(self._latest("desk")["now"]) + self._ahead
        about = {"conversation": conversation, "seq": state["last_seq"], "version": state["version"]}
        plain = {"from": "visitor", "name": "", "text": text, "at": at.isoformat(), "media": []}
        self.tell({"type": "message", **about, **plain, "resend": False, **more})
        self.tell(state)

    def state_becomes(self, conversation: str, **changes: Any) -> None:
        states = (one for one in reversed(self.heard) if one["type"] == "state")
        heard = self._states.get(conversation) or next(
            one for one in states if one["conversation"] == conversation
        )
        self.tell({**heard, **changes})
