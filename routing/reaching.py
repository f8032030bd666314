"""How staff are reached away from their screens: each person's own phone and e-mail, and a line's on-call list."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import BooleanField, ExpressionWrapper, Q

from chatline.conversations import keys
from chatline.conversations.models import Key
from chatline.errors import BadInput, NotFound
from chatline.people import access
from chatline.people.actions import audit
from chatline.people.models import Membership, Staff
from chatline.vault import Place, Sealer
from routing.models import Contact, OnCall

_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
_EMAIL = re.compile(r"[^@\s,;<>\"]{1,64}@[A-Za-z0-9.-]{1,180}\.[A-Za-z]{2,}")


@dataclass(frozen=True, slots=True)
class Reach:
    """Where somebody is reached; empty where they gave nothing. `phone` is E.164."""

    phone: str = ""
    email: str = ""


def set_contact(by: UUID, staff: UUID, reach: Reach) -> None:
    """Somebody gives how they are reached, or a manager of a line of theirs does; what is empty is forgotten.

    Raises NotFound, BadInput `not_a_number` or `not_an_email`.
    """
    if reach.phone and not _PHONE.fullmatch(reach.phone):
        raise BadInput("Write a number as +12025550123.", code="not_a_number")
    if reach.email and not _EMAIL.fullmatch(reach.email):
        raise BadInput("Write an address as name@example.org.", code="not_an_email")
    if by != staff and not access.lines_of(by, access.MANAGES) & _lines_of(staff):
        raise NotFound
    with transaction.atomic():
        # Two at once: the row of the person is the lock, and the second finds the key of the first.
        if not Staff.objects.select_for_update(no_key=True).filter(id=staff).exists():
            raise NotFound
        known = Key.objects.filter(owner=staff).exists()
        sealer = keys.sealers([staff]).get(staff) if known else keys.make(staff)
        assert sealer
        sealed = {
            f"{name}_sealed": sealer.seal(value, _place(staff, name)) if value else None
            for name, value in (("phone", reach.phone), ("email", reach.email))
        }
        Contact.objects.update_or_create(staff_id=staff, defaults=sealed)
        audit(by, "set_contact", staff)


def reach_of(staff: UUID) -> Reach:
    """How this person is reached. Empty where nothing was given, or their key is gone."""
    row = Contact.objects.filter(staff=staff).first()
    sealer = keys.sealers([staff]).get(staff) if row else None
    if row is None or sealer is None:
        return Reach()
    return Reach(
        _opened(sealer, staff, "phone", row.phone_sealed), _opened(sealer, staff, "email", row.email_sealed)
    )


@dataclass(frozen=True, slots=True)
class Given:
    """Whether somebody has given a way to be reached, which says nothing of what it is."""

    phone: bool = False
    email: bool = False


def given(staff: Sequence[UUID]) -> dict[UUID, Given]:
    """Of each of these; nothing is opened for it."""
    rows = Contact.objects.filter(staff__in=staff).annotate(
        has_phone=ExpressionWrapper(Q(phone_sealed__isnull=False), BooleanField()),
        has_email=ExpressionWrapper(Q(email_sealed__isnull=False), BooleanField()),
    )
    known = {
        one: Given(phone, email) for one, phone, email in rows.values_list("staff", "has_phone", "has_email")
    }
    return {one: known.get(one, Given()) for one in staff}


def set_on_call(by: UUID, line: UUID, staff: Sequence[UUID]) -> None:
    """Who is called for this line when nobody answers at a screen, in this order.

    Raises NotFound, BadInput `twice` or `not_a_member`.
    """
    access.require(by, line, access.MANAGES)
    if len(set(staff)) < len(staff):
        raise BadInput("Somebody stands here twice.", code="twice")
    if strange := set(staff) - _members(line):
        raise BadInput(f"{len(strange)} of these do not belong to this line.", code="not_a_member")
    with transaction.atomic():
        OnCall.objects.filter(line=line).delete()
        OnCall.objects.bulk_create(
            OnCall(line_id=line, staff_id=one, place=place) for place, one in enumerate(staff)
        )
        audit(by, "set_on_call", line, people=str(len(staff)))


def on_call(line: UUID) -> list[Staff]:
    """The list, in its order; without those who left the line or are no longer active."""
    rows = OnCall.objects.filter(line=line, staff_id__in=_members(line)).select_related("staff")
    return [row.staff for row in rows.order_by("place", "id")]


def _members(line: UUID) -> set[UUID]:
    rows = Membership.objects.filter(line=line, staff__is_active=True)
    return set(rows.values_list("staff", flat=True))


def _lines_of(staff: UUID) -> set[UUID]:
    return set(Membership.objects.filter(staff=staff).values_list("line", flat=True))


def _place(staff: UUID, name: str) -> Place:
    return Place("contact", name, staff, 0)


def _opened(sealer: Sealer, staff: UUID, name: str, sealed: bytes | memoryview | None) -> str:
    return sealer.unseal(sealed, _place(staff, name)) if sealed else ""
