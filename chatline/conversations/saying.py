"""Storing what is said: numbered, sealed, once. Shared by what visitors say (`routing.intake`) and volunteers say.

Everything here runs inside the caller's transaction, on conversations that the caller has locked.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_
from uuid import UUID

from django.db.models import Q

from chatline import announce
from chatline.conversations.models import Conversation, Message
from chatline.conversations.rows import update_each
from chatline.conversations.states import Sender
from chatline.errors import BadInput
from chatline.vault import Place, Sealer

MAX_TEXT = 2_000
"""Code points in one thing said, by socket; DESIGN section 6. A provider's own limit holds for texts."""


@dataclass(frozen=True, slots=True)
class Stored:
    """The answer to whoever said something; the same for the same (sender, key), however often it is asked."""

    conversation: UUID
    seq: int
    at: datetime
    version: int = 0


def place_of_text(conversation: UUID, seq: int) -> Place:
    return Place("message", "text", conversation, seq)


def check_text(text: str, limit: int = MAX_TEXT) -> None:
    """Raises BadInput `empty` or `too_long`."""
    if not text.strip():
        raise BadInput("There is nothing to send.", code="empty")
    if len(text) > limit:
        raise BadInput(f"At most {limit} characters at a time.", code="too_long")


def lock(ids: Iterable[UUID]) -> dict[UUID, Conversation]:
    """These conversations, locked in ascending id: the one order in which conversations are ever locked."""
    rows = Conversation.objects.select_for_update().filter(id__in=set(ids)).order_by("id")
    return {row.id: row for row in rows}


def stored_before(pairs: Iterable[tuple[UUID, str]]) -> dict[tuple[UUID, str], Stored]:
    """What these (sender, key) pairs stored earlier, in whatever conversation, closed or erased ones too."""
    wanted = set(pairs)
    if not wanted:
        return {}
    # Pair by pair, because two IN lists make the index look for every sender with every key.
    either = reduce(or_, (Q(sender=sender, key=key) for sender, key in wanted))
    rows = Message.objects.filter(either).values_list(
        "sender", "key", "conversation_id", "seq", "at", "version"
    )
    return {
        (sender, key): Stored(conversation, seq, at, version)
        for sender, key, conversation, seq, at, version in rows
        if sender and key
    }


def append(
    conversation: Conversation,
    sealer: Sealer,
    text: str,
    at: datetime,
    *,
    kind: Sender,
    sender: UUID | None = None,
    name: str = "",
    key: str | None = None,
    purpose: str = "",
) -> Message:
    """The next message of a locked conversation, not yet written: `write` does that for a whole list."""
    conversation.last_seq += 1
    conversation.version += 1
    return Message(
        conversation=conversation,
        seq=conversation.last_seq,
        version=conversation.version,
        sender_kind=kind,
        sender=sender,
        name=name,
        key=key,
        purpose=purpose,
        text_sealed=sealer.seal(text, place_of_text(conversation.id, conversation.last_seq)),
        at=at,
    )


_TALK_COLUMNS = (
    "version",
    "last_seq",
    "level",
    "tier",
    "rank_at",
    "first_answer_at",
    "last_visitor_at",
    "last_answer_at",
    "closing_at",
    "closing_reason",
    "open_flags",
    "unscreened",
    "evidence",
    "told_at",
    "asked_at",
)


def write(messages: Sequence[Message], conversations: Sequence[Conversation]) -> None:
    """One insert for all messages, one update for all their conversations."""
    Message.objects.bulk_create(messages)
    update_each(conversations, _TALK_COLUMNS)


def changed(conversation: Conversation, *others: UUID, said: object = None) -> announce.Changed:
    """The hint for this conversation as it now stands, to its visitor, its volunteer and `others`."""
    staff = tuple({one for one in (conversation.volunteer_id, *others) if one})
    return announce.Changed(conversation.id, conversation.version, conversation.visitor_id, staff, said)
