"""The life of a page: due, claimed by one sender, and what became of it.

A sender claims by compare-and-set and commits before it calls anybody. Whatever dies between the claim and the answer
leaves a page of which nobody knows whether it went out. A text, a call or an e-mail is then not sent again, because the
ladder calls anew by itself; another system knows a page by its `oid`, so there it is tried again.
"""

import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import DateTimeField, Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from chatline import announce
from chatline.errors import NotFound, Refused
from chatline.lines.ladders import Channel
from chatline.lines.models import Line
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

ANSWERED_WITHIN = timedelta(days=1)
"""After so long a code means nothing any more, and is read like anything else that comes from that phone."""


def new_code(staff: UUID, now: datetime) -> str:
    """What somebody answers to a text: five digits, easy to type and no answer that a person in need would give.

    None that this person was given within `ANSWERED_WITHIN`: in a flood some of a thousand would be alike.
    """
    given = Page.objects.filter(staff=staff, channel=Channel.TEXT, made_at__gt=now - ANSWERED_WITHIN)
    while given.filter(code=(code := f"{secrets.randbelow(90_000) + 10_000}")).exists():
        pass
    return code


def claim(channels: Collection[str], now: datetime, busy: Collection[str] = ()) -> Page | None:
    """The next page of these channels that is to be sent, for this sender alone: the gravest, then the oldest.

    Pages that nobody needs any more are dropped; those to targets that are `busy` wait.
    """
    due = Page.objects.filter(state=PageState.DUE, channel__in=channels)
    _drop(due.exclude(_is_needed()))
    waiting = due.filter(_is_needed(), not_before__lte=now).exclude(target__in=busy)
    while page := _next(waiting):
        if _take(page, state=PageState.SENDING, claimed_at=now, attempts=page.attempts + 1):
            return page
    return None


def _is_needed() -> Q:
    """The flag climbs still, and this is of its latest climb and round; or the alarm stands.

    What another system was told once is told to the end: it hears of it, or supervisors see that it did not.
    """
    same = {name: OuterRef(name) for name in ("flag", "climb", "channel", "target")}
    overtaken = Exists(Page.objects.filter(**same, step__gt=OuterRef("step")))
    climbs = Q(flag__state=FlagState.OPEN, flag__climb=F("climb")) & ~Q(overtaken)
    begun = Q(channel__in=REPEATABLE, attempts__gt=0)
    return climbs | begun | Q(alarm__isnull=False, alarm__cleared_at=None)


def _drop(pages: QuerySet[Page]) -> None:
    if pages.exists():
        with transaction.atomic():
            pages.update(state=PageState.DROPPED)


def _next(pages: QuerySet[Page]) -> Page | None:
    about = ("flag__conversation__line", "flag__conversation__visitor", "alarm", "staff", "hook")
    return pages.select_related(*about).order_by("-level", "made_at", "id").first()


def _take(page: Page, **into: Any) -> bool:
    """By compare-and-set; false if another sender was faster."""
    with transaction.atomic():
        untouched = Page.objects.filter(id=page.id, state=PageState.DUE, attempts=page.attempts)
        won = untouched.update(**into)
    for name, value in into.items():
        setattr(page, name, value)
    return bool(won)


# --- what became of it ------------------------------------------------------------------------------------


def sent(page: UUID, provider_id: str | None = None) -> None:
    """The provider or the other system has taken it."""
    _settle(page, PageState.SENT, sent_at=timezone.now(), provider_id=provider_id)


def failed(page: UUID, error: str) -> None:
    """It is certain that it did not go out, and another try would not help. `error` is a stable code, no words."""
    _settle(page, PageState.FAILED, error=error)


def unknown(page: UUID, error: str) -> None:
    """It may have gone out or not; for a channel that is not `REPEATABLE`."""
    _settle(page, PageState.UNKNOWN, error=error)


def not_taken(page: Page, error: str, now: datetime) -> None:
    """Another system did not take it: tried again after a pause that doubles, dead in the end."""
    if page.attempts >= TRIES:
        _settle(page.oid, PageState.DEAD, error=error)
    else:
        pause = FIRST_PAUSE * 2 ** (page.attempts - 1)
        _settle(page.oid, PageState.DUE, error=error, not_before=now + pause)


def refused(page: UUID, error: str) -> None:
    """Another system will never take it: dead at once."""
    _settle(page, PageState.DEAD, error=error)


def dropped(page: UUID) -> None:
    """It came too late to be sent."""
    _settle(page, PageState.DROPPED)


