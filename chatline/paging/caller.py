"""One worker's sending of pages: claim, commit, call, record. Any number of workers may run one.

Every call has a thread of its own and a moment until which it is waited for; nobody waits for a thread. At most one
call to the same hook, plug-in or person is under way in a process, so one that hangs holds up only what is for itself.
The threads touch no row of ours: they are told everything before, and what became of it is written down here.
"""

import logging
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from queue import Empty, SimpleQueue
from uuid import UUID

from django.db import connections
from django.utils import timezone

from chatline.lines.ladders import Channel
from chatline.paging import hooks, mail, plugins, request, telling
from chatline.paging.outcomes import NotTaken, Outcome, Refused, Taken, Unknown
from chatline.people.actions import clear_alarm, raise_alarm
from routing import pages, reaching
from routing.models import Page

log = logging.getLogger(__name__)

AT_ONCE = {Channel.EMAIL: 4, Channel.HOOK: 32, Channel.PLUGIN: 16}
"""Calls by one channel at a time: mail servers count connections; so many hooks may hang and others still be called."""

SECONDS = {Channel.EMAIL: 30.0, Channel.HOOK: request.DEADLINE + 2, Channel.PLUGIN: 10.0}
"""How long a call is waited for; a hook ends its own, but for the look-up of its name. Below `pages.HALF_SENT`."""

LISTENS = 0.2
"""Seconds that a step waits for what is under way."""

SPREAD = 2.0
"""Seconds by which another try comes later, by chance, so that a system that was down is not called all at once."""

HANGS = "plugin_hangs"
TIMEOUT = Unknown("timeout")

Errand = Callable[[], Outcome]


@dataclass(slots=True)
class Call:
    """A page that is under way. `given_up` if nobody waits for it any more, though its thread has not come back."""

    page: Page
    until: float
    given_up: bool = False


class Caller:
    """Pages by e-mail, hook and plug-in."""

    def __init__(self) -> None:
        self._calls: dict[UUID, Call] = {}
        self._answers: SimpleQueue[tuple[UUID, Outcome]] = SimpleQueue()
        self._unrecorded: list[tuple[Page, Outcome]] = []
        self._hung: set[str] = set()
        self._worked: set[str] = set()

    def step(self) -> bool:
        """Records what was answered, begins what may begin; false if there was neither and nothing is under way."""
        ended = [*self._answered(LISTENS if self._waited_for() else 0), *self._overdue()]
        self._unrecorded += ended
        self._record()
        begun = self._begin_due()
        return bool(ended or begun or self._waited_for())

    def finish(self) -> None:
        """Waits for what is under way and records it."""
        while self._waited_for():
            self._unrecorded += [*self._answered(LISTENS), *self._overdue()]
            self._record()

    def _waited_for(self) -> bool:
        return any(not call.given_up for call in self._calls.values())

    # --- begun ----------------------------------------------------------------------------------------------

    def _begin_due(self) -> bool:
        begun = False
        while page := self._claim():
            begun = True
            if page.target in self._hung:
                self._unrecorded.append((page, NotTaken(HANGS)))
                self._record()
            else:
                self._begin(page, errand_of(page))
        return begun

    def _claim(self) -> Page | None:
        at_once = Counter(call.page.channel for call in self._calls.values())
        free = [channel for channel, most in AT_ONCE.items() if at_once[channel] < most]
        busy = {call.page.target for call in self._calls.values()}
        return pages.claim(free, timezone.now(), busy) if free else None

    def _begin(self, page: Page, errand: Errand) -> None:
        run = partial(self._run, page.oid, errand)
        threading.Thread(target=run, name=f"page by {page.channel}", daemon=True).start()
        self._calls[page.oid] = Call(page, time.monotonic() + SECONDS[Channel(page.channel)])

    def _run(self, oid: UUID, errand: Errand) -> None:
        try:
            outcome = errand()
        except Exception as error:  # a defect of ours must not leave the call open for ever
            log.error("page_failed oid=%s", oid, exc_info=error)
            outcome = Unknown("failed")
        finally:
            connections.close_all()
        self._answers.put((oid, outcome))

    # --- ended ----------------------------------------------------------------------------------------------

    def _answered(self, seconds: float) -> Iterable[tuple[Page, Outcome]]:
        """Everything that was answered; waits so long for the first. What was given up is over already."""
        wait: float | None = seconds
        while True:
            try:
                oid, outcome = self._answers.get(block=bool(wait), timeout=wait)
            except Empty:
                return
            wait = None
            call = self._calls.pop(oid, None)
            if call and not call.given_up:
                yield call.page, outcome

    def _overdue(self) -> Iterable[tuple[Page, Outcome]]:
        """What nobody waits for any longer. A plug-in that hangs is called no more in this process."""
        now = time.monotonic()
        for oid, call in list(self._calls.items()):
            if call.given_up or call.until > now:
                continue
            call.given_up = True
            if call.page.channel == Channel.PLUGIN:
                self._hung.add(call.page.target)
                del self._calls[oid]
            yield call.page, TIMEOUT

    def _record(self) -> None:
        # Should the database be away, what was answered is remembered here until it is back.
        while self._unrecorded:
            page, outcome = self._unrecorded[0]
            record(page, outcome)
            self._mark(page, outcome)
            log.info("page oid=%s channel=%s outcome=%s", page.oid, page.channel, type(outcome).__name__)
            del self._unrecorded[0]

    def _mark(self, page: Page, outcome: Outcome) -> None:
        if page.channel != Channel.PLUGIN:
            return
        if outcome == TIMEOUT:
            raise_alarm(HANGS, page.target)
        elif outcome == Taken() and page.target not in self._worked:
            # An earlier process may have left it; while another one still has the hanging thread, that stays silent.
            clear_alarm(HANGS, page.target)
            self._worked.add(page.target)


def errand_of(page: Page) -> Errand:
    """What is to be done about a claimed page, with all that it needs from the database."""
    if page.channel == Channel.EMAIL:
        assert page.staff_id
        return partial(mail.send, telling.letter(page, reaching.reach_of(page.staff_id).email))
    if page.hook:
        return partial(hooks.call, page.hook.url, page.hook.oid, telling.called(page))
    return partial(plugins.call, page.target, telling.called(page))


def record(page: Page, outcome: Outcome) -> None:
    """Writes down what became of a page."""
    repeatable = page.channel in pages.REPEATABLE
    match outcome:
        case Taken():
            pages.sent(page.oid)
        case Refused(error):
            pages.refused(page.oid, error) if repeatable else pages.failed(page.oid, error)
        case Unknown(error) if not repeatable:
            pages.unknown(page.oid, error)
        case NotTaken(error) if not repeatable and page.attempts >= pages.TRIES:
            pages.failed(page.oid, error)
        case NotTaken(error) | Unknown(error):
            spread = timedelta(seconds=random.uniform(0, SPREAD))  # noqa: S311  # needs no entropy
            pages.not_taken(page, error, timezone.now() + spread)
