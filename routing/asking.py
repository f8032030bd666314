"""The four questions about suicide, and what a person answered: recorded as facts, with who asked and when.

All four answered with yes (thoughts, a plan, the means, a time) is danger now, in the practice of crisis text lines:
the level rises and a supervisor is called, as by a person's own judgement.
"""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from chatline import announce
from chatline.conversations import access, noting
from chatline.conversations.models import Conversation, RiskAnswer
from chatline.conversations.saying import changed
from chatline.conversations.states import RiskAsked, RiskQuestion, RiskReply
from chatline.people.access import active_staff
from routing import escalation


def answer(staff: UUID, conversation: UUID, question: str, reply: str) -> None:
    """What stands from now on as the answer to one question. Raises NotFound, or Forgotten after an erasure."""
    with transaction.atomic():
        row, by, now = access.taking_part(staff, conversation), active_staff(staff), timezone.now()
        noting.sealer_beside(row)  # answers go with the key, so without one none are kept
        RiskAnswer.objects.create(
            conversation=row,
            question=RiskQuestion(question),
            answer=RiskReply(reply),
            by=staff,
            name=by.name,
            at=now,
        )
        row.risk_asked = RiskAsked.ASKED
        noting.beside(row)
        if is_danger(standing(row)):
            escalation.raise_all_four(row, staff, now)
            announce.after_commit(announce.BoardChanged())
        row.save()
        announce.after_commit(changed(row))


def standing(row: Conversation) -> dict[str, str]:
    """By question: what was answered last."""
    rows = RiskAnswer.objects.filter(conversation=row).order_by("id")
    return dict(rows.values_list("question", "answer"))


def is_danger(answers: dict[str, str]) -> bool:
    return all(answers.get(question) == RiskReply.YES for question in RiskQuestion)
