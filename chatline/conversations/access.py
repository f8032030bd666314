"""The one gate to a conversation for staff. The answer for "absent" and "not yours" is the same."""

from collections.abc import Iterable
from uuid import UUID

from chatline.conversations.models import Conversation
from chatline.conversations.saying import lock
from chatline.conversations.states import State
from chatline.errors import NotFound
from chatline.people import access


def held(staff: UUID, conversation: UUID) -> Conversation:
    """The conversation, locked, if this person holds it now. Raises NotFound otherwise."""
    row = lock([conversation]).get(conversation)
    if row is None or not is_held(row, staff) or not access.may(staff, row.line_id):
        raise NotFound
    return row


def may_read(staff: UUID, row: Conversation) -> bool:
    """Whether this person may read it now: its holder, or a supervisor of its line while it has an open flag."""
    if is_held(row, staff) and access.may(staff, row.line_id):
        return True
    return row.open_flags > 0 and access.may(staff, row.line_id, access.SUPERVISES)


def is_held(row: Conversation, staff: UUID) -> bool:
    return row.state == State.ACTIVE and row.volunteer_id == staff


def answerable(rows: Iterable[Conversation], pairs: Iterable[tuple[UUID, UUID]]) -> set[tuple[UUID, UUID]]:
    """Of these (staff, conversation) pairs, those who hold the conversation and still answer on its line."""
    by_id = {row.id: row for row in rows}
    holding = {(staff, one) for staff, one in pairs if one in by_id and is_held(by_id[one], staff)}
    members = access.members({(staff, by_id[one].line_id) for staff, one in holding})
    return {(staff, one) for staff, one in holding if (staff, by_id[one].line_id) in members}
