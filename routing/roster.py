"""Who works on a line, as its managers set it: roles given and taken, people let go and let in again.

Whoever may not answer on a line any more holds nobody there: those they held go back to the front of the queue in the
same transaction. The last manager of a line stays one, because nobody else could let another in.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from chatline import announce
from chatline.conversations.models import Conversation
from chatline.conversations.states import State
from chatline.errors import BadInput, NotFound, Refused
from chatline.people import access, factors, sessions
from chatline.people.actions import audit, sign_in_link
from chatline.people.models import Membership, Role, Staff
from routing import queue
from routing.models import Desk


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who works on a line. `invited` until they have chosen a password; `elsewhere` on other lines too."""

    staff: Staff
    roles: list[str]
    invited: bool
    elsewhere: bool


def members(line: UUID) -> list[Member]:
    """All of a line, those who were let go last."""
    people = Staff.objects.filter(memberships__line=line).distinct().prefetch_related("memberships")
    return [
        Member(
            staff,
            roles=[role for role in Role.values if _has(staff, line, role)],
            invited=not staff.has_usable_password(),
            elsewhere=any(one.line_id != line for one in staff.memberships.all()),
        )
        for staff in people.order_by("-is_active", "name", "id")
    ]


def _has(staff: Staff, line: UUID, role: str) -> bool:
    return any((one.line_id, one.role) == (line, role) for one in staff.memberships.all())


def new_link(by: UUID, line: UUID, staff: UUID) -> str:
    """Another one-time link for somebody who never used theirs, or forgot their password.

    Raises NotFound, or Refused `works_elsewhere`: a link signs in on all lines of a person.
    """
    with transaction.atomic():
        person = _managed(by, line, staff)
        _refuse_elsewhere(by, person)
        audit(by, "new_link", staff, line=str(line))
        return sign_in_link(person)


def lost_factor(by: UUID, line: UUID, staff: UUID) -> str:
    """A one-time link for somebody who cannot sign in any more, because what they sign in with is lost or not theirs
    alone: their password, passkeys, app and codes count no more from now on, and all their sessions end.

    The password too, because with it alone somebody else could set up a new passkey before they do.
    Raises NotFound, or Refused `works_elsewhere`.
    """
    with transaction.atomic():
        person = _managed(by, line, staff)
        _refuse_elsewhere(by, person)
        audit(by, "lost_factor", staff, line=str(line))
        factors.remove_all(staff)
        person.set_unusable_password()
        person.save(update_fields=["password"])
        sessions.end_all(staff)
        return sign_in_link(person)


def give_role(by: UUID, line: UUID, username: str, role: str) -> Staff:
    """One more role on this line, also to somebody of another line who said their username.

    Raises NotFound, or BadInput `unknown_role` or `username_unknown`.
    """
    if role not in Role.values:
        raise BadInput(f"A role is one of {', '.join(Role.values)}.", code="unknown_role")
    with transaction.atomic():
        access.require(by, line, access.MANAGES)
        person = Staff.objects.filter(username__iexact=username, is_active=True).first()
        if person is None:
            raise BadInput("There is nobody with this username.", code="username_unknown")
        if Membership.objects.get_or_create(staff=person, line_id=line, role=role)[1]:
            audit(by, "give_role", person.id, role=role, line=str(line))
            _stands_anew(by, person.id)
    return person


def take_role(by: UUID, line: UUID, staff: UUID, role: str) -> None:
    """Raises NotFound, or Refused `last_manager`."""
    with transaction.atomic():
        _managed(by, line, staff)
        if role == Role.MANAGER:
            _refuse_last_manager(staff, [line])
        still = Membership.objects.filter(staff=staff, line=line, role__in=access.ANSWERS).exclude(role=role)
        if role in access.ANSWERS and not still.exists():
            _leave(by, staff, [line])
        if not Membership.objects.filter(staff=staff, line=line, role=role).delete()[0]:
            raise NotFound
        audit(by, "take_role", staff, role=role, line=str(line))
        _stands_anew(by, staff)


def deactivate(by: UUID, line: UUID, staff: UUID) -> None:
    """They can sign in no more, and open pages of theirs end. Their roles stay, for the day they come back.

    Raises NotFound, or Refused (`last_manager`, or `works_elsewhere` on a line that `by` does not manage).
    """
    with transaction.atomic():
        person = _managed(by, line, staff)
        _refuse_elsewhere(by, person)
        theirs = set(person.memberships.values_list("line", flat=True))
        _refuse_last_manager(staff, theirs)
        _leave(by, staff, theirs)
        Staff.objects.filter(id=staff).update(is_active=False)
        audit(by, "deactivate", staff, line=str(line))
        sessions.end_all(staff)
        _stands_anew(by, staff)


def activate(by: UUID, line: UUID, staff: UUID) -> None:
    """Undoes `deactivate`. Raises NotFound or Refused `works_elsewhere`."""
    with transaction.atomic():
        person = _managed(by, line, staff)
        _refuse_elsewhere(by, person)
        Staff.objects.filter(id=staff).update(is_active=True)
        audit(by, "activate", staff, line=str(line))


def _stands_anew(by: UUID, staff: UUID) -> None:
    """What somebody may do has changed: they sign in again for it. Who changed their own role is at it just now."""
    if by != staff:
        sessions.end_all(staff)
    announce.after_commit(announce.DeskChanged(staff), announce.StandingChanged(staff))


def _managed(by: UUID, line: UUID, staff: UUID) -> Staff:
    """Somebody of a line that `by` manages, its managers locked: two must not take one another off at once."""
    access.require(by, line, access.MANAGES)
    managers = Membership.objects.filter(line=line, role__in=access.MANAGES)
    list(managers.select_for_update().order_by("id").values_list("id", flat=True))
    access.require(by, line, access.MANAGES)
    person = Staff.objects.filter(id=staff, memberships__line=line).first()
    if person is None:
        raise NotFound
    return person


def _refuse_elsewhere(by: UUID, person: Staff) -> None:
    theirs = set(person.memberships.values_list("line", flat=True))
    if theirs - access.lines_of(by, access.MANAGES):
        raise Refused(
            "They work on a line that you do not manage as well. Take their roles on this one instead.",
            code="works_elsewhere",
        )


def _refuse_last_manager(staff: UUID, lines: Iterable[UUID]) -> None:
    for line in lines:
        managers = Membership.objects.filter(line=line, role__in=access.MANAGES, staff__is_active=True)
        if managers.filter(staff=staff).exists() and not managers.exclude(staff=staff).exists():
            raise Refused("A line needs a manager. Make somebody else one first.", code="last_manager")


def _leave(by: UUID, staff: UUID, lines: Iterable[UUID]) -> None:
    """Gives back whom they hold, and lets nobody new come.

    Their desk is locked after the conversations, as everywhere, so that they may have taken somebody in between.
    Raises Refused `busy` then.
    """
    lines = list(lines)
    queue.hand_back(staff, lines, "taken_off", actor=by)
    if not Desk.objects.select_for_update().filter(staff=staff).exists():
        return
    Desk.objects.filter(staff=staff).update(ready=False, ready_since=None)
    if Conversation.objects.filter(volunteer=staff, state=State.ACTIVE, line__in=lines).exists():
        raise Refused("They took somebody at this moment. Please try again.", code="busy")
