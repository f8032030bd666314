"""A phone network that never leaves this computer: handsets, and the provider between them and the line.

It stands outside: the line knows it only by the provider's own addresses, and its memory is its own, never the line's
database. Nothing here does anything by itself. Whoever drives it, with a clock of their own if they like,

1. lets handsets `text`, and hands requests of the line to `rest.answer`;
2. makes the requests that are `due`, and says how each was `answered`, again while there are any;
3. looks at `screens`, `transcript`, `doubled` and `ledger` for what came of it.

`play` says what goes wrong (`faults.py`); whatever else happens goes by `lifecycle.py` and `provider.py`, which change
the state that `moment` hands out. The fronts: `tests/sms/network.py` in process, `wire.py` with `front.py` for the
demonstration, `alone.py` as a process of its own.
"""

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from chatline.demo import calls, ledger, lifecycle, provider
from chatline.demo.faults import FINE, LONG_AFTER, Script, Turn
from chatline.demo.kept import Kept, Pictures
from chatline.demo.lifecycle import Moment
from chatline.demo.records import OWN, Bubble, Media, Post, Sender, Service, Sms, State, Step
from chatline.sms.addresses import OVERRIDES

MOST_KEPT, MOST_SHOWN = 2_000, 500
"""Texts that a file keeps, and that it keeps on the screen of a handset. In memory all are kept."""

MOST_PICTURE = 500 * 1_000
"""Bytes; the provider takes this much of any kind: https://www.twilio.com/docs/messaging/guides/accepted-mime-types"""


