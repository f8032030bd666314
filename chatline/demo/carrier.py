"""A phone network that never leaves this computer: handsets, and the provider between them and the line.

It stands outside: the line knows it only by the provider's own addresses, and its memory is a file of its own, never
the line's database. Nothing here does anything by itself: `wire.py` asks what is `due`, posts it, and says how that
was `answered`. Tests do the same by hand, with a clock of their own.
"""

import re
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from chatline.demo.kept import Kept

HANDSETS = ("+12025550101", "+12025550102", "+12025550103")
"""The phones on the desk; 202-555-01xx is set apart for stories, so none of them is anybody's."""

OWN = re.compile(r"\+120255501\d\d")
MOST_TEXT = 1_600
MOST_KEPT = 2_000

SENT_AFTER, DELIVERED_AFTER = 0.3, 0.9
"""Seconds from the provider's yes to `sent`, and to the handset."""

ATTEMPTS = 4
"""The line's webhooks carry `rc=3`: three more attempts when it answers 5xx or not at all."""

LEASE = 20.0
"""Seconds after which a post that nobody finished is due again: its process died."""

ORDER = ["queued", "sent", "delivered", "undelivered"]
NO_SUCH_HANDSET = 30005
REFUSED_TO = {
    "+15005550001": 21211,
    "+15005550002": 21612,
    "+15005550003": 21408,
    "+15005550004": 21610,
    "+15005550009": 21614,
}
"""The provider's own magic numbers: https://www.twilio.com/docs/iam/test-credentials"""


