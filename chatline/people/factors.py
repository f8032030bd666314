"""What somebody signs in with besides a password: passkeys and an authenticator app, with recovery codes for a bad day.

Kept by django-allauth; its secrets (the seeds of codes) are sealed here.
"""

import base64
import binascii
from collections import defaultdict
from collections.abc import Collection
from enum import StrEnum
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import transaction

from chatline.people.models import Membership, Role
from chatline.vault import Keyring, Place, Tampered, seal, unseal

Type = Authenticator.Type

SECOND = (Type.TOTP, Type.WEBAUTHN)
"""What makes a sign-in safe; recovery codes only stand in for it."""

BOUND = (Role.SUPERVISOR, Role.MANAGER)
"""Of whom a line may ask for a passkey (`Line.passkeys_only`)."""

OWNER = UUID("5ec0f0ac-0000-4000-8000-000000000001")
"""In whose name secrets are sealed: another use of the root keys than any conversation's or visitor's."""

PLACE = Place("mfa_authenticator", "data", OWNER, 0)
WRAPPED_BYTES = 69
"""Of a key as `Keyring.wrap` gives it."""


class Lack(StrEnum):
    """What somebody must set up before they may do anything else."""

    SECOND_FACTOR = "second_factor"
    PASSKEY = "passkey"


def lacking(staff: Collection[UUID]) -> dict[UUID, Lack]:
    """Those of them who lack something, and what. Nobody does in the demo."""
    if settings.DEMO:
        return {}
    have: dict[UUID, set[str]] = defaultdict(set)
    for one, kind in Authenticator.objects.filter(user__in=staff, type__in=SECOND).values_list(
        "user", "type"
    ):
        have[one].add(kind)
    bound = bound_to_passkeys(staff)
    return {
        one: Lack.PASSKEY if one in bound else Lack.SECOND_FACTOR
        for one in staff
        if not have[one] or (one in bound and Type.WEBAUTHN not in have[one])
    }


def bound_to_passkeys(staff: Collection[UUID]) -> set[UUID]:
    """Those of whom a line asks for a passkey, because of what they do there."""
    rows = Membership.objects.filter(staff__in=staff, role__in=BOUND, line__passkeys_only=True)
    return set(rows.values_list("staff", flat=True))


def has_passkey(staff: UUID) -> bool:
    return bool(Authenticator.objects.filter(user=staff, type=Type.WEBAUTHN).exists())


def has_any(staff: UUID) -> bool:
    return bool(Authenticator.objects.filter(user=staff, type__in=SECOND).exists())


def may_remove(factor: Authenticator) -> bool:
    """False for the last one that keeps its person from lacking something; always true in the demo."""
    if settings.DEMO or factor.type == Type.RECOVERY_CODES:
        return True
    others = Authenticator.objects.filter(user=factor.user_id, type__in=SECOND).exclude(pk=factor.pk)
    if bound_to_passkeys([factor.user_id]):
        others = others.filter(type=Type.WEBAUTHN)
    return bool(others.exists())


def remove_all(staff: UUID) -> None:
    """Their recovery codes too."""
    Authenticator.objects.filter(user=staff).delete()


def use_step(factor: Authenticator, step: int) -> bool:
    """Whether a code of this step of time still counts: each counts once, and none that is older than one used.

    Kept in the row, so that it holds in all processes (RFC 6238, 5.2).
    """
    with transaction.atomic():
        row = Authenticator.objects.select_for_update().get(pk=factor.pk)
        if step <= row.data.get("step", -1):
            return False
        row.data["step"] = step
        row.save(update_fields=["data"])
    return True


# --- secrets ------------------------------------------------------------------------------------------------


def seal_secret(text: str) -> str:
    """Seals a seed under a key of its own, which is wrapped by the first root key; as text, for a column of JSON."""
    wrapped, key = _keyring().new_key(OWNER)
    return base64.b64encode(wrapped + seal(key, text, PLACE)).decode()


def open_secret(sealed: str) -> str:
    """Raises VaultError: without the root key, or after a change, nobody's code is right."""
    try:
        both = base64.b64decode(sealed, validate=True)
    except binascii.Error:
        raise Tampered("This is no sealed secret.") from None
    key = _keyring().unwrap(both[:WRAPPED_BYTES], OWNER)
    return unseal(key, both[WRAPPED_BYTES:], PLACE)


def reseal() -> int:
    """Seals every secret anew under the first root key, before an old one is taken out. Returns how many.

    Raises VaultError when one does not open; those before it are done.
    """
    count = 0
    for pk in Authenticator.objects.filter(type__in=[Type.TOTP, Type.RECOVERY_CODES]).values_list(
        "pk", flat=True
    ):
        with transaction.atomic():
            row = Authenticator.objects.select_for_update().get(pk=pk)
            for name in ("secret", "seed"):
                if name in row.data:
                    row.data[name] = seal_secret(open_secret(row.data[name]))
                    count += 1
            row.save(update_fields=["data"])
    return count


def _keyring() -> Keyring:
    return Keyring.parse(settings.VAULT_KEYS)