class Carrier:
    """`account` and `public_url` are the line's; `path` keeps everything over a restart, None keeps it in memory.

    `seed` makes ids repeatable. `tokens` are the account's secrets (the first signs webhooks), `keys` its API keys
    with theirs. `numbers` are the line's from the start; others become so when a handset texts them. `base` is where
    the network's REST interface is, for the addresses of pictures. A webhook that comes again days later comes after
    `long_after` seconds.
    """

    def __init__(
        self,
        account: str,
        public_url: str,
        path: Path | None = None,
        clock: Callable[[], float] = time.time,
        *,
        seed: int | None = None,
        tokens: Callable[[], Sequence[str]] = tuple,
        keys: Mapping[str, str] | None = None,
        numbers: Sequence[str] = (),
        base: str = "",
        long_after: float = LONG_AFTER,
    ) -> None:
        self.account, self.tokens, self.keys = account, tokens, keys or {}
        self.base = base or f"{public_url}/demo/carrier"
        self.pictures = Pictures(path and path.with_suffix(".pictures"))
        self.clock = clock
        self._line = public_url
        self._kept = Kept(State, path)
        self._in_file = path is not None
        self._dice = random.Random(seed)  # noqa: S311  # ids, not secrets
        self._long_after = long_after
        for number in numbers:
            self.configure(number)

    # --- handsets ---------------------------------------------------------------------------------------

    def text(self, number: str, to: str, words: str, pictures: Sequence[tuple[str, bytes]] = ()) -> str:
        """Somebody texts, perhaps with pictures (content type, content); returns the provider's id for it.

        Raises ValueError for a number that is not one of ours, and for a picture that is too large.
        """
        if not OWN.fullmatch(number):
            raise ValueError("The phones of this demonstration are +1 202 555 01xx.")
        if any(len(content) > MOST_PICTURE for _, content in pictures):
            raise ValueError("A picture has at most 500 kB.")
        words = words[: provider.MOST_TEXT]
        with self.moment() as moment:
            sid = moment.new_id("MM" if pictures else "SM")
            sms = Sms(sid, number, to, words, True, "received", moment.now, "inbound", moment.now, moment.now)
            # The provider's may be deleted there; the handset keeps its own.
            sms.media, copies = ([self._put(moment, sid, *one) for one in pictures] for _ in range(2))
            moment.state.media |= {one.sid: one for one in sms.media}
            moment.state.count("texted")
            lifecycle.arrive(moment, sms, self._own(moment, to), copies)
        return sid

    def switch(self, number: str, condition: str) -> None:
        """Makes a handset `on` or one of `lifecycle.UNREACHABLE`. Raises ValueError for anything else."""
        if condition != "on" and condition not in lifecycle.UNREACHABLE:
            raise ValueError(f"A phone is on, {', '.join(lifecycle.UNREACHABLE)}.")
        with self.moment() as moment:
            moment.state.handset(number).condition = condition

    def screens(self) -> tuple[int, dict[str, list[Bubble]]]:
        """A version that rises with every change, and what each handset shows, in the order it came."""
        with self.look() as moment:
            return moment.state.version, ledger.screens(moment.state)

    def transcript(self, number: str) -> list[Bubble]:
        """The line's texts on this handset in the order they arrived, each with the `oid` of its callback address."""
        with self.look() as moment:
            handset = moment.state.handsets.get(number)
            return [bubble for bubble in handset.bubbles if not bubble.mine] if handset else []

    def doubled(self) -> list[str]:
        """Every oid that a handset got again, as often as it did: empty, if the line keeps its promise."""
        with self.look() as moment:
            return ledger.doubled(moment.state)

    def ledger(self) -> ledger.Ledger:
        with self.look() as moment:
            return ledger.of(moment.state)

    # --- the provider -----------------------------------------------------------------------------------

    def play(self, script: Script) -> None:
        """From now on this goes wrong, and nothing else."""
        with self.moment() as moment:
            moment.state.script = script

    def create(self, form: Mapping[str, str], turn: Turn = FINE) -> Sms:
        """Takes a text for a handset, past the script. Raises Refusal as the provider would."""
        with self.moment() as moment:
            return provider.create(moment, form, turn)

    def fetch(self, sid: str) -> Sms:
        """Raises Refusal 20404 for an id that was never given, or is deleted."""
        with self.look() as moment:
            return provider.found(moment.state, sid)

    def configure(self, number: str, **fields: str | None) -> Sender:
        """A number of the line's, new or not; `fields` are those of `records.Sender` to be changed."""
        with self.moment() as moment:
            sender = self._own(moment, number)
            for name, value in fields.items():
                setattr(sender, name, value)
            return sender

    def add_service(self, **more: Any) -> Service:
        """A messaging service with these of the provider's fields; `configure(service=...)` puts a number into it."""
        with self.moment() as moment:
            service = Service(moment.new_id("MG"), moment.now, more)
            moment.state.services[service.sid] = service
            return service

    # --- what is to be done, and was --------------------------------------------------------------------

    def due(self, most: int = 1_000) -> list[Post]:
        """Lets happen what is due by now, and returns what the line must be told of it, oldest first.

        With `most` posts there are more perhaps: ask again, until there are none.
        """
        wait = self.next_due()
        if wait is None or wait > 0:
            return []
        posts: list[Post] = []
        with self.moment() as moment:
            while len(posts) < most and (job := moment.state.next_job()) and job.due <= moment.now:
                if job.step is not None:
                    del moment.state.jobs[job.id]
                    _happen(replace(moment, now=job.due), job.step)
                elif job.hook is not None and (post := lifecycle.post(moment, job, job.hook)):
                    posts.append(post)
        return posts

    def answered(self, job_id: str, status: int, how: str = "rt", kind: str = "", body: str = "") -> None:
        """How the line answered a post: an HTTP status with the content type and the body, or 0 for none.

        Then `how` is `ct` where it could not be reached, `rt` where it did not answer in time.
        """
        with self.moment() as moment:
            job = moment.state.jobs.get(job_id)
            if job is not None and job.hook is not None:
                lifecycle.heard(moment, job, job.hook, status, how, kind, body)
                if job_id not in moment.state.jobs:
                    calls.told(moment, job.hook, kind, body)

    def next_due(self) -> float | None:
        """Seconds until something is due; None while nothing is."""
        with self.look() as moment:
            job = moment.state.next_job()
            return max(0.0, job.due - moment.now) if job else None

    # --- for those who know what they do ----------------------------------------------------------------

    @contextmanager
    def moment(self) -> Iterator[Moment]:
        """The state to be changed, nobody else's until the block ends."""
        with self._kept.change() as state:
            yield self._moment(state)
            state.version += 1
            if self._in_file:
                _trim(state)

    @contextmanager
    def look(self) -> Iterator[Moment]:
        """The state to be read."""
        with self._kept.look() as state:
            yield self._moment(state)

    def _moment(self, state: State) -> Moment:
        return Moment(
            state, self.clock(), self.account, self._line, self.base, self._long_after, self._new_id
        )

    def _new_id(self, kind: str) -> str:
        return f"{kind}{self._dice.getrandbits(128):032x}"

    def _own(self, moment: Moment, number: str) -> Sender:
        """A number of the line; it is one from now on if it was not."""
        senders = moment.state.senders
        if number not in senders:
            sid = moment.new_id("SC" if len(number) <= 6 else "PN")
            inbound, fallback = (f"{self._line}/sms/{one}/#{OVERRIDES}" for one in ("inbound", "fallback"))
            senders[number] = Sender(sid, number, moment.now, inbound, fallback)
        return senders[number]

    def _put(self, moment: Moment, parent: str, kind: str, content: bytes) -> Media:
        media = Media(moment.new_id("ME"), parent, kind, moment.now)
        self.pictures.put(media.sid, content)
        return media


def _happen(moment: Moment, step: Step) -> None:
    if step.sid in moment.state.phone_calls:
        calls.happen(moment, step)
    else:
        lifecycle.happen(moment, step)


def _trim(state: State) -> None:
    while len(state.texts) > MOST_KEPT:
        del state.texts[next(iter(state.texts))]
    while len(state.phone_calls) > MOST_KEPT:
        del state.phone_calls[next(iter(state.phone_calls))]
    for handset in state.handsets.values():
        del handset.bubbles[:-MOST_SHOWN]
