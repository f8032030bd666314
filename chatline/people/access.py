"""Who may do what on which line. Asked anew on every verb and every read; nothing is remembered from sign-in."""

from uuid import UUID

from django.db.models import QuerySet

from chatline.errors import NotFound
from chatline.people.models import Membership, Role, Staff

ANSWERS = frozenset({Role.VOLUNTEER, Role.SUPERVISOR})
"""Roles that hold conversations."""

SUPERVISES = frozenset({Role.SUPERVISOR})
"""Roles that acknowledge and resolve flags. A manager sets lines up and reads no one's words."""

MANAGES = frozenset({Role.MANAGER})
"""Roles that set a line up."""


def _memberships(staff: UUID, roles: frozenset[Role]) -> QuerySet[Membership]:
    return Membership.objects.filter(staff=staff, staff__is_active=True, role__in=roles)


def lines_of(staff: UUID, roles: frozenset[Role] = ANSWERS) -> frozenset[UUID]:
    """The lines on which this person has one of these roles; none at all once they are deactivated."""
    return frozenset(_memberships(staff, roles).values_list("line_id", flat=True))


def is_any(staff: UUID, roles: frozenset[Role]) -> bool:
    """Whether they have one of these roles on any line; never once they are deactivated."""
    return _memberships(staff, roles).exists()


def may(staff: UUID, line: UUID, roles: frozenset[Role] = ANSWERS) -> bool:
    return _memberships(staff, roles).filter(line=line).exists()


def require(staff: UUID, line: UUID, roles: frozenset[Role] = ANSWERS) -> None:
    """Raises NotFound: what one may not see does not exist."""
    if not may(staff, line, roles):
        raise NotFound


def members(pairs: set[tuple[UUID, UUID]], roles: frozenset[Role] = ANSWERS) -> set[tuple[UUID, UUID]]:
    """Of these (staff, line) pairs, those with one of these roles on the line. One query for a whole list of verbs."""
    if not pairs:
        return set()
    found = Membership.objects.filter(
        staff__in={staff for staff, _ in pairs},
        staff__is_active=True,
        role__in=roles,
    ).values_list("staff_id", "line_id")
    return set(found) & pairs


def active_staff(staff: UUID) -> Staff:
    """Raises NotFound for somebody who was removed, so that their open socket ends at the next verb."""
    try:
        return Staff.objects.get(id=staff, is_active=True)
    except Staff.DoesNotExist:
        raise NotFound from None
