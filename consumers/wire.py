"""Every frame, declared. What is not here does not travel: unknown types and unknown fields are refused.

To add a frame: declare it here, put it in the union of those who may send it, give it a row in `people/policy.py` and a
handler in the table of `visitor.py`, `volunteer.py` or `supervisor.py`. `chatline schema` prints this file as JSON
Schema.

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
"""Bytes in one frame from a client; more ends the socket with close code 1009.

The limit of OWASP's WebSocket cheat sheet. 2,000 emoji take 24,000 bytes where a client escapes them, and a plan a
few times that.
"""

Key = Annotated[str, msgspec.Meta(max_length=64, pattern="^[ -~]+$")]
"""Visible ASCII: a key must be storable in any database, or it would be tried again for ever."""

Cursor = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
Moment = Annotated[datetime, msgspec.Meta(tz=True)]
"""A time that a client tells: without its zone nobody would know which one."""

Level = Literal["none", "concern", "high", "imminent"]
Service = Literal["open", "closed", "paused", "full"]
"""Whether a line answers now, as `lines/reads.py` decides."""

Words = Annotated[str, msgspec.Meta(max_length=MAX_TEXT)]
"""What staff write beside the talk: sealed, and never seen by a visitor."""

Question = Literal["thoughts", "plan", "means", "timeframe"]
Reply = Literal["yes", "no", "unsure", "unsaid"]
Contact = Literal["self", "other", "silent", "abuse", "arousal", "test", "wrong"]
Topic = Annotated[str, msgspec.Meta(max_length=30)]


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
    proof: str = ""


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


class WrapUp(msgspec.Struct, forbid_unknown_fields=True):
    """What a volunteer says about a conversation when they close it.

    `not_asked` is why asking about suicide was not appropriate, where nobody asked; `agreed` is for whoever answers
    this person next time. Both are sealed. `topics` are words of `conversations/wrapping_up.py`.
    """

    contact: Contact
    topics: Annotated[list[Topic], msgspec.Meta(max_length=8)] = []
    not_asked: Words = ""
    agreed: Words = ""
    trouble: bool = False


class Close(Frame):
    """Ends the conversation after 10 s; `undo` within them keeps it. Where the line asks for it, with a `wrap_up`."""

    conversation: UUID
    reason: Annotated[str, msgspec.Meta(max_length=40)] = "done"
    undo: bool = False
    wrap_up: WrapUp | None = None


class RaiseFlag(Frame, tag="flag"):
    """A person sees a risk that the screen did not; `note` is for the supervisor and is sealed."""

    conversation: UUID
    note: Words = ""


class Begin(Frame):
    """The volunteer has read what there is to know and begins their shift, or with `on` false ends it; answered with
    `desk`."""

    on: bool = True


class WriteNote(Frame, tag="note"):
    """A private note: for whoever holds the conversation, and supervisors."""

    conversation: UUID
    text: Words


class Answer(Frame):
    """What the person answered to one question about suicide."""

    conversation: UUID
    question: Question
    reply: Reply


class PlanParts(msgspec.Struct, forbid_unknown_fields=True):
    """A safety plan (Stanley and Brown 2012), in the person's own words."""

    signs: Words = ""
    coping: Words = ""
    places: Words = ""
    people: Words = ""
    lines: Words = ""
    safer: Words = ""


class WritePlan(Frame, tag="plan"):
    """Keeps the plan as it stands; with `key` it is also said to the person, as one message of purpose `plan`."""

    conversation: UUID
    parts: PlanParts
    key: Key | None = None


class Transfer(Frame):
    """Pass this person on: to the colleague `to`, who must accept, or with the person's consent to another `line`.

    Neither takes back what was offered.
    """

    conversation: UUID
    to: UUID | None = None
    line: str | None = None
    consent: bool = False


class Accept(Frame):
    """The answer to an offer of a colleague."""

    conversation: UUID
    yes: bool = True


class AskHelp(Frame, tag="help"):
    """A supervisor, please. `hand_over` asks one to take the conversation; `abuse` gives it up at once.

    `over` ends an `advice` or a `hand_over` that is no longer needed.
    """

    conversation: UUID
    kind: Literal["advice", "hand_over", "abuse"] = "advice"
    note: Words = ""
    over: bool = False


# --- from a supervisor ------------------------------------------------------------------------------------


class Acknowledge(Frame):
    flag: UUID


class Resolve(Frame):
    """`outcome` is one of `routing.models.Outcome`; `reason` is sealed."""

    flag: UUID
    outcome: Annotated[str, msgspec.Meta(max_length=40)]
    reason: Words = ""


