"""A flag that nobody acknowledges climbs its line's ladder, step by step, until somebody does.

Any number of workers may run this: a step is taken by compare-and-set on the flag's `climb` and `step`, and its pages
are written in the same transaction. So each step happens once, and a worker that dies in it leaves it to the next.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from importlib.metadata import entry_points
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from chatline import announce
from chatline.lines import ladders
from chatline.lines.ladders import Channel, Rung, Whom
from chatline.lines.models import Hook, Line
from chatline.people.models import Membership, Role
from routing import ladder, pages
from routing.models import Contact, Flag, FlagState, OnCall, Page, PageState
from routing.presence import GONE

PLUGINS = "chatline.escalation"
"""The group of entry points under which installed packages offer to take pages (`paging`)."""

TOGETHER = 200
"""Flags whose step is taken in one round of a worker; a flood goes on in the next, worst and oldest first."""


# --- begun and ended ----------------------------------------------------------------------------------------


def begin(flag: Flag, now: datetime) -> None:
    """An open flag climbs from the bottom, for the first time or anew. The caller writes the row."""
    if flag.climbs_since:
        flag.climb += 1
    flag.step, flag.climbs_since, flag.next_at, flag.unanswered_at = 0, now, now, None


def end(flag: Flag) -> None:
    """It climbs no more; pages of it that are still due are dropped when claimed. The caller writes the row."""
    flag.next_at = flag.unanswered_at = None


# --- a step -------------------------------------------------------------------------------------------------


def climb_due(now: datetime) -> bool:
    """Takes the steps that are due; true if there were any."""
    due = Flag.objects.filter(state=FlagState.OPEN, next_at__lte=now).order_by("-level", "raised_at", "id")
    taken = [_climb(one, now) for one in due.values_list("id", flat=True)[:TOGETHER]]
    return any(taken)


def _climb(flag: UUID, now: datetime) -> bool:
    with transaction.atomic():
        row = Flag.objects.select_related("conversation__line").get(id=flag)
        if row.state != FlagState.OPEN or row.next_at is None or row.next_at > now or not row.climbs_since:
            return False
        steps = ladder.steps(rungs_of(row.conversation.line))
        called, taken = _next_step_with_people(row, steps, now)
        since = _begun(row.climbs_since, steps, row.step, now)
        unanswered = row.unanswered_at or (now if ladder.is_climbed(steps, taken) else None)
        won = Flag.objects.filter(id=flag, state=FlagState.OPEN, climb=row.climb, step=row.step).update(
            step=taken,
            climbs_since=since,
            next_at=since + ladder.due_after(steps, taken),
            unanswered_at=unanswered,
        )
        if won:
            Page.objects.bulk_create(called, ignore_conflicts=True)
            announce.after_commit(announce.BoardChanged())
    return bool(won)


def rungs_of(line: Line) -> tuple[Rung, ...]:
    return ladders.of(Rung(one.after, one.whom, one.channel) for one in line.rungs.all())


def _next_step_with_people(
    row: Flag, steps: tuple[ladder.Step, ...], now: datetime
) -> tuple[list[Page], int]:
    """The pages of this step and how many steps are taken then: where nobody can be called, the next one is taken too.

    Never more than one round, because there may be nobody at all.
    """
    called: list[Page] = []
    for taken in range(row.step, row.step + len(steps)):
        step = ladder.step_of(steps, taken)
        called += _pages(row, taken + 1, step, now)
        if any(page.staff_id for page in called):
            break
    return called, taken + 1


def _begun(since: datetime, steps: tuple[ladder.Step, ...], step: int, now: datetime) -> datetime:
    """When the climb began; later if a further round is late, so that rounds are never made up for one on another."""
    late = now - (since + ladder.due_after(steps, step))
    return since + late if ladder.is_climbed(steps, step) and late > timedelta() else since


# --- whom a step calls --------------------------------------------------------------------------------------


def _pages(flag: Flag, step: int, taken: ladder.Step, now: datetime) -> Iterator[Page]:
    for rung in taken.rungs:
        for page in _of_rung(rung, flag.conversation.line_id, now):
            page.flag, page.climb, page.step, page.level = flag, flag.climb, step, flag.level
            yield page


def _of_rung(rung: Rung, line: UUID, now: datetime) -> Iterator[Page]:
    if rung.whom == Whom.SYSTEMS:
        yield from to_systems(rung.channel, line, now)
        return
    for staff in _WHOM[rung.whom](line, now):
        yield from to_staff(staff, rung.channel, now)


def to_staff(staff: UUID, channel: str, now: datetime) -> Iterator[Page]:
    """A page to this person, unless this channel cannot reach them."""
    page = Page(staff_id=staff, target=str(staff), channel=channel, made_at=now, not_before=now)
    if channel == Channel.SCREEN:
        page.state, page.sent_at = PageState.SENT, now
        yield page
    elif Contact.objects.filter(staff=staff, **{f"{_SEALED[channel]}__isnull": False}).exists():
        page.code = pages.new_code() if channel in (Channel.TEXT, Channel.VOICE) else ""
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
    else:
        for name in plugins():
            yield Page(target=name, channel=Channel.PLUGIN, made_at=now, not_before=now)


@lru_cache(maxsize=1)
def plugins() -> tuple[str, ...]:
    """The names of the plug-ins that are installed; another one needs a restart."""
    return tuple(sorted({one.name for one in entry_points(group=PLUGINS)}))


def _on_shift(line: UUID, now: datetime) -> list[UUID]:
    here = _members(line, Role.SUPERVISOR).filter(staff__desk__last_seen_at__gt=now - GONE)
    return list(here.values_list("staff", flat=True))


def _supervisors(line: UUID, _: datetime) -> list[UUID]:
    return list(_members(line, Role.SUPERVISOR).values_list("staff", flat=True))


def _managers(line: UUID, _: datetime) -> list[UUID]:
    return list(_members(line, Role.MANAGER).values_list("staff", flat=True))


def _on_call(line: UUID, _: datetime) -> list[UUID]:
    rows = OnCall.objects.filter(line=line, staff__is_active=True, staff__memberships__line=line)
    return list(rows.order_by("place").values_list("staff", flat=True).distinct())


def _members(line: UUID, role: Role) -> QuerySet[Membership]:
    return Membership.objects.filter(line=line, role=role, staff__is_active=True).order_by("since", "id")


_WHOM: dict[str, Callable[[UUID, datetime], list[UUID]]] = {
    Whom.ON_SHIFT: _on_shift,
    Whom.SUPERVISORS: _supervisors,
    Whom.ON_CALL: _on_call,
    Whom.MANAGERS: _managers,
}
