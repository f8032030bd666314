"""Somebody at high risk falls silent after an answer reached them: a supervisor has to acknowledge that anew, once.

Whom it may concern is looked for without a lock; then that one conversation is locked, looked at and decided again. So
of several workers the others find it done: the flag's reason names the last message before the silence.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F, OuterRef, Q, QuerySet, Subquery

from chatline import announce
from chatline.conversations.models import Conversation, Message
from chatline.conversations.saying import changed, lock
from chatline.conversations.states import Medium, Sender
from routing import escalation, patience
from routing.models import Flag, FlagState
from routing.risk import Level

SILENT = "silent_at_risk"
"""The reason that is added to the flag."""


def call_anew(now: datetime) -> bool:
    """Calls supervisors for those at risk who have been silent for too long; true if there were any."""
    due = [row.id for row in _silent() if _level_of(row, now)]
    called = [_call_one(one, now) for one in due]
    return any(called)


def _silent() -> QuerySet[Conversation]:
    """Those with a high flag who have not left, and have not written since an answer reached them."""
    unresolved = Flag.objects.filter(conversation=OuterRef("pk")).exclude(state=FlagState.RESOLVED)
    said = Message.objects.filter(conversation=OuterRef("pk"))
    theirs = said.filter(sender_kind=Sender.VISITOR).order_by("-seq")
    arrived = Q(conversation__medium=Medium.WEB) | Q(delivery__in=patience.ARRIVED)
    ours = said.filter(arrived, sender_kind__in=(Sender.VOLUNTEER, Sender.SUPERVISOR))
    answers = ours.filter(at__gte=OuterRef("last_visitor_at")).order_by("seq")
    flagged = Flag.objects.exclude(state=FlagState.RESOLVED).filter(level__gte=Level.HIGH)
    here = Conversation.objects.filter(
        id__in=flagged.values("conversation"),
        visitor_left_at=None,
        visitor__stopped_at=None,
        last_answer_at__gte=F("last_visitor_at"),
    )
    return here.annotate(
        risk=Subquery(unresolved.order_by("-level").values("level")[:1]),
        their_last=Subquery(theirs.values("seq")[:1]),
        answered_at=Subquery(answers.values("at")[:1]),
    ).filter(answered_at__isnull=False)


def _level_of(row: Conversation, now: datetime) -> Level | None:
    """The risk at which this one's silence is to be called; None where it is not, or was called already."""
    level, since = Level(row.risk), row.answered_at  # type: ignore[attr-defined]  # annotated
    if not patience.is_silence_alarming(level, since, now) or _is_called(row):
        return None
    return level


def _is_called(row: Conversation) -> bool:
    unresolved = Flag.objects.filter(conversation=row).exclude(state=FlagState.RESOLVED)
    return any(
        (reason["template"], reason["seq"]) == (SILENT, row.their_last)  # type: ignore[attr-defined]  # annotated
        for reasons in unresolved.values_list("reasons", flat=True)
        for reason in reasons
    )


def _call_one(conversation: UUID, now: datetime) -> bool:
    with transaction.atomic():
        lock([conversation])
        row = _silent().filter(id=conversation).first()
        level = _level_of(row, now) if row else None
        if row is None or level is None:
            return False
        minutes = patience.SILENT_AT_RISK[level].seconds // 60
        label = f"They have not written for {minutes} minutes"
        escalation.call_again(row, SILENT, label, row.their_last)  # type: ignore[attr-defined]  # annotated
        row.version += 1
        row.save(update_fields=["version"])
        announce.after_commit(changed(row), announce.BoardChanged())
    return True
