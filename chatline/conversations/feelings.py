"""How upset somebody says they are, before they talk with somebody and afterwards, so that a line can show
change (`routing/reports`).

The scale is the one of text lines that ask "on a scale of 1 to 7, how upset are you?". Nobody has to answer.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from chatline import announce
from chatline.conversations.models import FEELINGS, Conversation
from chatline.conversations.saying import changed
from chatline.errors import BadInput, Refused

AFTERWARDS = timedelta(hours=1)
"""How long after the end it is still an answer to how it was."""


def tell(visitor: UUID, when: str, value: int) -> None:
    """Keeps the answer to `before` or `after`, the latest one given, with the visitor's latest conversation.

    It may also come from somebody who has ended their side: it tells nothing and opens nothing. Raises BadInput
    `not_on_scale`, or Refused `too_late` where there is nothing that it could be about.
    """
    if not FEELINGS[0] <= value <= FEELINGS[1]:
        raise BadInput("From 1 to 7, please.", code="not_on_scale")
    with transaction.atomic():
        latest = Conversation.objects.filter(visitor=visitor).order_by("-opened_at").values("id")[:1]
        row = (
            Conversation.objects.select_for_update()
            .filter(id__in=list(latest.values_list("id", flat=True)))
            .first()
        )
        if row is None or not _is_time_for(row, when, timezone.now()):
            raise Refused("It is too late to tell this.", code="too_late")
        column = f"feeling_{when}"
        setattr(row, column, value)
        row.version += 1
        row.save(update_fields=[column, "version"])
        announce.after_commit(changed(row))


def _is_time_for(row: Conversation, when: str, now: datetime) -> bool:
    over_at = row.visitor_left_at or row.closed_at
    if when == "before":
        return over_at is None
    return over_at is not None and over_at > now - AFTERWARDS
