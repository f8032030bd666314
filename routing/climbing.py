"""A flag that nobody acknowledges climbs its line's ladder, step by step, until somebody does.

Any number of workers may run this: a step is taken under the lock of its flag, and its pages are written in the same
transaction. So each step happens once, and a worker that dies in it leaves it to the next.
"""

from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from importlib.metadata import entry_points
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import QuerySet

from chatline import announce
from chatline.lines import ladders
from chatline.lines.ladders import Channel, Rung, Whom
from chatline.lines.models import Hook, Line
from chatline.people.models import Membership, Role
from routing import ladder, pages, reaching
from routing.models import Flag, FlagState, Page, PageState
from routing.presence import GONE

PLUGINS = "chatline.escalation"
"""The group of entry points under which installed packages offer to take pages (`paging`)."""

TOGETHER = 200
"""Flags whose step is taken in one round of a worker; a flood goes on in the next, worst and oldest first."""


# --- begun and ended ----------------------------------------------------------------------------------------


def begin(flag: Flag, now: datetime) -> None:
    """An open flag climbs from the bottom, for the first time or anew. The caller writes the row.

    One that grew worse while it climbed keeps its moments: whoever was called is called again at once, and nobody later
    than they would have been.
    """
    if flag.climbs_since:
        flag.climb += 1
    if flag.climbs_since is None or flag.next_at is None:
        flag.climbs_since, flag.unanswered_at = now, None
    flag.step, flag.climbs_since, flag.next_at = 0, min(flag.climbs_since, now), now


def end(flag: Flag) -> None:
    """It climbs no more; pages of it that are still due are dropped when claimed. The caller writes the row."""
    flag.next_at = flag.unanswered_at = None


# --- a step -------------------------------------------------------------------------------------------------


def climb_due(now: datetime) -> bool:
    """Takes the steps that are due, one of each flag; true if there were any."""
    due = _due(now).order_by("-level", "raised_at", "id").values_list("id", flat=True)
    taken = [_climb(one, now) for one in due[:TOGETHER]]
    return any(taken)


def _due(now: datetime) -> QuerySet[Flag]:
    return Flag.objects.filter(state=FlagState.OPEN, next_at__lte=now)


def _climb(one: UUID, now: datetime) -> bool:
    with transaction.atomic():
        flag = _locked(_due(now).filter(id=one)).first()
        if flag is None:
            return False
        called = _take_step(flag, ladder.steps(rungs_of(flag.conversation.line)), now)
        flag.save(update_fields=["step", "climbs_since", "next_at", "unanswered_at"])
        # Whoever stands on two rungs of one step is called once.
        Page.objects.bulk_create(called, ignore_conflicts=True)
        announce.after_commit(announce.BoardChanged())
    return True


def _locked(flags: QuerySet[Flag]) -> QuerySet[Flag]:
    """A flag in another worker's hands is not waited for: what is due of it happens there."""
    skip = connection.features.has_select_for_update_skip_locked
    locked = flags.select_for_update(of=("self",), no_key=True, skip_locked=skip)
    return locked.select_related("conversation__line")


def rungs_of(line: Line) -> tuple[Rung, ...]:
    return ladders.of(Rung(one.after, one.whom, one.channel) for one in line.rungs.all())


def _take_step(flag: Flag, steps: ladder.Ladder, now: datetime) -> list[Page]:
    """The pages of the next step, and of those after it in this round for as long as there is nobody to be called."""
    assert flag.climbs_since  # else it were not due
    called: list[Page] = []
    for step in ladder.left(steps, flag.step):
        flag.step += 1
        called += _pages(flag, step, now)
        if any(page.staff_id for page in called):
            break
    flag.climbs_since = ladder.began(steps, flag.step, flag.climbs_since, now)
    flag.next_at = ladder.due(steps, flag.step, flag.climbs_since)
    if ladder.is_climbed(steps, flag.step):
        flag.unanswered_at = flag.unanswered_at or now
    return called


# --- whom a step calls --------------------------------------------------------------------------------------


def _pages(flag: Flag, step: ladder.Step, now: datetime) -> Iterator[Page]:
    for rung in step.rungs:
        for page in _of_rung(rung, flag.conversation.line_id, now):
            page.flag, page.climb, page.step, page.level = flag, flag.climb, flag.step, flag.level
            if page.channel == Channel.TEXT and page.staff_id:
                page.code = pages.new_code(page.staff_id, now)
            yield page


def _of_rung(rung: Rung, line: UUID, now: datetime) -> Iterator[Page]:
    if rung.whom == Whom.SYSTEMS:
        return to_systems(rung.channel, line, now)
    return to_staff(people(rung.whom, line, now), rung.channel, now)


def to_staff(people: QuerySet[Any], channel: str, now: datetime) -> Iterator[Page]:
    """A page to each of these whom this channel can reach. `people` are rows that have a `staff`."""
    if channel in _SEALED:
        people = people.filter(**{f"staff__contact__{_SEALED[channel]}__isnull": False})
    for staff in people.values_list("staff", flat=True):
        page = Page(staff_id=staff, target=str(staff), channel=channel, made_at=now, not_before=now)
        if channel == Channel.SCREEN:
            page.state, page.sent_at = PageState.SENT, now
        yield page


_SEALED: dict[str, str] = {
    Channel.TEXT: "phone_sealed",
    Channel.VOICE: "phone_sealed",
    Channel.EMAIL: "email_sealed",
}


def to_systems(channel: str, line: UUID, now: datetime) -> Iterator[Page]:
    """A page to each hook of this line, or to each plug-in."""
    if channel == Channel.HOOK:
        for hook in Hook.objects.filter(line=line).order_by("id"):
            yield Page(hook=hook, target=str(hook.oid), channel=channel, made_at=now, not_before=now)
    if channel == Channel.PLUGIN:
        for name in plugins():
            yield Page(target=name, channel=channel, made_at=now, not_before=now)


@lru_cache(maxsize=1)
def plugins() -> tuple[str, ...]:
    """The names of the plug-ins that are installed; another one needs a restart."""
    return tuple(sorted({one.name for one in entry_points(group=PLUGINS)}))


def people(whom: str, line: UUID, now: datetime) -> QuerySet[Any]:
    """Rows whose `staff` a rung for these calls now, in order."""
    match whom:
        case Whom.ON_SHIFT:
            return supervisors(line).filter(staff__desk__last_seen_at__gt=now - GONE)
        case Whom.SUPERVISORS:
            return supervisors(line)
        case Whom.ON_CALL:
            return reaching.places(line)
        case _:
            return _members(line, Role.MANAGER)


def supervisors(line: UUID) -> QuerySet[Membership]:
    """All supervisors of a line, signed in or not."""
    return _members(line, Role.SUPERVISOR)


def _members(line: UUID, role: Role) -> QuerySet[Membership]:
    return Membership.objects.filter(line=line, role=role, staff__is_active=True).order_by("since", "id")
