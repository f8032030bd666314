"""Every change to staff, memberships, the audit log and the operators' alarms."""

import logging
import re
from uuid import UUID

from django.contrib.auth.tokens import default_token_generator
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from chatline import announce
from chatline.errors import BadInput
from chatline.people import access, chain
from chatline.people.models import Alarm, AuditEntry, Membership, Role, Staff

log = logging.getLogger(__name__)


USERNAME = re.compile(r"[\w.@+-]{2,60}")


def add_staff(
    username: str, name: str, line: UUID, role: str, *, password: str | None = None, by: UUID | None = None
) -> Staff:
    """A person with one role on one line. Without a password they sign in once by `sign_in_link`.

    `by` is the manager, null for the operator. Raises NotFound, BadInput `username_taken`, `bad_username`, `bad_name`
    or `unknown_role`.
    """
    if by:
        access.require(by, line, access.MANAGES)
    if role not in Role.values:
        raise BadInput(f"A role is one of {', '.join(Role.values)}.", code="unknown_role")
    if not USERNAME.fullmatch(username):
        raise BadInput("2 to 60 letters, digits or . @ + - _", code="bad_username")
    if not 0 < len(name.strip()) <= 40:
        raise BadInput("A name has 1 to 40 letters.", code="bad_name")
    if Staff.objects.filter(username__iexact=username).exists():
        # Whoever signs in does not have to remember what was large and what small.
        raise BadInput(f"There is already somebody called {username}.", code="username_taken")
    staff = Staff(username=username, name=name)
    if password is None:
        staff.set_unusable_password()
    else:
        staff.set_password(password)
    try:
        with transaction.atomic():
            staff.save()
            Membership.objects.create(staff=staff, line_id=line, role=role)
            audit(by, "add_staff", staff.id, role=role, line=str(line))
    except IntegrityError:
        raise BadInput(f"There is already somebody called {username}.", code="username_taken") from None
    return staff


def sign_in_link(staff: Staff) -> str:
    """The path where this person sets a password, once; it ends with the password it sets, or after three days."""
    # Django's generator refuses a link after the password changed; an unusable one is random, so it counts.
    uid = urlsafe_base64_encode(force_bytes(staff.pk))
    return f"/accounts/link/{uid}/{default_token_generator.make_token(staff)}/"


def audit(actor: UUID | None, verb: str, subject: object, **detail: str) -> None:
    """Written in the transaction of what it tells about; a worker links it into the chain right after."""
    entry = AuditEntry(at=timezone.now(), actor=actor, verb=verb, subject=str(subject), detail=detail)
    entry.mac = chain.mac_of(entry)
    entry.save()


def raise_alarm(code: str, subject: str = "") -> None:
    """Shown to supervisors and operators until cleared; raising it again only counts.

    Neither `code` nor `subject` ever holds words or a visitor's number.
    """
    log.error("alarm code=%s", code)
    open_ones = Alarm.objects.filter(code=code, subject=subject, cleared_at=None)
    with transaction.atomic():
        if not open_ones.update(count=F("count") + 1, last_at=timezone.now()):
            Alarm.objects.bulk_create([Alarm(code=code, subject=subject)], ignore_conflicts=True)
    announce.after_commit(announce.BoardChanged())


def clear_alarm(code: str, subject: str = "") -> None:
    if Alarm.objects.filter(code=code, subject=subject, cleared_at=None).update(cleared_at=timezone.now()):
        announce.after_commit(announce.BoardChanged())
