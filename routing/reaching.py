"""How staff are reached away from their screens: each person's own phone and e-mail, and a line's on-call list."""

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet

from chatline.conversations import keys
from chatline.errors import BadInput, NotFound
from chatline.people import access
from chatline.people.actions import audit
from chatline.people.models import Membership, Staff
from chatline.vault import Place, Sealer, VaultError
from routing.models import Contact, OnCall

log = logging.getLogger(__name__)

_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
_EMAIL = re.compile(r"[^@\s,;<>\"]{1,64}@[A-Za-z0-9.-]{1,180}\.[A-Za-z]{2,}")


@dataclass(frozen=True, slots=True)
class Reach:
    """Where somebody is reached; empty where they gave nothing. `phone` is E.164."""

    phone: str = ""
    email: str = ""


def set_contact(by: UUID, staff: UUID, reach: Reach) -> None:
    """Somebody gives how they are reached, or a manager of a line of theirs does; what is empty is forgotten.

    Raises NotFound, BadInput `not_a_number` or `not_an_email`, or TryAgain while their key does not open.
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
        # Not from memory: there may be a key of a transaction that was rolled back.
        sealer = keys.sealer_for_words(staff, erased=True)
        sealed = {
            f"{name}_sealed": sealer.seal(value, _place(staff, name)) if value else None
            for name, value in (("phone", reach.phone), ("email", reach.email))
        }
        Contact.objects.update_or_create(staff_id=staff, defaults=sealed)
        audit(by, "set_contact", staff)


def reach_of(staff: UUID) -> Reach:
    """How this person is reached. Empty where nothing was given, or it does not open any more."""
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
    if strange := set(staff) - set(_may_answer(line)):
        raise BadInput(f"{len(strange)} of these supervise or manage nothing here.", code="not_a_member")
    with transaction.atomic():
        OnCall.objects.filter(line=line).delete()
        OnCall.objects.bulk_create(
            OnCall(line_id=line, staff_id=one, place=place) for place, one in enumerate(staff)
        )
        audit(by, "set_on_call", line, people=str(len(staff)))


def on_call(line: UUID) -> list[Staff]:
    """The list, in its order."""
    return [row.staff for row in places(line).select_related("staff")]


def places(line: UUID) -> QuerySet[OnCall]:
    """The places of the list, in its order; without those who left the line or are no longer active."""
    return OnCall.objects.filter(line=line, staff__in=_may_answer(line)).order_by("place", "id")


def _may_answer(line: UUID) -> QuerySet[Membership, UUID]:
    """Who may be called about a flag of this line: a volunteer may not acknowledge one."""
    roles = access.SUPERVISES | access.MANAGES
    return Membership.objects.filter(line=line, role__in=roles, staff__is_active=True).values_list(
        "staff", flat=True
    )


def _lines_of(staff: UUID) -> set[UUID]:
    return set(Membership.objects.filter(staff=staff).values_list("line", flat=True))


def _place(staff: UUID, name: str) -> Place:
    return Place("contact", name, staff, 0)


def _opened(sealer: Sealer, staff: UUID, name: str, sealed: bytes | memoryview | None) -> str:
    try:
        return sealer.unseal(sealed, _place(staff, name)) if sealed else ""
    except VaultError as fault:
        # One person's damaged row keeps nobody else from being called, or from answering.
        log.error("contact_unopened staff=%s reason=%s", staff, type(fault).__name__)
        return ""
