"""What the provider says became of a page, in its answer to us or later, and what follows from its code."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from chatline.conversations import copies
from chatline.lines.ladders import Channel
from chatline.people.actions import clear_alarm, raise_alarm
from chatline.sms import codes, summons
from routing import pages
from routing.models import Page

PAGER_STOPPED = "pager_stopped"
"""Somebody who is to be paged has told a line to stop texting them; its subject is who, and which line."""

TAKEN = {"queued", "sending", "sent", "initiated", "ringing", "in-progress"}
ARRIVED = {"delivered", "read", "completed"}
NOT_ARRIVED = {"undelivered", "failed", "canceled", "busy", "no-answer"}
"""The provider's statuses of texts and calls; a call that was answered is `completed`, whoever or whatever answered."""


def report(page: UUID, status: str, sid: str | None, code: int | None) -> None:
    """Records it; what is older or known changes nothing. A status that is not listed here is none of the end."""
    if status in TAKEN:
        pages.taken(page, sid)
    elif status in ARRIVED:
        pages.delivered(page, sid)
    elif status in NOT_ARRIVED and pages.undelivered(page, sid, _error(status, code)) and code:
        _react_to(page, code)
    if sid and status in ARRIVED | NOT_ARRIVED and Page.objects.filter(oid=page, provider_id=sid).exists():
        with transaction.atomic():
            copies.left([sid], timezone.now())


def _error(status: str, code: int | None) -> str:
    return str(code) if code else status.replace("-", "_")


def _react_to(page: UUID, code: int) -> None:
    about = Page.objects.select_related("flag__conversation__line", "alarm", "staff")
    row = about.filter(oid=page).first()
    if row:
        react(row, code)


def react(page: Page, code: int, sender: str = "") -> None:
    """An operator must know that somebody cannot be paged, or nobody; `sender` is the number of ours, if known."""
    meaning = codes.meaning(code)
    if meaning.stops:
        stopped(page)
    if meaning.alarm == codes.SENDER_REFUSED:
        raise_alarm(codes.SENDER_REFUSED, sender)


def stopped(page: Page) -> None:
    raise_alarm(PAGER_STOPPED, _subject(page))


def not_stopped(page: Page) -> None:
    """A text to them was taken."""
    if page.channel == Channel.TEXT:
        clear_alarm(PAGER_STOPPED, _subject(page))


def _subject(page: Page) -> str:
    line = summons.line_of(page)
    name = page.staff.username if page.staff else ""
    return f"{name} {line.slug if line else ''}"[:80]
