"""Every frame, declared. What is not here does not travel: unknown types and unknown fields are refused.

To add a frame: declare it here, put it in the union of those who may send it, and give it a handler in the
table of `visitor.py` or `desk.py`. `chatline schema` prints this file as JSON Schema.

Frames are JSON text, `{"type": ..., ...}`. Times are ISO 8601 in UTC. A `version` is the conversation's, and is
what a client sends back as its cursor (`after`, `cursors`); `seq` numbers what was said, gap-free, from 1.
"""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec

MAX_TEXT = 2_000
"""Code points in one `say`. Longer is refused with `too_long` and nothing is stored."""

MAX_FRAME = 64 * 1024
"""Bytes in one frame from a client; more ends the socket with close code 1009."""

Key = Annotated[str, msgspec.Meta(max_length=64, pattern="^[ -~]+$")]
"""Visible ASCII: a key must be storable in any database, or it would be tried again for ever."""

Cursor = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
Level = Literal["none", "concern", "high", "imminent"]
Service = Literal["open", "closed", "paused", "full"]
"""Whether a line answers now, as `lines/reads.py` decides."""


class Frame(msgspec.Struct, tag_field="type", tag=str.lower, forbid_unknown_fields=True, kw_only=True):
    """Anything on the wire; its `type` is the class name in small letters unless a tag says otherwise."""


# --- from the visitor -------------------------------------------------------------------------------------


class VisitorHello(Frame, tag="hello"):
    """The first frame. `token` is null at first; `after` is the last version seen of `conversation`.

    `site` is the key of the website whose page the chat is in, and `nonce` what that page was given to start with.
    """

    nonce: str = ""
    token: str | None = None
    conversation: UUID | None = None
    after: Cursor = 0
    site: str | None = None
    language: str = ""


class VisitorSay(Frame, tag="say"):
    """`key` is the client's own unique id: the same key again gives the same answer and stores nothing."""

    key: Key
    text: str


class Typing(Frame):
    on: bool


class End(Frame):
    """The visitor leaves; their side ends at once. `fast` is by the button that shows nothing more."""

    fast: bool = False


class Erase(Frame):
    """The visitor asks that what they said be made unreadable."""


class Another(Frame):
    """The visitor would like to talk to somebody else: back to the front of the queue, and never to the same again."""


class Feel(Frame):
    """How upset the visitor is, before somebody came or once it is over; answered with `state`."""

    when: Literal["before", "after"]
    value: Annotated[int, msgspec.Meta(ge=1, le=7)]


# --- from the desk ----------------------------------------------------------------------------------------


class DeskHello(Frame, tag="hello"):
    cursors: dict[UUID, Cursor] = {}


class Ready(Frame):
    on: bool
    seats: Annotated[int, msgspec.Meta(ge=1, le=4)] | None = None


class Take(Frame):
    """Take the next person; a particular one only where the line allows choosing."""

    conversation: UUID | None = None


class DeskSay(Frame, tag="say"):
    conversation: UUID
    key: Key
    text: str


class Resend(Frame):
    """Send once more what may not have arrived: the message of this `seq`, whose frame said `resend`."""

    conversation: UUID
    seq: int


class DeskTyping(Frame, tag="typing"):
    conversation: UUID
    on: bool


class Release(Frame):
    """Back to the front of the queue, with its history."""

    conversation: UUID


class Close(Frame):
    """Ends the conversation after 10 s; `undo` within them keeps it."""

    conversation: UUID
    reason: Annotated[str, msgspec.Meta(max_length=40)] = "done"
    undo: bool = False


class RaiseFlag(Frame, tag="flag"):
    """A person sees a risk that the screen did not; `note` is for the supervisor and is sealed."""

    conversation: UUID
    note: Annotated[str, msgspec.Meta(max_length=MAX_TEXT)] = ""


class Acknowledge(Frame):
    flag: UUID


