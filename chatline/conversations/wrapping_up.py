"""What a volunteer says about a conversation when they close it, and the question without which none is closed.

Shares of topics, and of conversations in which suicide was asked about, are what a line learns from; so the row holds
no words and stays. What is written in words is sealed, as notes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from chatline.conversations import guide, noting
from chatline.conversations.keys import Forgotten
from chatline.conversations.models import Conversation, Note, WrapUp
from chatline.conversations.states import Contact, NoteKind, RiskAsked
from chatline.errors import BadInput, Refused
from chatline.people.access import active_staff
from chatline.people.models import Staff
from chatline.vault import VaultError

TOPICS: Mapping[str, str] = {
    "anxiety": "Anxiety",
    "low_mood": "Low mood",
    "loneliness": "Loneliness",
    "relationships": "Relationships",
    "family": "Family",
    "grief": "Grief",
    "suicide": "Suicide",
    "self_harm": "Self-harm",
    "abuse": "Abuse",
    "substances": "Alcohol or drugs",
    "school_work": "School or work",
    "money": "Money or housing",
    "health": "Health",
    "identity": "Gender or sexuality",
    "other": "Something else",
}
"""What it was about: the codes that are kept, and their words (after the issue lists of text lines)."""

MOST_TOPICS = 8


@dataclass(frozen=True, slots=True)
class Wrapped:
    """`contact` is a `states.Contact`; `not_asked` says why asking about suicide was not appropriate."""

    contact: str = Contact.SELF
    topics: list[str] = field(default_factory=list)
    not_asked: str = ""
    agreed: str = ""
    trouble: bool = False


def refuse_unasked(row: Conversation, wrapped: Wrapped | None) -> None:
    """Raises Refused `risk_not_asked` where the line wants it asked, and nobody asked or said why not."""
    if row.line.asks_risk and not row.risk_asked and not (wrapped and wrapped.not_asked.strip()):
        raise Refused("Ask about suicide first, or say why it was not right to ask.", code="risk_not_asked")


def keep(row: Conversation, wrapped: Wrapped, staff: UUID, now: datetime) -> None:
    """Writes it down in a locked conversation, in the place of what was said before; the caller saves the row.

    Raises BadInput `unknown_topic`.
    """
    if not set(wrapped.topics) <= TOPICS.keys() or len(wrapped.topics) > MOST_TOPICS:
        raise BadInput(f"At most {MOST_TOPICS} topics of the list.", code="unknown_topic")
    by = active_staff(staff)
    if wrapped.not_asked.strip() and row.risk_asked != RiskAsked.ASKED:
        row.risk_asked = RiskAsked.NOT_APPROPRIATE
        _note_once(row, NoteKind.NOT_ASKED, wrapped.not_asked, by, now)
    if wrapped.agreed.strip():
        _note_once(row, NoteKind.AGREED, wrapped.agreed, by, now)
    WrapUp.objects.update_or_create(
        conversation=row,
        defaults={
            "contact": Contact(wrapped.contact),
            "topics": sorted(set(wrapped.topics)),
            "trouble": wrapped.trouble,
            "by": staff,
            "at": now,
        },
    )


def _note_once(row: Conversation, kind: NoteKind, text: str, by: Staff, now: datetime) -> None:
    """Not again what stands there since a close that was undone, nor anything beside words that were erased."""
    last = Note.objects.filter(conversation=row, kind=kind).order_by("-version").first()
    try:
        if last is None or _read(row, last) != text.strip():
            noting.note(row, kind, text, by, now)
    except Forgotten:
        return


def _read(row: Conversation, last: Note) -> str:
    try:
        return noting.sealer_beside(row).unseal(
            bytes(last.text_sealed), guide.place_of_note(row.id, last.version)
        )
    except VaultError:
        return ""
