"""To whom somebody who comes back is offered first."""

from datetime import datetime, timedelta

from chatline.conversations.models import Conversation, Offer
from chatline.people import access
from routing.models import Desk
from routing.presence import GONE

FIRST_CHANCE = timedelta(seconds=60)
"""How long the volunteer of last time may take a returning person before anybody else. A flag ends the privilege."""


def offer_to_previous(row: Conversation, now: datetime) -> None:
    """Offers a conversation that has a `previous` to its volunteer, if they are on shift now."""
    staff = row.previous.volunteer_id if row.previous else None
    if staff is None or staff == row.avoids_id or row.open_flags:
        return
    on_shift = Desk.objects.filter(staff=staff, ready=True, last_seen_at__gt=now - GONE).exists()
    if on_shift and access.may(staff, row.line_id):
        Offer.objects.create(
            conversation=row, staff_id=staff, reason="previous", made_at=now, expires_at=now + FIRST_CHANCE
        )
