"""What staff note beside the talk: notes, what was answered about risk, the plan. The visitor reads none of it.

Reading it on works as with messages: a note carries the version at which it came, and is read again only when its words
were forgotten; answers, the plan and what was agreed last time are small and read whole whenever `guide_version` is
beyond the reader's cursor.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce
from operator import or_
from uuid import UUID

from django.db.models import Q

from chatline.conversations import keys
from chatline.conversations.models import Conversation, Key, Note, Plan, RiskAnswer
from chatline.conversations.states import NoteKind, RiskQuestion
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
    """The standing answers, in the order of the questions, and the plan by its parts, None where there is none.

    `last_time` is what was agreed in an earlier conversation with the same person.
    """

    answers: list[AnswerRow] = field(default_factory=list)
    plan: dict[str, str] | None = None
    plan_sent: int | None = None
    last_time: NoteRow | None = None


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
    for note in Note.objects.filter(since).order_by("version", "id"):
        if note.version <= rows[note.conversation_id].version:
            found[note.conversation_id].append(_note(note, sealers.get(note.conversation_id)))
    return found


def guides(
    of: Collection[UUID], rows: Mapping[UUID, Conversation], sealers: Mapping[UUID, Sealer]
) -> dict[UUID, GuideRow]:
    """The guide of each of these conversations, whole."""
    if not of:
        return {}
    latest: dict[UUID, dict[str, AnswerRow]] = defaultdict(dict)
    for row in RiskAnswer.objects.filter(conversation__in=of).order_by("id"):
        latest[row.conversation_id][row.question] = AnswerRow(row.question, row.answer, row.name, row.at)
    plans = {row.conversation_id: row for row in Plan.objects.filter(conversation__in=of)}
    agreed = _agreed_before([rows[one] for one in of if rows[one].previous_id])
    return {
        one: GuideRow(
            answers=[latest[one][question] for question in RiskQuestion if question in latest[one]],
            plan=_parts(plans[one], sealers.get(one)) if one in plans else None,
            plan_sent=plans[one].sent_seq if one in plans else None,
            last_time=agreed.get(rows[one].visitor_id),
        )
        for one in of
    }


def _agreed_before(rows: list[Conversation]) -> dict[UUID, NoteRow]:
    """By visitor: the latest that was agreed in earlier conversations than these, of those that can still be read."""
    if not rows:
        return {}
    earlier = Note.objects.filter(
        kind=NoteKind.AGREED,
        conversation__visitor__in={row.visitor_id for row in rows},
        conversation__in=Key.objects.values("owner"),
    ).exclude(conversation__in=[row.id for row in rows])
    found: dict[UUID, NoteRow] = {}
    notes = list(earlier.select_related("conversation").order_by("-at", "-id"))
    talks = {note.conversation for note in notes}
    sealers = keys.sealers({talk.id for talk in talks}, erased=[talk.id for talk in talks if talk.erased_at])
    for note in notes:
        visitor, opened = note.conversation.visitor_id, _note(note, sealers.get(note.conversation_id))
        if opened.text and visitor not in found:
            found[visitor] = opened
    return found


# --- forgotten --------------------------------------------------------------------------------------------


def forget(row: Conversation) -> None:
    """With the words of a locked conversation: notes are read again, and say nothing; answers and plan are gone."""
    Note.objects.filter(conversation=row).update(version=row.version)
    RiskAnswer.objects.filter(conversation=row).delete()
    Plan.objects.filter(conversation=row).delete()


# --- opening ----------------------------------------------------------------------------------------------


def _note(row: Note, sealer: Sealer | None) -> NoteRow:
    text = _opened(sealer, bytes(row.text_sealed), place_of_note(row.conversation_id, row.version))
    return NoteRow(row.pk, row.version, row.kind, row.name, text, row.at)


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