class Resolve(Frame):
    """`outcome` is one of `routing.models.Outcome`; `reason` is sealed."""

    flag: UUID
    outcome: Annotated[str, msgspec.Meta(max_length=40)]
    reason: Annotated[str, msgspec.Meta(max_length=MAX_TEXT)] = ""


FromVisitor = VisitorHello | VisitorSay | Typing | End | Erase | Another | Feel
FromDesk = (
    DeskHello
    | Ready
    | Take
    | DeskSay
    | Resend
    | DeskTyping
    | Release
    | Close
    | RaiseFlag
    | Acknowledge
    | Resolve
)


# --- to both ----------------------------------------------------------------------------------------------


class Welcome(Frame):
    """The answer to a visitor's `hello`; `token` is what a reload of this tab sends back.

    `state` is `new` (nothing said yet), `waiting`, `active`, `closed` or `gone` (the token is no longer known).
    `service` and `opens_at` are as in `VisitorState`.
    """

    token: str
    conversation: UUID | None
    state: str
    wait: tuple[int, int] | None
    version: int
    service: Service = "open"
    opens_at: datetime | None = None


class Said(Frame):
    """Stored. Sent only after the row is committed."""

    key: str
    seq: int
    at: datetime
    conversation: UUID


class Media(msgspec.Struct):
    """A picture or the like, shown at `/desk/media/<id>/` once `state` is `kept`.

    `kind` is its content type; the other states are `waiting` (not fetched yet), `refused` and `lost`.
    """

    id: UUID
    kind: str
    state: str


class Message(Frame):
    """One thing said, new or changed; clients keep one per (conversation, seq) and the newest wins.

    `sender` travels as `from`: `visitor`, `volunteer`, `supervisor` or `line`. `key` is the one its own sender
    gave. The rest is for the desk: `level`; for texts `delivery`, one of the delivery states, `fault`, why it did not
    arrive (`states.Fault`), and `resend`, true if it may be sent once more by `resend`; `media`, what came with it.
    `purpose` is what the line, or a plan made together (`plan`), is said for; empty for what people say.
    """

    conversation: UUID
    seq: int
    version: int
    sender: str = msgspec.field(name="from")
    name: str
    text: str
    at: datetime
    key: str | None = None
    purpose: str = ""
    delivery: str | None = None
    level: Level | None = None
    fault: str | None = None
    resend: bool = False
    media: list[Media] = []


class VisitorState(Frame, tag="state"):
    """The conversation as its visitor may know it, also told anew while they wait and something of this changed.

    `wait` is minutes from recent waits, or null. `service` is whether anybody answers now; `opens_at` when they do
    next, where it is `closed` and known. `ended` is by whom or what, once it is closed: `visitor`, `volunteer`, `quiet`
    (they did not answer), `expired` (nobody came). `erasure` is `asked` (it waits for a supervisor, a day at most) or
    `done`, at `erased_at`. `blocked` people are answered by nobody. `another` is true while they wait for somebody else
    than the volunteer whom they had. `feeling_before` and `feeling_after` are what they told of themselves.
    """

    conversation: UUID
    state: str
    version: int
    last_seq: int
    wait: tuple[int, int] | None = None
    name: str = ""
    closing_at: datetime | None = None
    since: datetime | None = None
    service: Service = "open"
    opens_at: datetime | None = None
    ended: Literal["", "visitor", "volunteer", "quiet", "expired"] = ""
    erasure: Literal["", "asked", "done"] = ""
    erased_at: datetime | None = None
    blocked: bool = False
    another: bool = False
    feeling_before: int | None = None
    feeling_after: int | None = None


