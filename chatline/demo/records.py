"""What the network remembers: texts, calls, phones, the numbers of the line, and what is still to happen.

Times are seconds since 1970 by the network's own clock.
"""

import heapq
import re
from typing import Any

import msgspec

from chatline.demo.faults import Script, Turn

SHORT_CODE = re.compile(r"\d{3,6}")
OWN = re.compile(r"\+120255501\d\d")
"""Phones of this network; 202-555-01xx is set apart for stories, so none of them is anybody's."""


class Media(msgspec.Struct):
    """A picture that came with a text; `parent` is the text's id. The content is with `kept.Pictures`."""

    sid: str
    parent: str
    kind: str
    at: float


class Sms(msgspec.Struct):
    """One text as the provider knows it; `inbound` ones go to the line.

    `at` is when it was created, `updated` when it changed, `sent` when it left. `oid` is the line's own id, from the
    callback address. `taken` is whether the line took an inbound one: None until that is known.
    """

    sid: str
    sender: str
    to: str
    words: str
    inbound: bool
    status: str
    at: float
    direction: str = "outbound-api"
    updated: float = 0.0
    sent: float | None = None
    callback: str = ""
    oid: str = ""
    error: int | None = None
    media: list[Media] = []
    redacted: bool = False
    taken: bool | None = None
    turn: Turn = Turn()


class Bubble(msgspec.Struct):
    """One text on the screen of a handset, which keeps it whatever the provider forgets. `mine`: written on it.

    `pictures` are copies of its own (`kept.Pictures` has their content).
    """

    sid: str
    words: str
    mine: bool
    at: float
    number: str
    oid: str = ""
    pictures: list[Media] = []


class Handset(msgspec.Struct):
    """A phone. `condition` is `on`, or one of `carrier.UNREACHABLE`; `stopped` are senders that it told to stop."""

    number: str
    condition: str = "on"
    bubbles: list[Bubble] = []
    stopped: list[str] = []


class Sender(msgspec.Struct):
    """A number or short code of the line, with where the provider posts what comes to it; None disables that.

    The methods are what is set up, to be read; this network always posts.
    """

    sid: str
    number: str
    at: float
    sms_url: str | None
    sms_fallback_url: str | None
    sms_method: str = "POST"
    sms_fallback_method: str = "POST"
    service: str | None = None

    @property
    def is_short(self) -> bool:
        return SHORT_CODE.fullmatch(self.number) is not None


class Service(msgspec.Struct):
    """A messaging service; its `more` are the provider's own fields, where they differ from the usual."""

    sid: str
    at: float
    more: dict[str, Any] = {}


class Verb(msgspec.Struct):
    """One thing that a call does: it says `words`, and then waits so many seconds for a key if there is an `action`."""

    words: str
    action: str = ""
    waits: float = 0.0


class PhoneCall(msgspec.Struct):
    """A call of the line's to a handset, by the provider's own statuses.

    `verbs` are still to be done, `said` is what was heard. While a key is waited for, `action` is where it goes;
    `asked` counts what it has done, so that a later silence is of the right verb. `oid` is the line's own id, from the
    callback address.
    """

    sid: str
    sender: str
    to: str
    status: str
    at: float
    updated: float
    callback: str = ""
    oid: str = ""
    verbs: list[Verb] = []
    said: list[str] = []
    action: str = ""
    asked: int = 0


class Step(msgspec.Struct):
    """A text or a call takes this status at this time."""

    sid: str
    status: str


class Post(msgspec.Struct):
    """A request that the provider makes to the line; the same `job` again is the same request, repeated.

    `url` is without fragment. Posts with the same `together`, unless that is empty, are made at the same moment.
    `timeout` is in seconds, to connect and to answer.
    """

    job: str
    url: str
    fields: dict[str, str]
    token: str = ""
    together: str = ""
    timeout: tuple[float, float] = (5.0, 15.0)


class Hook(msgspec.Struct):
    """A webhook under way: where to (with its overrides), what, how often it was tried, and since when.

    `fallback` is where it goes when that failed. `unheard`: the next answer of the line is not heard.
    """

    sid: str
    url: str
    fields: dict[str, str]
    token: str
    fallback: str = ""
    attempt: int = 0
    began: float = 0.0
    unheard: bool = False
    together: str = ""


class Job(msgspec.Struct):
    """Something that is to happen at `due`: a step of a text or a call, or a webhook."""

    id: str
    due: float
    step: Step | None = None
    hook: Hook | None = None


class Call(msgspec.Struct):
    """One request, either way, for whoever wants to see what happened: no words, no numbers."""

    at: float
    what: str
    sid: str
    status: int


class State(msgspec.Struct):
    texts: dict[str, Sms] = {}
    media: dict[str, Media] = {}
    handsets: dict[str, Handset] = {}
    senders: dict[str, Sender] = {}
    services: dict[str, Service] = {}
    phone_calls: dict[str, PhoneCall] = {}
    jobs: dict[str, Job] = {}
    agenda: list[tuple[float, int, str]] = []
    script: Script = msgspec.field(default_factory=Script)
    calls: list[Call] = []
    counts: dict[str, int] = {}
    version: int = 0
    planned: int = 0

    def plan(self, job: Job) -> None:
        """Puts it on the agenda, again if it is there: the later word counts."""
        self.jobs[job.id] = job
        self.planned += 1
        heapq.heappush(self.agenda, (job.due, self.planned, job.id))

    def next_job(self) -> Job | None:
        """The first on the agenda, which stays there."""
        while self.agenda:
            due, _, id = self.agenda[0]
            job = self.jobs.get(id)
            if job is not None and job.due == due:
                return job
            heapq.heappop(self.agenda)
        return None

    def handset(self, number: str) -> Handset:
        """The phone with this number; one that is not of this network is nobody's."""
        if number not in self.handsets:
            self.handsets[number] = Handset(number, "on" if OWN.fullmatch(number) else "unknown")
        return self.handsets[number]

    def count(self, what: str) -> None:
        self.counts[what] = self.counts.get(what, 0) + 1
