"""What staff note beside the talk: notes, what was answered about risk, the plan. The visitor reads none of it.

Reading it on works as with messages: notes never change and carry the version at which they came; answers and plan are
small and sent whole whenever `guide_version` is beyond the reader's cursor.
"""

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce
from operator import or_
from uuid import UUID

from django.db.models import Q

from chatline.conversations.models import Conversation, Note, Plan, RiskAnswer
from chatline.vault import Place, Sealer, VaultError

PARTS = ("signs", "coping", "places", "people", "lines", "safer")
"""The six steps of a safety plan: Stanley and Brown, Cognitive and Behavioral Practice 19 (2012), 256-264."""


@dataclass(frozen=True, slots=True)
class NoteRow:
    """One note, opened. `kind` is a `states.NoteKind`."""

    id: int
    version: int
    kind: str
    name: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """What stands as the answer to one question about risk."""

    question: str
    reply: str
    name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class GuideRow:
    """The standing answers, in the order of the questions, and the plan by its parts, None where there is none."""

    answers: list[AnswerRow] = field(default_factory=list)
    plan: dict[str, str] | None = None
    plan_sent: int | None = None


def place_of_note(conversation: UUID, version: int) -> Place:
    return Place("note", "text", conversation, version)


def place_of_plan(conversation: UUID) -> Place:
    return Place("plan", "parts", conversation, 0)


def notes_since(
    floors: Mapping[UUID, int], rows: Mapping[UUID, Conversation], sealers: Mapping[UUID, Sealer]
) -> dict[UUID, list[NoteRow]]:
    """Notes above each conversation's floor, in order, and not above the version at which its row was read."""
    found: dict[UUID, list[NoteRow]] = defaultdict(list)
    if not floors:
        return found
    since = reduce(or_, (Q(conversation=one, version__gt=floor) for one, floor in floors.items()))
    for note in Note.objects.filter(since).order_by("version"):
        one = note.conversation_id
        if note.version <= rows[one].version:
            sealed, place = bytes(note.text_sealed), place_of_note(one, note.version)
            text = _opened(sealers.get(one), sealed, place)
            found[one].append(NoteRow(note.pk, note.version, note.kind, note.name, text, note.at))
    return found


def guides(of: list[UUID], sealers: Mapping[UUID, Sealer]) -> dict[UUID, GuideRow]:
    """The guide of each of these conversations, whole."""
    if not of:
        return {}
    latest: dict[UUID, dict[str, AnswerRow]] = defaultdict(dict)
    for row in RiskAnswer.objects.filter(conversation__in=of).order_by("id"):
        latest[row.conversation_id][row.question] = AnswerRow(row.question, row.answer, row.name, row.at)
    plans = {row.conversation_id: row for row in Plan.objects.filter(conversation__in=of)}
    return {
        one: GuideRow(
            answers=list(latest[one].values()),
            plan=_parts(plans[one], sealers.get(one)) if one in plans else None,
            plan_sent=plans[one].sent_seq if one in plans else None,
        )
        for one in of
    }


def _parts(row: Plan, sealer: Sealer | None) -> dict[str, str] | None:
    text = _opened(sealer, bytes(row.parts_sealed), place_of_plan(row.conversation_id))
    return dict(json.loads(text)) if text else None


def _opened(sealer: Sealer | None, sealed: bytes, place: Place) -> str:
    """Empty where the key is gone: what was noted about words that were erased is erased as well."""
    if sealer is None:
        return ""
    try:
        return sealer.unseal(sealed, place)
    except VaultError:
        return ""
