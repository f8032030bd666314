"""What STOP, START, HELP and DELETE do, whoever read them: our own reader, the provider, or the provider's refusal.

Everything here happens under the visitor's lock. Answers are deliveries without a message; each follows from one text
whose receipt is signed in the same transaction, so it goes out once.
"""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from chatline import announce
from chatline.conversations import leaving, visitors
from chatline.conversations.models import Conversation, Delivery, OptOut, Visitor
from chatline.conversations.states import State
from routing import escalation


class Keyword(StrEnum):
    """What a whole text may mean (`sms/keywords.py` reads it)."""

    STOP = "stop"
    START = "start"
    HELP = "help"
    DELETE = "delete"


def obey(
    visitor: Visitor,
    keyword: Keyword,
    now: datetime,
    *,
    answered: bool = False,
    came_at: datetime | None = None,
) -> bool:
    """Honours the keyword of a locked visitor; `answered` if the provider has answered it already.

    One that waited since `came_at` (on a disk, at the provider) does not undo what the person said later.

    True if the text is a message as well. HELP and START are, because they are also what a person in danger may type;
    STOP is for as long as somebody may be reading; DELETE never is, because nothing may be kept of it.
    """
    match keyword:
        case Keyword.STOP:
            is_old_news = came_at is not None and _came_back_since(visitor, came_at)
            if not is_old_news and stop(visitor, came_at or now) and not answered:
                visitors.answer_keyword(visitor, "stop", now)
            return _open_ones(visitor).exists()
        case Keyword.START:
            # At the very same moment STOP wins: nothing may be sent to who has stopped.
            is_old_news = (
                came_at is not None and visitor.stopped_at is not None and visitor.stopped_at >= came_at
            )
            if not is_old_news and _start(visitor, came_at or now) and not answered:
                visitors.answer_keyword(visitor, "start", now)
            return True
        case Keyword.HELP:
            if not (visitor.stopped_at or answered):
                visitors.answer_keyword(visitor, "help", now)
            return True
        case Keyword.DELETE:
            is_done = leaving.erase(visitor.id)
            if not visitor.stopped_at:
                visitors.answer_keyword(
                    visitor, leaving.receipt_of(visitor.id) if is_done else "delete_later", now
                )
            return False


def stop(visitor: Visitor, now: datetime) -> bool:
    """Nothing more is sent to a locked visitor, and who answers for them is told. False if they had stopped before."""
    if not visitors.stop(visitor, now):
        return False
    if row := _open_ones(visitor).select_for_update().first():
        escalation.out_of_reach(row)
    return True


def _start(visitor: Visitor, now: datetime) -> bool:
    if not visitors.start(visitor, now):
        return False
    # A flag shows whether its person can be reached.
    announce.after_commit(announce.BoardChanged())
    return True


def opted_out_elsewhere(oid: UUID) -> None:
    """The provider refuses this text of ours because the person told it, or their carrier, to stop.

    Said of a text from before they came back by START, it is old news.
    """
    with transaction.atomic():
        sent = Delivery.objects.filter(oid=oid).values("visitor", "created_at").first()
        if sent is None:
            return
        visitor = Visitor.objects.select_for_update(no_key=True).get(id=sent["visitor"])
        if not _came_back_since(visitor, sent["created_at"]):
            stop(visitor, timezone.now())


def _came_back_since(visitor: Visitor, then: datetime) -> bool:
    theirs = OptOut.objects.filter(line=visitor.line_id, fingerprint=visitor.fingerprint)
    return theirs.filter(lifted_at__gt=then).exists()


def _open_ones(visitor: Visitor) -> QuerySet[Conversation]:
    return Conversation.objects.filter(visitor=visitor).exclude(state=State.CLOSED)
