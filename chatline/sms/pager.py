"""Sends the pages that go out as texts and calls: claim, commit, send, record, as the courier does with texts.

A page waits behind no queue of texts: it goes by a hand of its own, and its number may be a text ahead of its rate for
it, which the others make up for (`pace.ahead`). A page of which nobody knows whether it went out is never sent again,
because its ladder calls anew by itself.
"""

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from chatline.conversations import copies, segments
from chatline.lines.ladders import Channel
from chatline.people.actions import raise_alarm
from chatline.sms import answers, codes, gateway, outcomes, pace, page_reports, spoken, summons
from chatline.sms.codes import Then
from chatline.sms.flow import Flow
from chatline.sms.gateway import Accepted, NotSent, Outcome, Rejected, Unknown
from chatline.sms.summons import Summons
from routing import pages
from routing.models import Page

log = logging.getLogger(__name__)

CHANNELS = (Channel.TEXT, Channel.VOICE)

OLD = timedelta(minutes=10)
"""After this a page about a flag comes too late; about an alarm nobody is paged twice, so there it never does."""

NO_ROOM = timedelta(seconds=1)
"""When a number may be asked again that was ahead of its rate already."""

REFUSED_PAUSE = timedelta(seconds=30)
"""Until a page that was not taken is tried once more, from the line's next number if it has one."""


class Pager:
    """One hand that pages. Several may run; each finds out by itself whether the provider is there."""

    def __init__(self) -> None:
        self.flow = Flow(1)

    def step(self) -> bool:
        """Sends one page, or one answer to whoever answered a page; false if neither is due or may be sent."""
        now = timezone.now()
        if self.flow.should_ask(now.timestamp()):
            self.flow.answers(gateway.is_up(), now.timestamp())
        if not self.flow.may_send(now.timestamp(), 0):
            return False
        page = pages.claim(CHANNELS, now)
        if page is None:
            return answers.send_next()
        if page.flag and page.made_at < now - OLD:
            pages.dropped(page.oid)
        else:
            self._send(page, now)
        return True

    def _send(self, page: Page, now: datetime) -> None:
        ready = summons.opened(page)
        if isinstance(ready, str):
            pages.failed(page.oid, ready)
            if ready == summons.STOPPED:
                page_reports.stopped(page)
        elif page.channel == Channel.TEXT and not pace.ahead(ready.sender, _parts(ready), now):
            pages.put_back(page, "no_room", now + NO_ROOM, counts=False)
        else:
            self._learn(ready, _sent(ready))

    def _learn(self, ready: Summons, outcome: Outcome) -> None:
        page, now = ready.page, timezone.now()
        match outcome:
            case Accepted(sid):
                with transaction.atomic():
                    pages.sent(page.oid, sid)
                    copies.left([sid], now)
                page_reports.not_stopped(page)
            case Rejected(code):
                pages.failed(page.oid, str(code))
                page_reports.react(page, code, ready.sender)
            case Unknown():
                pages.unknown(page.oid, "unanswered")
            case NotSent(code):
                self._put_back(ready, code, now)
        self._feel(outcome, now)
        log.info("page oid=%s channel=%s outcome=%s", page.oid, page.channel, type(outcome).__name__)

    def _put_back(self, ready: Summons, code: int | None, now: datetime) -> None:
        meaning = codes.meaning(code)
        if code is None:
            pause = timedelta(seconds=outcomes.pause(ready.page.attempts))
            pages.put_back(ready.page, "unreached", now + pause, counts=False)
        elif meaning.then is Then.SLOW:
            pause = timedelta(seconds=self.flow.slow_down(now.timestamp()))
            pages.put_back(ready.page, str(code), now + pause, counts=False)
        else:
            pages.put_back(ready.page, str(code), now + REFUSED_PAUSE)
            page_reports.react(ready.page, code, ready.sender)

    def _feel(self, outcome: Outcome, now: datetime) -> None:
        """What the answer says of the provider itself."""
        match outcome:
            case NotSent(None) | Unknown():
                if self.flow.failed(now.timestamp()):
                    raise_alarm(outcomes.UNREACHABLE)
            case NotSent(code) if codes.meaning(code).then is Then.SLOW:
                return
            case _:
                outcomes.went_through(self.flow, now.timestamp())


def _parts(ready: Summons) -> int:
    return segments.count(ready.words).parts


def _sent(ready: Summons) -> Outcome:
    page = ready.page
    if page.channel == Channel.VOICE:
        said = spoken.question(ready.words, page.oid) if page.flag else spoken.statement(ready.words)
        return gateway.call(ready.number, ready.sender, said, page.oid)
    return gateway.page(ready.number, ready.sender, ready.words, page.oid)
