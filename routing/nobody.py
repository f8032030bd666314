"""Nobody is there: people wait on an open line and nobody on shift could answer, or a flag is open and no supervisor is
signed in. An alarm of the line, raised at once and cleared by itself; each supervisor of the line is paged once for
those who wait, and for a flag its ladder is climbed (`climbing.py`).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain
from uuid import UUID

from django.db import transaction
from django.db.models import Count, F, Q

from chatline.conversations.models import Conversation
from chatline.conversations.states import Kind, State
from chatline.lines.ladders import Channel
from chatline.lines.models import Line
from chatline.lines.reads import service
from chatline.people import access
from chatline.people.actions import clear_alarm, raise_alarm
from chatline.people.models import Alarm, Membership
from routing import climbing
from routing.models import Flag, FlagState, Page
from routing.presence import GONE

NOBODY_ON_SHIFT = "nobody_on_shift"
FLAG_UNSEEN = "flag_unseen"

DOUBT = timedelta(seconds=20)
"""How long somebody who was just found gone may still be coming back: a look and a little more. When nothing could be
seen for a while, everybody is found gone at once, and most of them are seen at the next look."""


@dataclass(slots=True)
class There:
    """By line: who could answer now, and which supervisors are signed in."""

    answer: set[UUID] = field(default_factory=set)
    supervise: set[UUID] = field(default_factory=set)


def watch(now: datetime) -> bool:
    """Raises and clears; true if anything changed."""
    waiting, flagged = _waiting(), _flagged()
    alarms = Alarm.objects.filter(code__in=(NOBODY_ON_SHIFT, FLAG_UNSEEN), cleared_at=None)
    standing = set(alarms.values_list("code", "subject"))
    if not (waiting or flagged or standing):
        return False
    there = _there(now)
    alone = {
        line for line, reserved in waiting if line not in (there.supervise if reserved else there.answer)
    }
    unseen = flagged - there.supervise
    due = _due(alone, unseen, now)
    for code, slug in due.keys() - standing:
        _raise(code, due[code, slug], now)
    for code, slug in standing - due.keys():
        clear_alarm(code, slug)
    return due.keys() != standing


def _due(alone: set[UUID], unseen: set[UUID], now: datetime) -> dict[tuple[str, str], Line]:
    """What should be raised now, by code and subject: the line."""
    lines = Line.objects.filter(id__in=alone | unseen).prefetch_related("hours", "holidays")
    due = {(FLAG_UNSEEN, line.slug): line for line in lines if line.id in unseen}
    open_ones = [line for line in lines if line.id in alone and service(line, now).kind == "open"]
    return due | {(NOBODY_ON_SHIFT, line.slug): line for line in open_ones}


def _waiting() -> set[tuple[UUID, bool]]:
    """On which lines somebody waits, and whether for a supervisor alone. Nobody waits in a drill."""
    here = Conversation.objects.filter(state=State.WAITING, blocked=False, kind=Kind.REAL)
    here = here.filter(Q(visitor_left_at=None) | Q(open_flags__gt=0))
    return set(here.values_list("line", "reserved").distinct())


def _flagged() -> set[UUID]:
    """On which lines a flag is open that nobody has acknowledged. A drill's alarm would not say that it is one."""
    open_ones = Flag.objects.filter(state=FlagState.OPEN, conversation__kind=Kind.REAL)
    return set(open_ones.values_list("conversation__line", flat=True).distinct())


def _there(now: datetime) -> There:
    here = Q(staff__desk__last_seen_at__gt=now - GONE)
    just_gone = Q(staff__desk__gone_at__gt=now - DOUBT) & Q(
        staff__desk__gone_at__gt=F("staff__desk__last_seen_at")
    )
    rows = (
        Membership.objects.filter(here | just_gone, role__in=access.ANSWERS, staff__is_active=True)
        .annotate(
            held=Count(
                "staff__conversations", filter=Q(staff__conversations__state=State.ACTIVE), distinct=True
            )
        )
        .values_list("line", "role", "staff__desk__ready", "staff__desk__seats", "held")
    )
    there = There()
    for line, role, ready, seats, held in rows:
        if ready or held < seats:
            there.answer.add(line)
        if role in access.SUPERVISES:
            there.supervise.add(line)
    return there


def _raise(code: str, line: Line, now: datetime) -> None:
    with transaction.atomic():
        raise_alarm(code, line.slug)
        if code == NOBODY_ON_SHIFT:
            alarm = Alarm.objects.get(code=code, subject=line.slug, cleared_at=None)
            Page.objects.bulk_create(_pages(alarm, line, now), ignore_conflicts=True)


def _pages(alarm: Alarm, line: Line, now: datetime) -> Iterator[Page]:
    """To each supervisor of the line by text and e-mail, and to other systems; the database keeps it to once each."""
    people = climbing.supervisors(line.id)
    calls = chain(
        climbing.to_staff(people, Channel.TEXT, now),
        climbing.to_staff(people, Channel.EMAIL, now),
        climbing.to_systems(Channel.HOOK, line.id, now),
        climbing.to_systems(Channel.PLUGIN, line.id, now),
    )
    for page in calls:
        page.alarm = alarm
        yield page
