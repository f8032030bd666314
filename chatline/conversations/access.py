"""The one gate to a conversation for staff. The answer for "absent" and "not yours" is the same."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from chatline.conversations.models import Conversation
from chatline.conversations.saying import lock
from chatline.conversations.states import Sender, State
from chatline.errors import NotFound
from chatline.people import access


def held(staff: UUID, conversation: UUID) -> Conversation:
    """The conversation, locked, if this person holds it now. Raises NotFound otherwise."""
    row = lock([conversation]).get(conversation)
    if row is None or not is_held(row, staff) or not access.may(staff, row.line_id):
        raise NotFound
    return row


def taking_part(staff: UUID, conversation: UUID) -> Conversation:
    """The conversation, locked, if this person holds it, or supervises its line and has joined it.

    Raises NotFound otherwise.
    """
    row = lock([conversation]).get(conversation)
    if row is None or row.state == State.CLOSED:
        raise NotFound
    if is_held(row, staff) and access.may(staff, row.line_id):
        return row
    joined = row.watches.filter(staff=staff, joined_at__isnull=False).exists()
    if not joined or not access.may(staff, row.line_id, access.SUPERVISES):
        raise NotFound
    return row


def may_read(staff: UUID, row: Conversation) -> bool:
    """Whether this person may read it now: its holder, or a supervisor who watches it or answers for its open flag."""
    if is_held(row, staff) and access.may(staff, row.line_id):
        return True
    supervises = access.may(staff, row.line_id, access.SUPERVISES)
    return supervises and (row.open_flags > 0 or row.watches.filter(staff=staff).exists())


def is_held(row: Conversation, staff: UUID) -> bool:
    return row.state == State.ACTIVE and row.volunteer_id == staff


def is_joined(row: Conversation, staff: UUID) -> bool:
    joined = any(one["joined"] and one["staff"] == str(staff) for one in row.watchers)
    return joined and row.state == State.ACTIVE


def speakers(
    rows: Mapping[UUID, Conversation], pairs: Iterable[tuple[UUID, UUID]]
) -> dict[tuple[UUID, UUID], Sender]:
    """Who of these (staff, conversation) pairs may speak, and as what: who holds it, and supervisors who joined."""
    known = [(staff, one) for staff, one in pairs if one in rows]
    holding = {(staff, one) for staff, one in known if is_held(rows[one], staff)}
    joined = {(staff, one) for staff, one in known if is_joined(rows[one], staff)} - holding
    answer = access.members({(staff, rows[one].line_id) for staff, one in holding})
    supervise = access.members({(staff, rows[one].line_id) for staff, one in joined}, access.SUPERVISES)
    return {
        (staff, one): Sender.SUPERVISOR for staff, one in joined if (staff, rows[one].line_id) in supervise
    } | {(staff, one): Sender.VOLUNTEER for staff, one in holding if (staff, rows[one].line_id) in answer}
