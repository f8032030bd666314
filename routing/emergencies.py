"""What was done when a life was in danger: written down by one supervisor, and signed by a second person.

Active rescue as crisis lines do it (Gould et al. 2016, PMC4491352, table 1): what was tried before, whether the person
agreed, who was called and when, and whether help reached them. The words are sealed and go with the conversation's key;
who wrote, the times and the outcome stay.
"""

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from chatline import announce
from chatline.conversations import keys
from chatline.conversations.models import Conversation
from chatline.conversations.saying import lock
from chatline.errors import BadInput, NotFound, Refused
from chatline.people import access
from chatline.people.actions import audit
from chatline.people.models import Role
from routing.inbox import place_of_emergency
from routing.models import EmergencyAction, Flag, FlagState

DETAILS = ("tried", "agency", "call_taker", "reference")
"""What is written in words, all of it sealed together."""

SIGNS = access.SUPERVISES | access.MANAGES

SKEW = timedelta(minutes=5)
"""How far the clock of whoever writes may be ahead of ours."""


@dataclass(frozen=True, slots=True)
class Record:
    """What a supervisor writes; `id` is of their making, and a second time the same one changes what they wrote.

    `consent` and `outcome` are those of the frame `Emergency`; `details` has some of `DETAILS`.
    """

    id: UUID
    conversation: UUID
    consent: str
    outcome: str
    details: dict[str, str] = field(default_factory=dict)
    called_at: datetime | None = None
    reached_at: datetime | None = None


def write(staff: UUID, record: Record) -> None:
    """Also for a conversation that is over by now. Whoever changed it last is who a second person signs for.

    Raises NotFound, BadInput `wrong_times`, or Refused `already_signed`.
    """
    with transaction.atomic():
        row, now = _supervised(staff, record.conversation, access.SUPERVISES), timezone.now()
        _check_times(record, now)
        known = EmergencyAction.objects.select_for_update().filter(id=record.id).first()
        if known and known.conversation_id != row.id:
            raise NotFound
        if known and known.signed_at:
            raise Refused("This is signed, and stays as it is.", code="already_signed")
        action = known or EmergencyAction(id=record.id, conversation=row, flag=_worst_flag(row), at=now)
        action.consent, action.outcome, action.by_id = record.consent, record.outcome, staff
        action.called_at, action.reached_at = record.called_at, record.reached_at
        action.details_sealed = _sealed(row, record)
        action.save()
        audit(staff, "change_emergency" if known else "write_emergency", record.id, outcome=record.outcome)
        announce.after_commit(announce.BoardChanged())


def sign(staff: UUID, emergency: UUID) -> None:
    """Another supervisor or a manager of the line confirms it; from then on nobody changes it.

    Raises NotFound, or Refused (`same_person`, `already_signed`).
    """
    about = EmergencyAction.objects.filter(id=emergency).values_list("conversation", flat=True).first()
    if about is None:
        raise NotFound
    with transaction.atomic():
        _supervised(staff, about, SIGNS)
        action = EmergencyAction.objects.select_for_update().get(id=emergency)
        if action.signed_at:
            raise Refused("This is signed already.", code="already_signed")
        if action.by_id == staff:
            raise Refused("A second person signs.", code="same_person")
        action.signed_by_id, action.signed_at = staff, timezone.now()
        action.save(update_fields=["signed_by", "signed_at"])
        audit(staff, "sign_emergency", emergency)
        announce.after_commit(announce.BoardChanged())


def is_written(row: Conversation) -> bool:
    return EmergencyAction.objects.filter(conversation=row).exists()


def _supervised(staff: UUID, conversation: UUID, roles: frozenset[Role]) -> Conversation:
    row = lock([conversation]).get(conversation)
    if row is None:
        raise NotFound
    access.require(staff, row.line_id, roles)
    return row


def _check_times(record: Record, now: datetime) -> None:
    told = [one for one in (record.called_at, record.reached_at) if one]
    if any(one > now + SKEW for one in told) or told != sorted(told):
        raise BadInput("These times cannot be.", code="wrong_times")


def _worst_flag(row: Conversation) -> Flag | None:
    unresolved = Flag.objects.filter(conversation=row).exclude(state=FlagState.RESOLVED)
    return unresolved.order_by("-level", "raised_at").first()


def _sealed(row: Conversation, record: Record) -> bytes | None:
    """What is said about words that were erased is not kept either."""
    sealer = keys.sealers([row.id], erased=[row.id] if row.erased_at else ()).get(row.id)
    words = {name: record.details.get(name, "").strip() for name in DETAILS}
    return sealer.seal(json.dumps(words), place_of_emergency(record.id, row.id)) if sealer else None