class DeskState(Frame, tag="state"):
    """The conversation as staff know it, sent whole at each change.

    `reachable` is false once the person sent STOP; `left` is true once the visitor ended their side; `erase_asked` is
    true while an erasure they asked for waits for an open flag. `left_fast` people may be watched: nothing may reach
    them. `away` is true while no page of theirs is open. `feeling` is how upset they said they were, from 1 to 7.
    """

    conversation: UUID
    state: str
    version: int
    handle: str
    medium: Literal["web", "sms"]
    line: str
    language: str
    level: Level
    open_flags: int
    waiting_since: datetime
    returning: bool
    left: bool
    left_fast: bool
    away: bool
    feeling: int | None
    reachable: bool
    erase_asked: bool
    closing_at: datetime | None
    last_seq: int


class TypingNow(Frame, tag="typing"):
    sender: str = msgspec.field(name="from")
    on: bool
    conversation: UUID


class Ping(Frame):
    """Proves the socket alive, every 15 s."""


class Error(Frame):
    """`key` names the refused `say`; `retry_after` is seconds."""

    code: str
    detail: str
    key: str | None = None
    conversation: UUID | None = None
    retry_after: float | None = None


# --- to the desk ------------------------------------------------------------------------------------------


class Desk(Frame):
    """The volunteer's own presence, sent whole: what is not in `conversations` is no longer theirs."""

    name: str
    supervises: bool
    ready: bool
    seats: int
    conversations: list[UUID]
    now: datetime


class Waiting(msgspec.Struct):
    conversation: UUID
    handle: str
    medium: str
    line: str
    level: Level
    since: datetime
    returning: bool
    flagged: bool
    away: bool


class Queue(Frame):
    """Everybody who waits on the lines of this desk, in the stored order; never words or numbers.

    `counts` is people waiting by level, `oldest` the earliest start of a wait by level.
    """

    waiting: list[Waiting]
    counts: dict[str, int]
    oldest: dict[str, datetime]
    now: datetime


class Taken(Frame):
    conversation: UUID


class FlagReason(msgspec.Struct):
    label: str
    quote: str


class Flag(msgspec.Struct):
    """One risk. `state` is `open`, `acknowledged` or `resolved`; quotes are opened for supervisors only.

    `reachable` is false if the person sent STOP, so that no text can reach them.
    """

    id: UUID
    conversation: UUID
    handle: str
    medium: str
    line: str
    level: Level
    reasons: list[FlagReason]
    state: str
    raised_at: datetime
    held_by: str
    reachable: bool
    acknowledged_by: str = ""
    outcome: str = ""


class FlagChanged(Flag, Frame, tag_field="type", tag="flag", kw_only=True):
    """The answer to `acknowledge` and `resolve`."""


class Flags(Frame):
    """Every flag of this supervisor's lines that is not resolved, whole, worst and oldest first."""

    flags: list[Flag]
    alarms: list[str]
    now: datetime


_visitor: msgspec.json.Decoder[FromVisitor] = msgspec.json.Decoder(FromVisitor)
_desk: msgspec.json.Decoder[FromDesk] = msgspec.json.Decoder(FromDesk)
_encoder = msgspec.json.Encoder()


def from_visitor(text: str) -> FromVisitor:
    """Raises msgspec.DecodeError (or its child ValidationError) on anything undeclared."""
    return _visitor.decode(text)


def from_desk(text: str) -> FromDesk:
    """Raises msgspec.DecodeError (or its child ValidationError) on anything undeclared."""
    return _desk.decode(text)


def encode(frame: Frame) -> str:
    return _encoder.encode(frame).decode()


def schema() -> dict[str, Any]:
    """The wire as JSON Schema, by direction."""
    to_visitor = Welcome | Said | Message | VisitorState | TypingNow | Ping | Error
    to_desk = (
        Desk | Queue | Flags | Taken | Said | Message | DeskState | TypingNow | FlagChanged | Ping | Error
    )
    return {
        name: msgspec.json.schema(union)
        for name, union in {
            "from_visitor": FromVisitor,
            "from_desk": FromDesk,
            "to_visitor": to_visitor,
            "to_desk": to_desk,
        }.items()
    }