class TryAgain(Frame, tag="try_again"):
    """What another system did not take (`Dead`) is tried once more."""

    page: UUID


class WatchOver(Frame, tag="watch"):
    """Opens the conversation on this desk to read along, or closes it; the volunteer sees that somebody is here."""

    conversation: UUID
    on: bool = True


class Whisper(Frame):
    """To the volunteer alone."""

    conversation: UUID
    text: Words


class Join(Frame):
    """Speaks along from now on, by name; the person is told. Needs `watch` before."""

    conversation: UUID


class TakeOver(Frame, tag="take_over"):
    """The conversation is this supervisor's from now on, who waited or whoever held it."""

    conversation: UUID


class Assign(Frame):
    """Gives a waiting person to this volunteer, who is ready and has a seat."""

    conversation: UUID
    staff: UUID


class AnswerHelp(Frame, tag="answer_help"):
    """I am coming; or with `over`, it is dealt with."""

    help: UUID
    over: bool = False


class Bar(Frame):
    """Ends an abusive contact that was given up; their words are stored and screened, not answered, for `hours`.

    0 ends it without barring anybody. `reason` is a code of `routing/barring.py`.
    """

    conversation: UUID
    hours: Annotated[int, msgspec.Meta(ge=0, le=24 * 90)]
    reason: Annotated[str, msgspec.Meta(max_length=40)]


class ReviewBlock(Frame, tag="review_block"):
    """Another supervisor has looked at a block, and it stands; or with `lift` it is over at once."""

    block: int
    lift: bool = False


class Pause(Frame):
    """Nobody new is taken in on this line for a while; `words` are told to those who come."""

    line: str
    on: bool
    words: Annotated[str, msgspec.Meta(max_length=160)] = ""


class Emergency(Frame):
    """What was done when a life was in danger. A second time with the same `id` changes it until it is signed."""

    id: UUID
    conversation: UUID
    consent: Literal["yes", "no", "not_asked"]
    outcome: Literal["pending", "reached", "not_reached", "called_off", "refused"]
    tried: Words = ""
    agency: Words = ""
    call_taker: Words = ""
    reference: Words = ""
    called_at: Moment | None = None
    reached_at: Moment | None = None


class Sign(Frame):
    """A second person confirms what was written of an emergency action."""

    emergency: UUID


FromVisitor = VisitorHello | VisitorSay | Typing | End | Erase | Another | Feel
FromVolunteer = (
    DeskHello
    | Begin
    | Ready
    | Take
    | DeskSay
    | Resend
    | DeskTyping
    | WriteNote
    | Answer
    | WritePlan
    | Release
    | Transfer
    | Accept
    | AskHelp
    | Close
    | RaiseFlag
)
FromSupervisor = (
    Acknowledge
    | Resolve
    | TryAgain
    | WatchOver
    | Whisper
    | Join
    | TakeOver
    | Assign
    | AnswerHelp
    | Bar
    | ReviewBlock
    | Pause
    | Emergency
    | Sign
)
FromDesk = FromVolunteer | FromSupervisor


# --- to both ----------------------------------------------------------------------------------------------


class Welcome(Frame):
    """The answer to a visitor's `hello`; `token` is what a reload of this tab sends back.

    `state` is `new` (nothing said yet), `waiting`, `active`, `closed` or `gone` (the token is no longer known).
    `service`, `opens_at` and `paused_words` are as in `VisitorState`.
    """

    token: str
    conversation: UUID | None
    state: str
    wait: tuple[int, int] | None
    version: int
    service: Service = "open"
    opens_at: datetime | None = None
    paused_words: str = ""


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
    next, where it is `closed` and known, `paused_words` what a supervisor says where it is `paused`. `ended` is by whom
    or what, once it is closed: `visitor`, `volunteer`, `quiet` (they did not answer), `expired` (nobody came).
    `erasure` is `asked` (it waits for a supervisor, a day at most) or `done`, at `erased_at`. `blocked` people are
    answered by nobody. `another` is true while they wait for somebody else than the volunteer whom they had.
    `feeling_before` and `feeling_after` are what they told of themselves.
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
    paused_words: str = ""
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
    `drill` is true of practice, and of somebody who tries a line that is not open yet. `unscreened` is true once the
    risk screen did not read something that they said.

    `part` is what the reader is in it: its holder, a supervisor who watches, or one who has joined. `holder` is who
    answers, `watched_by` which supervisors are here, `joined` those of them who speak. `offered_to` is the colleague
    who may accept it until `offered_until`. `help_by` is the supervisor who comes, where `help` was asked. `taken_at`
    is since when its holder has it, `given_by` the supervisor who gave it to them, where they did not take it
    themselves. `risk_asked` is empty until anybody asked, `talk_minutes` after how long the holder is reminded of a
    break.
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
    drill: bool
    unscreened: bool
    left: bool
    left_fast: bool
    away: bool
    feeling: int | None
    reachable: bool
    erase_asked: bool
    closing_at: datetime | None
    last_seq: int
    line_slug: str
    part: Literal["holds", "watches", "joined"]
    holder: str
    watched_by: list[str]
    joined: list[str]
    offered_to: str
    offered_until: datetime | None
    help: Literal["", "advice", "hand_over", "abuse"]
    help_by: str
    reserved: bool
    risk_asked: Literal["", "asked", "not_appropriate"]
    asks_risk: bool
    taken_at: datetime | None
    given_by: str
    talk_minutes: int