class Refusal(Exception):
    """The provider's answer to a request that it will not do."""

    def __init__(self, code: int, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.message, self.status = code, message, status


class Sms(msgspec.Struct):
    """One text on the network; `inbound` ones go to the line. `at` is in seconds since 1970."""

    sid: str
    sender: str
    to: str
    words: str
    inbound: bool
    status: str
    at: float
    callback: str = ""
    error: int | None = None


class Job(msgspec.Struct):
    """Something that is to happen to a text: it takes this `status`, and the line is told."""

    id: str
    sid: str
    status: str
    due: float
    attempt: int = 0


class State(msgspec.Struct):
    texts: dict[str, Sms] = {}
    jobs: list[Job] = []
    version: int = 0


@dataclass(frozen=True, slots=True)
class Post:
    """A request that the provider makes to the line; the same `job` again is the same request, repeated."""

    job: str
    url: str
    fields: Mapping[str, str]


class Carrier:
    """`account` and `public_url` are the line's; `path` keeps everything over a restart, None keeps it in memory."""

    def __init__(
        self,
        account: str,
        public_url: str,
        path: Path | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.account = account
        self._public_url = public_url
        self._kept = Kept(State, path)
        self._clock = clock

    # --- handsets ---------------------------------------------------------------------------------------

    def text(self, number: str, to: str, words: str) -> str:
        """Somebody texts; returns the provider's id for it. Raises ValueError for a number that is not one of ours."""
        if not OWN.fullmatch(number):
            raise ValueError("The phones of this demonstration are +1 202 555 01xx.")
        now = self._clock()
        sms = Sms(_new_id("SM"), number, to, words[:MOST_TEXT], True, "receiving", now)
        with self._kept.change() as state:
            _add(state, sms)
            state.jobs.append(Job(_new_id("J"), sms.sid, "received", now))
            state.version += 1
        return sms.sid

    def screens(self) -> tuple[int, dict[str, list[Sms]]]:
        """A version that rises with every change, and what each handset shows, oldest first."""
        state = self._kept.read()
        shown: dict[str, list[Sms]] = {number: [] for number in HANDSETS}
        for sms in state.texts.values():
            if sms.inbound:
                shown.setdefault(sms.sender, []).append(sms)
            elif sms.status == "delivered":
                shown.setdefault(sms.to, []).append(sms)
        return state.version, {
            number: sorted(texts, key=lambda sms: sms.at) for number, texts in shown.items()
        }

    # --- the provider's REST interface ------------------------------------------------------------------

    def create(self, form: Mapping[str, str]) -> Sms:
        """Takes a text for a handset. Raises Refusal as the provider would."""
        to, sender, words = (form.get(name, "") for name in ("To", "From", "Body"))
        callback = form.get("StatusCallback", "")
        self._check(to, sender, words, callback)
        now = self._clock()
        sms = Sms(_new_id("SM"), sender, to, words, False, "queued", now, callback)
        last = "delivered" if OWN.fullmatch(to) else "undelivered"
        with self._kept.change() as state:
            _add(state, sms)
            state.jobs.append(Job(_new_id("J"), sms.sid, "sent", now + SENT_AFTER))
            state.jobs.append(Job(_new_id("J"), sms.sid, last, now + DELIVERED_AFTER))
            state.version += 1
        return sms

    def fetch(self, sid: str) -> Sms:
        """Raises Refusal 20404 for an id that was never given."""
        sms = self._kept.read().texts.get(sid)
        if sms is None:
            raise Refusal(20404, "The requested resource was not found", 404)
        return sms

    def _check(self, to: str, sender: str, words: str, callback: str) -> None:
        if not to:
            raise Refusal(21604, "A 'To' phone number is required.")
        if not sender:
            raise Refusal(21603, "A 'From' phone number is required.")
        if not words:
            raise Refusal(21602, "Message body is required.")
        if len(words) > MOST_TEXT:
            raise Refusal(21617, "The concatenated message body exceeds the 1600 character limit.")
        if to in REFUSED_TO:
            raise Refusal(REFUSED_TO[to], "This number cannot be texted.")
        if not re.fullmatch(r"\+[1-9]\d{7,14}", to):
            raise Refusal(21211, "Invalid 'To' phone number.")
        # Nothing leaves this computer: the line's own address is the only one that is ever called.
        if callback and not callback.startswith(f"{self._public_url}/"):
            raise Refusal(21609, "Invalid StatusCallback URL.")

    # --- what is to be done, and was --------------------------------------------------------------------

    def due(self) -> list[Post]:
        """Lets happen what is due by now, and returns what the line must be told of it, oldest first."""
        now = self._clock()
        if not any(job.due <= now for job in self._kept.read().jobs):
            return []
        posts: list[Post] = []
        with self._kept.change() as state:
            for job in sorted(state.jobs, key=lambda job: job.due):
                if job.due > now:
                    break
                post = self._happen(state, job)
                if post is None:
                    state.jobs.remove(job)
                else:
                    job.due = now + LEASE
                    posts.append(post)
            state.version += 1
        return posts

    def answered(self, job_id: str, status: int) -> None:
        """How the line answered a post: an HTTP status, or 0 for none. 5xx and none are tried again."""
        with self._kept.change() as state:
            job = next((job for job in state.jobs if job.id == job_id), None)
            if job is None:
                return
            sms = state.texts.get(job.sid)
            if (status == 0 or status >= 500) and job.attempt + 1 < ATTEMPTS:
                job.attempt += 1
                job.due = self._clock() + 2.0 ** (job.attempt - 1)
                return
            state.jobs.remove(job)
            if sms is not None and sms.inbound:
                sms.status = "received" if 200 <= status < 300 else "failed"
            state.version += 1

    def next_due(self) -> float | None:
        """Seconds until something is due; None while nothing is."""
        jobs = self._kept.read().jobs
        return max(0.0, min(job.due for job in jobs) - self._clock()) if jobs else None

    def _happen(self, state: State, job: Job) -> Post | None:
        sms = state.texts.get(job.sid)
        if sms is None:
            return None
        if sms.inbound:
            return Post(job.id, f"{self._public_url}/sms/inbound/", self._inbound_fields(sms))
        if ORDER.index(job.status) > ORDER.index(sms.status):
            # Not so when an earlier callback is repeated late.
            sms.status = job.status
            sms.at = self._clock()
            sms.error = NO_SUCH_HANDSET if job.status == "undelivered" else None
        if not sms.callback:
            return None
        url, _, _ = sms.callback.partition("#")
        return Post(job.id, url, self._status_fields(sms, job.status))

    def _inbound_fields(self, sms: Sms) -> dict[str, str]:
        """Every field of the provider's that a text to a short code carries; where the sender lives is among them."""
        return {
            **self._common_fields(sms),
            "SmsMessageSid": sms.sid,
            "SmsStatus": "received",
            "Body": sms.words,
            "NumMedia": "0",
            "NumSegments": segments(sms.words),
            "FromCity": "WASHINGTON",
            "FromState": "DC",
            "FromZip": "20001",
            "FromCountry": "US",
            "ToCity": "",
            "ToState": "",
            "ToZip": "",
            "ToCountry": "US",
        }

    def _status_fields(self, sms: Sms, status: str) -> dict[str, str]:
        fields = {**self._common_fields(sms), "MessageStatus": status, "SmsStatus": status}
        if status == "undelivered":
            fields["ErrorCode"] = str(NO_SUCH_HANDSET)
        if status in {"delivered", "undelivered"}:
            fields["RawDlrDoneDate"] = time.strftime("%y%m%d%H%M", time.gmtime(self._clock()))
        return fields

    def _common_fields(self, sms: Sms) -> dict[str, str]:
        return {
            "AccountSid": self.account,
            "ApiVersion": "2010-04-01",
            "MessageSid": sms.sid,
            "SmsSid": sms.sid,
            "From": sms.sender,
            "To": sms.to,
        }


def segments(words: str) -> str:
    """About how many parts it takes; a string, as the provider writes it."""
    one, part = (160, 153) if words.isascii() else (70, 67)
    return "1" if len(words) <= one else str(-(-len(words) // part))


def _add(state: State, sms: Sms) -> None:
    state.texts[sms.sid] = sms
    while len(state.texts) > MOST_KEPT:
        del state.texts[next(iter(state.texts))]


def _new_id(kind: str) -> str:
    return kind + uuid.uuid4().hex
