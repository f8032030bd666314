"""What goes with holding a conversation: whoever holds it no more offers it to nobody, and asks no supervisor in it.

Everything here is of a locked conversation that the caller saves, with a new version.
"""

from datetime import datetime

from chatline import announce
from chatline.conversations.models import Conversation, Offer


def let_go(row: Conversation, now: datetime) -> None:
    """It goes from one holder to another, to the queue, or is over."""
    end_offer(row, now)
    end_help(row, now)


def end_offer(row: Conversation, now: datetime) -> None:
    """Whoever could take or accept it before others is told that they no longer can."""
    standing = Offer.objects.filter(conversation=row, ended_at=None)
    announce.after_commit(*(announce.DeskChanged(one) for one in standing.values_list("staff", flat=True)))
    standing.update(ended_at=now)
    row.offered_to, row.offered_until = "", None


def end_help(row: Conversation, now: datetime) -> None:
    if not row.help:
        return
    # Through the relation, because the rows themselves are routing's affair.
    row.helps.filter(ended_at=None).update(ended_at=now)
    row.help = row.help_by = ""
    announce.after_commit(announce.BoardChanged())