class Noted(Frame):
    """One thing written beside the talk: `note`, `whisper`, `agreed` (for next time) or `not_asked`.

    It comes again, without words, only when they were erased.
    """

    conversation: UUID
    id: int
    version: int
    kind: Literal["note", "whisper", "agreed", "not_asked"]
    name: str
    text: str
    at: datetime


class Answered(msgspec.Struct):
    question: Question
    reply: Reply
    name: str
    at: datetime


class LastTime(msgspec.Struct):
    """What was agreed with this person in an earlier conversation, and by whom."""

    text: str
    name: str
    at: datetime


class Guide(Frame):
    """What was asked and planned beside the talk, sent whole: the standing answers, and the plan, null if none.

    `plan_sent` is the `seq` of the message that it last became. `last_time` is null for somebody new.
    """

    conversation: UUID
    version: int
    answers: list[Answered]
    plan: PlanParts | None
    plan_sent: int | None
    last_time: LastTime | None


class TypingNow(Frame, tag="typing"):
    sender: str = msgspec.field(name="from")
    on: bool
    conversation: UUID


class Ping(Frame):
    """Proves the socket alive, every 15 s."""


class Error(Frame):
    """`key` names the refused `say`; `retry_after` is seconds; `proof` is what to prove to be let in sooner."""

    code: str
    detail: str
    key: str | None = None
    conversation: UUID | None = None
    retry_after: float | None = None
    proof: str | None = None


# --- to the desk ------------------------------------------------------------------------------------------


class Offered(msgspec.Struct):
    """Somebody whom a colleague would like to pass on to this desk."""

    conversation: UUID
    handle: str
    medium: str
    line: str
    level: Level
    by: str
    expires_at: datetime


class Colleague(msgspec.Struct):
    """Somebody on shift on the same lines. `held` is how many people they have, `away` that their page is gone.

    `lines` are the slugs of those lines of this desk on which they answer.
    """

    id: UUID
    name: str
    supervises: bool
    ready: bool
    seats: int
    held: int
    away: bool
    lines: list[str]


class Desk(Frame):
    """The volunteer's own presence, sent whole: what is not in `conversations` is no longer theirs.

    `watching` are those that a supervisor reads along; `begun_at` is when their shift began, null off shift.
    """

    name: str
    supervises: bool
    ready: bool
    seats: int
    conversations: list[UUID]
    watching: list[UUID]
    offers: list[Offered]
    begun_at: datetime | None
    now: datetime


class OpenLine(msgspec.Struct):
    """A line that answers now, and to which people can be passed on."""

    slug: str
    name: str


class Shift(Frame):
    """Everybody on shift on this desk's lines, whole, with whoever supervises first; and which lines are paused.

    Of very many, `more` are not listed: those who neither supervise nor are ready. `open_lines` are all that answer
    now, those of this desk too.
    """

    colleagues: list[Colleague]
    more: int
    paused: list[str]
    open_lines: list[OpenLine]
    now: datetime


class Waiting(msgspec.Struct):
    """`reserved` people are kept for a supervisor. `choose` is whether their line lets volunteers choose. `drill` is
    true of practice, and of somebody who tries a line that is not open yet."""

    conversation: UUID
    handle: str
    medium: str
    line: str
    level: Level
    since: datetime
    returning: bool
    drill: bool
    flagged: bool
    away: bool
    reserved: bool = False
    choose: bool = False


