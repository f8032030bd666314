"""Whoever was called about a flag away from their screen acknowledges it from there: by a text's code, or by a key.

They need not be a supervisor: the ladder may call a manager, who reads nobody's words but can wake somebody who does.
"""

import hmac
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from chatline.errors import NotFound
from chatline.lines.ladders import Channel
from chatline.people.models import Membership
from routing import escalation
from routing.models import Flag, FlagState, Page
from routing.reaching import reach_of

LATELY = timedelta(days=1)
"""For so long a code is known although its flag is resolved."""


def acknowledge_page(page: UUID, via: str = Channel.VOICE) -> Flag:
    """The one who was called by this page has it. Raises NotFound, or Refused `already_acknowledged`."""
    with transaction.atomic():
        row = Page.objects.select_related("flag__conversation").filter(oid=page).first()
        if row is None or row.flag is None or row.staff_id is None or not _belongs(row):
            raise NotFound
        return escalation.acknowledged(row.flag.id, row.staff_id, via)


def acknowledge_by_code(number: str, code: str) -> Flag | None:
    """The owner of this phone answered a text with its code; None if no such text went there about an open flag.

    `number` is E.164, as the provider gives it. Raises Refused `already_acknowledged` if somebody was faster.
    """
    page = texted_with(number, code)
    if page is None or page.flag is None or page.flag.state == FlagState.RESOLVED:
        return None
    return acknowledge_page(page.oid, Channel.TEXT)


def texted_with(number: str, code: str) -> Page | None:
    """The latest text with this code to this phone, sent lately or about a flag that is not resolved."""
    lately = Q(made_at__gt=timezone.now() - LATELY)
    texted = Page.objects.filter(channel=Channel.TEXT, code=code, flag__isnull=False, staff__isnull=False)
    about = texted.filter(~Q(flag__state=FlagState.RESOLVED) | lately).select_related(
        "flag__conversation__line"
    )
    for page in about.order_by("-made_at", "-id"):
        assert page.staff_id
        if hmac.compare_digest(reach_of(page.staff_id).phone.encode(), number.encode()) and _belongs(page):
            return page
    return None


def _belongs(page: Page) -> bool:
    assert page.flag
    line = page.flag.conversation.line_id
    return Membership.objects.filter(staff=page.staff_id, line=line, staff__is_active=True).exists()
