"""What staff asked since the visitor's last words, for the screen to read an answer by.

Looked for only where the words may be an answer and staff spoke last: ordinary talk costs nothing.
"""

from collections.abc import Collection, Mapping
from uuid import UUID

from django.db.models import F

from chatline.conversations.models import Conversation, Message
from chatline.conversations.saying import place_of_text
from chatline.conversations.states import Sender
from chatline.vault import Sealer, VaultError

LOOK_BACK = 4
"""How many of the last messages are looked at: a question, what was said to soften it, and the line's own words."""

_STAFF = (Sender.VOLUNTEER, Sender.SUPERVISOR)


def staff_spoke_last(row: Conversation) -> bool:
    """Whether what a visitor says next may be an answer."""
    return bool(row.last_answer_at and row.last_visitor_at and row.last_answer_at >= row.last_visitor_at)


def since_their_words(rows: Collection[Conversation], sealers: Mapping[UUID, Sealer]) -> dict[UUID, str]:
    """For each of these locked conversations what staff said last, in order; with one query for all of them."""
    if not rows:
        return {}
    latest = Message.objects.filter(
        conversation__in=[row.id for row in rows], seq__gt=F("conversation__last_seq") - LOOK_BACK
    )
    asked: dict[UUID, list[str]] = {row.id: [] for row in rows}
    answered: set[UUID] = set()
    for one, seq, kind, sealed in latest.order_by("-seq").values_list(
        "conversation", "seq", "sender_kind", "text_sealed"
    ):
        if kind == Sender.VISITOR:
            answered.add(one)
        elif kind in _STAFF and one not in answered and (sealer := sealers.get(one)):
            asked[one].append(_opened(sealer, bytes(sealed), one, seq))
    return {one: "\n".join(reversed(said)) for one, said in asked.items() if said}


def _opened(sealer: Sealer, sealed: bytes, conversation: UUID, seq: int) -> str:
    """Nothing where it does not open: it was sealed under a key that was destroyed since."""
    try:
        return sealer.unseal(sealed, place_of_text(conversation, seq))
    except VaultError:
        return ""