class Queue(Frame):
    """Everybody who waits on the lines of this desk, in the stored order; never words or numbers.

    `counts` is people waiting by level, `oldest` the earliest start of a wait by level. `unanswered` is how many flags
    of these lines nobody has answered although everybody on the ladder was called, the first raised at
    `unanswered_since`; `unanswered_practice` if they are all practice.
    """

    waiting: list[Waiting]
    counts: dict[str, int]
    oldest: dict[str, datetime]
    now: datetime
    unanswered: int = 0
    unanswered_since: datetime | None = None
    unanswered_practice: bool = False


class Taken(Frame):
    conversation: UUID


class FlagReason(msgspec.Struct):
    label: str
    quote: str


class Line(msgspec.Struct):
    """One of the latest things said: `sender` is `visitor`, `volunteer`, `supervisor` or `line`."""

    sender: str = msgspec.field(name="from")
    text: str


class Call(msgspec.Struct):
    """Somebody, or another system, that was called about a flag at this step of its ladder.

    `channel` is one of `lines.ladders.Channel`; `unsure` is a call of which nobody knows whether it went out.
    """

    name: str
    channel: str
    state: Literal["calling", "called", "arrived", "failed", "unsure"]
    step: int


class Flag(msgspec.Struct):
    """One risk. `state` is `open`, `acknowledged` or `resolved`; words are opened for supervisors only.

    `reachable` is false if the person sent STOP, so that no text can reach them. `note` is what the volunteer wrote
    who raised it; `context` is the last three things said up to the words that raised it. `drill` is true of practice,
    and of somebody who tries a line that is not open yet.

    While it is open it climbs: `step` of `steps` were taken, and above `steps` everybody is called anew; `calls` is who
    was called. `unanswered` once everybody was called and nobody answered.
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
    drill: bool = False
    acknowledged_by: str = ""
    outcome: str = ""
    note: str = ""
    context: list[Line] = []
    step: int = 0
    steps: int = 0
    unanswered: bool = False
    calls: list[Call] = []


class Dead(msgspec.Struct):
    """A call that another system did not take, however often it was tried; `error` is a code.

    About a flag of this `level`, or about an `alarm`, a code, which is empty for a flag.
    """

    page: UUID
    name: str
    line: str
    level: Level
    alarm: str
    made_at: datetime
    error: str


class HelpAsked(msgspec.Struct):
    """A volunteer asks a supervisor; `answered_by` is who comes."""

    id: UUID
    conversation: UUID
    handle: str
    line: str
    level: Level
    kind: Literal["advice", "hand_over", "abuse"]
    note: str
    asked_by: str
    asked_at: datetime
    answered_by: str


class EmergencyTold(msgspec.Struct):
    """An emergency action that is not signed yet; `by_id` is who wrote it last, and cannot sign it."""

    id: UUID
    conversation: UUID
    handle: str
    consent: str
    outcome: str
    tried: str
    agency: str
    call_taker: str
    reference: str
    called_at: datetime | None
    reached_at: datetime | None
    by: str
    by_id: UUID
    at: datetime


class Barred(msgspec.Struct):
    """A block that stands; `reviewed_by` is empty until another supervisor than `by` has looked at it."""

    id: int
    handle: str
    line: str
    reason: str
    by: str
    since: datetime
    expires_at: datetime
    reviewed_by: str


class Talk(msgspec.Struct):
    """A conversation that is going on, without words: for whoever oversees the shift.

    `away` is that the page of its person is closed, `holder_away` that its holder's is.
    """

    conversation: UUID
    handle: str
    medium: str
    line: str
    level: Level
    holder: str
    since: datetime
    unanswered_since: datetime | None
    open_flags: int
    away: bool
    holder_away: bool


class FlagChanged(Flag, Frame, tag_field="type", tag="flag", kw_only=True):
    """The answer to `acknowledge` and `resolve`."""


class Flags(Frame):
    """What needs a supervisor of these lines, whole: unresolved flags and those who ask, worst and oldest first.

    `barred` is who is not answered on them now, those whom no second supervisor has looked at first; `dead` what other
    systems did not take, the latest first.
    """

    flags: list[Flag]
    alarms: list[str]
    helps: list[HelpAsked]
    emergencies: list[EmergencyTold]
    barred: list[Barred]
    dead: list[Dead]
    now: datetime


class Talks(Frame):
    """Every conversation that is going on on this supervisor's lines, whole, the longest unanswered first."""

    talks: list[Talk]
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
        Desk
        | Queue
        | Shift
        | Flags
        | Talks
        | Taken
        | Noted
        | Guide
        | Said
        | Message
        | DeskState
        | TypingNow
        | FlagChanged
        | Ping
        | Error
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
