"""Whoever was called about a flag away from their screen acknowledges it from there: by a text's code, or by a key.

They need not be a supervisor: the ladder may call a manager, who reads nobody's words but can wake somebody who does.
"""

import hmac
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from chatline.errors import NotFound
from chatline.lines.ladders import Channel
from chatline.people.models import Membership
from routing import escalation
from routing.models import Flag, Page
from routing.pages import ANSWERED_WITHIN
from routing.reaching import reach_of


def acknowledge_page(page: UUID, via: str = Channel.VOICE) -> Flag:
    """The one who was called by this page has it. Raises NotFound, or Refused `already_acknowledged`."""
    with transaction.atomic():
        row = Page.objects.select_related("flag__conversation").filter(oid=page).first()
        if row is None or row.flag is None or row.staff_id is None or not _belongs(row):
            raise NotFound
        return escalation.acknowledged(row.flag.id, row.staff_id, via)


def texted_with(number: str, code: str) -> Page | None:
    """The latest text with this code that went to this phone lately, if its owner still belongs to the flag's line."""
    texted = Page.objects.filter(
        channel=Channel.TEXT,
        code=code,
        flag__isnull=False,
        staff__isnull=False,
        made_at__gt=timezone.now() - ANSWERED_WITHIN,
    )
    about = texted.select_related("flag__conversation__line").order_by("-made_at")
    return next((page for page in about if _is_phone_of(page, number) and _belongs(page)), None)


def _is_phone_of(page: Page, number: str) -> bool:
    assert page.staff_id  # as it was looked for
    phone = reach_of(page.staff_id).phone
    return bool(phone) and hmac.compare_digest(phone.encode(), number.encode())


def _belongs(page: Page) -> bool:
    assert page.flag  # as it was looked for
    line = page.flag.conversation.line_id
    return Membership.objects.filter(staff=page.staff_id, line=line, staff__is_active=True).exists()