def put_back(page: Page, error: str, until: datetime, *, counts: bool = True) -> None:
    """It certainly did not go out, through no fault of its own: due again then. `counts` if that was an attempt."""
    attempts = page.attempts if counts else page.attempts - 1
    _settle(page.oid, PageState.DUE, error=error, not_before=until, attempts=max(0, attempts))


def taken(page: UUID, provider_id: str | None) -> bool:
    """The provider says that it has it, which ends a doubt. True if that was news."""
    return _told(page, (PageState.SENDING, PageState.UNKNOWN), PageState.SENT, provider_id)


def delivered(page: UUID, provider_id: str | None) -> bool:
    """The provider says that it arrived; it may say so before it answers us, twice, and after it said otherwise.

    What it said of the end first counts. True if that was this.
    """
    return _told(page, _UNDER_WAY, PageState.DELIVERED, provider_id)


def undelivered(page: UUID, provider_id: str | None, error: str) -> bool:
    """The provider says that it did not arrive; the same goes for that."""
    return _told(page, _UNDER_WAY, PageState.FAILED, provider_id, error)


_UNDER_WAY = (PageState.SENDING, PageState.UNKNOWN, PageState.SENT)


def _told(page: UUID, before: Collection[str], after: str, provider_id: str | None, error: str = "") -> bool:
    known = {"provider_id": provider_id} if provider_id else {}
    sent_at = Coalesce("sent_at", Value(timezone.now(), DateTimeField()))
    told = Page.objects.filter(oid=page, state__in=before)
    with transaction.atomic():
        is_news = bool(told.update(state=after, error=error, sent_at=sent_at, **known))
        if is_news:
            announce.after_commit(announce.BoardChanged())
    return is_news


def _settle(page: UUID, state: str, **more: object) -> None:
    with transaction.atomic():
        if Page.objects.filter(oid=page, state=PageState.SENDING).update(state=state, **more):
            announce.after_commit(announce.BoardChanged())


def sweep(now: datetime) -> bool:
    """What a sender left half-sent; true if there was any."""
    half = Page.objects.filter(state=PageState.SENDING, claimed_at__lte=now - HALF_SENT)
    if not half.exists():
        return False
    with transaction.atomic():
        half.exclude(channel__in=REPEATABLE).update(state=PageState.UNKNOWN, error="half_sent")
        half.filter(attempts__lt=TRIES).update(state=PageState.DUE, error="half_sent")
        half.update(state=PageState.DEAD, error="half_sent")
        announce.after_commit(announce.BoardChanged())
    return True


# --- other systems that did not take it ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Dead:
    """A page about a flag or an alarm of this line."""

    page: Page
    line: Line


def dead(lines: Collection[UUID]) -> list[Dead]:
    """What other systems of these lines did not take, the latest first."""
    by_slug = {line.slug: line for line in Line.objects.filter(id__in=lines)}
    theirs = Q(flag__conversation__line__in=lines) | Q(alarm__subject__in=by_slug)
    rows = Page.objects.filter(theirs, state=PageState.DEAD)
    latest = rows.select_related("hook", "alarm", "flag__conversation__line").order_by("-made_at")[:100]
    return [Dead(row, _line_among(by_slug, row)) for row in latest]


def _line_among(lines: Mapping[str, Line], page: Page) -> Line:
    if page.flag:
        return page.flag.conversation.line
    assert page.alarm  # the database refuses a page about neither
    return lines[page.alarm.subject]


def try_again(staff: UUID, page: UUID) -> None:
    """A supervisor has a dead page tried once more. Raises NotFound, or Refused `not_dead`."""
    with transaction.atomic():
        row = Page.objects.select_related("flag__conversation", "alarm").filter(oid=page).first()
        if row is None or (line := _line_of(row)) is None:
            raise NotFound
        access.require(staff, line, access.SUPERVISES)
        dead_one = Page.objects.filter(id=row.id, state=PageState.DEAD)
        if not dead_one.update(state=PageState.DUE, attempts=TRIES - 1, not_before=timezone.now()):
            raise Refused("This is no longer on the list.", code="not_dead")
        audit(staff, "try_page_again", page)
        announce.after_commit(announce.BoardChanged())


def _line_of(page: Page) -> UUID | None:
    """Whose flag or alarm it is about; null for an alarm of no line."""
    if page.flag:
        return page.flag.conversation.line_id
    assert page.alarm  # as above
    return Line.objects.filter(slug=page.alarm.subject).values_list("id", flat=True).first()
