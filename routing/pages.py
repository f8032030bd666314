"""The life of a page: due, claimed by one sender, and what became of it.

A sender claims by compare-and-set and commits before it calls anybody. Whatever dies between the claim and the answer
leaves a page of which nobody knows whether it went out. A text, a call or an e-mail is then not sent again, because the
ladder calls anew by itself; another system knows a page by its `oid`, so there it is tried again.
"""

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from chatline import announce
from chatline.errors import NotFound, Refused
from chatline.lines.ladders import Channel
from chatline.people import access
from chatline.people.actions import audit
from routing.models import FlagState, Page, PageState

HALF_SENT = timedelta(seconds=60)
"""After this nobody is sending it any more: twice as long as any sender waits for an answer."""

REPEATABLE = (Channel.HOOK, Channel.PLUGIN)
"""Channels whose other end knows a page again."""

TRIES = 8
"""How often another system is tried; the pauses between double from `FIRST_PAUSE`: about four minutes in all."""

FIRST_PAUSE = timedelta(seconds=2)


def new_code() -> str:
    """What somebody answers to a text: five digits, easy to type and no answer that a person in need would give."""
    return f"{secrets.randbelow(90_000) + 10_000}"


def claim(channels: Collection[str], now: datetime, busy: Collection[str] = ()) -> Page | None:
    """The next page of these channels that is to be sent, for this sender alone: the gravest, then the oldest.

    Pages that nobody needs any more are dropped on the way; those to targets that are `busy` wait.
    """
    while page := _next(channels, now, busy):
        needed = _is_needed(page)
        state = PageState.SENDING if needed else PageState.DROPPED
        won = Page.objects.filter(id=page.id, state=PageState.DUE).update(
            state=state, claimed_at=now, attempts=F("attempts") + int(needed)
        )
        if won and needed:
            page.refresh_from_db()
            return page
    return None


def _next(channels: Collection[str], now: datetime, busy: Collection[str]) -> Page | None:
    due = Page.objects.filter(state=PageState.DUE, channel__in=channels, not_before__lte=now)
    about = due.exclude(target__in=busy).select_related(
        "flag__conversation__line", "flag__conversation__visitor", "alarm", "staff", "hook"
    )
    return about.order_by("-level", "made_at", "id").first()


def _is_needed(page: Page) -> bool:
    if page.flag:
        return page.flag.state == FlagState.OPEN and page.flag.climb == page.climb
    return page.alarm is not None and page.alarm.cleared_at is None


# --- what became of it ------------------------------------------------------------------------------------


def sent(page: UUID, provider_id: str | None = None) -> None:
    """The provider or the other system has taken it."""
    _settle(page, PageState.SENDING, PageState.SENT, sent_at=timezone.now(), provider_id=provider_id)


def failed(page: UUID, error: str) -> None:
    """It is certain that it did not go out, and another try would not help. `error` is a stable code, no words."""
    _settle(page, PageState.SENDING, PageState.FAILED, error=error)


def unknown(page: UUID, error: str) -> None:
    """It may have gone out or not; for a channel that is not `REPEATABLE`."""
    _settle(page, PageState.SENDING, PageState.UNKNOWN, error=error)


def not_taken(page: Page, error: str, now: datetime) -> None:
    """Another system did not take it: tried again after a pause that doubles, dead in the end."""
    if page.attempts >= TRIES:
        _settle(page.oid, PageState.SENDING, PageState.DEAD, error=error)
        announce.after_commit(announce.BoardChanged())
        return
    pause = FIRST_PAUSE * 2 ** (page.attempts - 1)
    _settle(page.oid, PageState.SENDING, PageState.DUE, error=error, not_before=now + pause)


def refused(page: UUID, error: str) -> None:
    """Another system will never take it: dead at once."""
    _settle(page, PageState.SENDING, PageState.DEAD, error=error)
    announce.after_commit(announce.BoardChanged())


def delivered(provider_id: str) -> None:
    """The provider says that it arrived."""
    Page.objects.filter(provider_id=provider_id, state=PageState.SENT).update(state=PageState.DELIVERED)


def undelivered(provider_id: str, error: str) -> None:
    """The provider says that it did not arrive."""
    Page.objects.filter(provider_id=provider_id, state=PageState.SENT).update(
        state=PageState.FAILED, error=error
    )


def _settle(page: UUID, before: str, after: str, **more: object) -> None:
    Page.objects.filter(oid=page, state=before).update(state=after, **more)


def sweep(now: datetime) -> bool:
    """What a sender left half-sent; true if there was any."""
    half = Page.objects.filter(state=PageState.SENDING, claimed_at__lte=now - HALF_SENT)
    repeatable = Q(channel__in=REPEATABLE)
    again = half.filter(repeatable).update(state=PageState.DUE, error="half_sent")
    lost = half.exclude(repeatable).update(state=PageState.UNKNOWN, error="half_sent")
    return bool(again or lost)


# --- other systems that did not take it ---------------------------------------------------------------------


def dead(lines: Collection[UUID]) -> list[Page]:
    """What other systems of these lines did not take, the latest first."""
    rows = Page.objects.filter(state=PageState.DEAD, flag__conversation__line__in=lines)
    return list(rows.select_related("hook", "flag__conversation__line").order_by("-made_at")[:100])


def try_again(staff: UUID, page: UUID) -> None:
    """A supervisor has a dead page tried once more. Raises NotFound, or Refused `not_dead`."""
    with transaction.atomic():
        row = Page.objects.select_related("flag__conversation").filter(oid=page).first()
        if row is None or row.flag is None:
            raise NotFound
        access.require(staff, row.flag.conversation.line_id, access.SUPERVISES)
        dead_one = Page.objects.filter(id=row.id, state=PageState.DEAD)
        if not dead_one.update(state=PageState.DUE, attempts=TRIES - 1, not_before=timezone.now()):
            raise Refused("This is no longer on the list.", code="not_dead")
        audit(staff, "try_page_again", page)
        announce.after_commit(announce.BoardChanged())
