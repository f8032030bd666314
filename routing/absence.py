"""Volunteers who are gone: nobody waits for an answer of somebody whose page is no longer there.

A worker notes when it found a desk not seen for `GONE`; whoever is seen later is no longer gone. Only what a worker
noted counts, so that when nothing could be seen for a while (the database was away, no web process ran), nobody is
taken from volunteers whose pages are open.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, QuerySet

from chatline import announce
from chatline.conversations.models import Conversation
from chatline.conversations.saying import lock
from chatline.conversations.states import State
from chatline.lines.models import Line
from routing import queue, reception
from routing.models import Desk
from routing.presence import GONE

ABSENT = "absent"
"""Why a conversation is back in the queue."""

VOLUNTEER_GONE = "volunteer_gone"
"""The text that tells its person so."""

BACK_AGAIN = Q(gone_at=None) | Q(gone_at__lte=F("last_seen_at"))
"""Desks that were seen since they were last found gone."""


def note_gone(now: datetime) -> bool:
    """Notes which desks are gone from now on, and shows it to colleagues; true if there were any."""
    unseen = Desk.objects.filter(BACK_AGAIN, last_seen_at__lte=now - GONE)
    if not (gone := list(unseen.values_list("staff", flat=True))):
        return False
    with transaction.atomic():
        unseen.filter(staff__in=gone).update(gone_at=now)
        announce.after_commit(*(announce.DeskChanged(one) for one in gone), announce.BoardChanged())
    return True


def return_abandoned(now: datetime) -> bool:
    """Whoever waits for an answer of somebody who is gone for their line's `absence_minutes` goes back to the front of
    the queue, and is told so once; true if there were any.

    Beside an open flag they need not have written since. All others who do not wait for an answer stay where they are
    until they write.
    """
    returned = [_return_one(one, now) for one in _abandoned(now)]
    return any(returned)


def _abandoned(now: datetime) -> Iterator[UUID]:
    for line in Line.objects.all():
        here = _waiting_for_an_answer(now, line)
        yield from here.values_list("id", flat=True)


def _waiting_for_an_answer(now: datetime, line: Line) -> QuerySet[Conversation]:
    unanswered = Q(last_answer_at=None) | Q(last_answer_at__lt=F("last_visitor_at"))
    return Conversation.objects.filter(
        Q(open_flags__gt=0) | unanswered & Q(visitor_left_at=None),
        line=line,
        state=State.ACTIVE,
        volunteer__desk__gone_at__gt=F("volunteer__desk__last_seen_at"),
        volunteer__desk__gone_at__lte=now - _patience(line),
    )


def _patience(line: Line) -> timedelta:
    """From when somebody was found gone, which is `GONE` after they were last seen."""
    return max(timedelta(minutes=line.absence_minutes) - GONE, timedelta(0))


def _return_one(conversation: UUID, now: datetime) -> bool:
    with transaction.atomic():
        row = lock([conversation])[conversation]
        # Whoever comes back at this moment waits for this desk, and is then shown that they no longer hold it.
        list(Desk.objects.select_for_update().filter(staff=row.volunteer_id))
        if not _waiting_for_an_answer(now, row.line).filter(id=row.id).exists():
            return False
        queue.give_back(row, ABSENT, now, actor=None)
        reception.say_why_again(row, VOLUNTEER_GONE, now)
        return True
