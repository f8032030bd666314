"""What overseers see of grants, and what a supervisor may ask for. Never the thing itself: that is `revealing.py`."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet

from chatline.conversations import keys
from chatline.conversations.models import Conversation, Grant
from chatline.conversations.states import GrantState
from chatline.people import access
from chatline.vault import VaultError
from routing import grants, revealing

KEPT = timedelta(days=28)
"""How long a grant is listed; the audit log has it for ever."""

FOUND = 20
"""How many conversations are offered at once, the latest."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A grant as one overseer sees it: what they may do with it, and what was written to the reason."""

    grant: Grant
    why: str
    may_approve: bool
    may_show: bool
    may_end: bool
    may_look: bool
    lapsed: bool


def listed(staff: UUID, now: datetime) -> list[Listed]:
    """Grants of the lines that they oversee, the latest first."""
    mine = Grant.objects.filter(line__in=access.lines_of(staff, grants.OVERSEES), asked_at__gt=now - KEPT)
    about = ("line", "conversation__visitor", "asked_by", "approved_by", "seen_by", "volunteer")
    rows = list(mine.select_related(*about).order_by("-asked_at", "id"))
    whys = _whys(rows)
    return [_listed(row, whys[row.id], staff, now) for row in rows]


def waiting_for(staff: UUID, now: datetime) -> int:
    """How many grants somebody else asked for, or took alone, that this person may agree to or look at now."""
    mine = Grant.objects.filter(line__in=access.lines_of(staff, grants.OVERSEES)).exclude(asked_by=staff)
    asked = Q(state=GrantState.ASKED, lapses_at__gt=now)
    alone = Q(alone=True, seen_at=None, asked_at__gt=now - KEPT)
    return mine.filter(asked | alone).count()


def _listed(row: Grant, why: str, staff: UUID, now: datetime) -> Listed:
    waits = row.state == GrantState.ASKED and row.lapses_at > now
    is_open = revealing.is_open(row, now)
    own = row.asked_by_id == staff
    return Listed(
        grant=row,
        why=why,
        may_approve=not grants.refusal(row, staff, now),
        may_show=own and is_open,
        may_end=waits or is_open,
        may_look=row.alone and row.seen_at is None and not own,
        lapsed=row.state == GrantState.ASKED and not waits,
    )


def _whys(rows: Iterable[Grant]) -> dict[UUID, str]:
    """By grant; empty where nothing was written, or its conversation was forgotten."""
    talks = {row.conversation for row in rows}
    sealers = keys.sealers({one.id for one in talks}, erased=[one.id for one in talks if one.erased_at])

    def why(row: Grant) -> str:
        sealer = sealers.get(row.conversation_id)
        if sealer is None or row.why_sealed is None:
            return ""
        try:
            return sealer.unseal(bytes(row.why_sealed), grants.place_of_why(row.id, row.conversation_id))
        except VaultError:
            return ""

    return {row.id: why(row) for row in rows}


def to_ask_for(staff: UUID, handle: str) -> QuerySet[Conversation]:
    """Conversations of the lines that they supervise, whose handle holds this; the latest first."""
    mine = Conversation.objects.filter(line__in=access.lines_of(staff, access.SUPERVISES), erased_at=None)
    found = mine.filter(visitor__handle__icontains=handle).select_related("visitor", "line")
    return found.order_by("-opened_at")[:FOUND]
