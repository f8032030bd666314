"""Signed-in browsers: how long one lasts, how many a person has, and how they end.

An ended session is gone at once for pages; a hint ends the sockets that were opened with it (`consumers/screens.py`).
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.db.models import F
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from chatline import announce
from chatline.people.models import StaffSession

IDLE = timedelta(minutes=30)
"""Unused for so long, a session ends (R-12, tools/security/requirements.toml); a desk where somebody works is use."""

LONGEST = timedelta(hours=12)
"""A session ends after so long, used or not: no shift is longer (`routing/presence.py`)."""

A_WHILE = timedelta(minutes=1)
"""How exactly it is kept when a session was used, so that not every page writes."""


@dataclass(frozen=True, slots=True)
class Own:
    """A session as its person sees it; `name` tells it from their others and opens nothing."""

    name: str
    began_at: datetime
    used_at: datetime
    is_this: bool


def ends_at(began_at: datetime, used_at: datetime) -> datetime:
    return min(began_at + LONGEST, used_at + IDLE)


def began(staff: UUID, key: str) -> None:
    """Somebody signed in. Their oldest sessions end where there are too many, and nobody's that are over are kept."""
    StaffSession.objects.filter(expire_date__lte=timezone.now()).delete()
    theirs = StaffSession.objects.filter(staff=staff).order_by("-began_at", "-session_key")
    _end(staff, list(theirs.values_list("session_key", flat=True)[settings.SESSIONS_AT_ONCE :]))


def end(key: str) -> None:
    """Ends the session with this key, whoever's it is."""
    for staff in StaffSession.objects.filter(session_key=key).values_list("staff", flat=True):
        StaffSession.objects.filter(session_key=key).delete()
        if staff:
            announce.after_commit(announce.StandingChanged(staff))


def touch(keys: Collection[str]) -> None:
    """These sessions were used just now."""
    now = timezone.now()
    stale = StaffSession.objects.filter(
        session_key__in=keys, used_at__lt=now - A_WHILE, expire_date__gt=now
    ).values_list("session_key", flat=True)
    if not (found := list(stale)):
        return  # most often, and without a write
    rows = StaffSession.objects.filter(session_key__in=found)
    turn = now + IDLE - LONGEST
    rows.filter(began_at__gt=turn).update(used_at=now, expire_date=now + IDLE)
    rows.filter(began_at__lte=turn).update(used_at=now, expire_date=F("began_at") + LONGEST)


def touch_this(session: SessionBase) -> None:
    """The same for the session of a request, which knows by itself when it was used last."""
    used_at = getattr(session, "used_at", None)
    if session.session_key and used_at and used_at < timezone.now() - A_WHILE:
        touch([session.session_key])


def living(keys: Collection[str]) -> set[str]:
    rows = StaffSession.objects.filter(session_key__in=keys, expire_date__gt=timezone.now())
    return set(rows.values_list("session_key", flat=True))


# --- a person's own -----------------------------------------------------------------------------------------


def own(staff: UUID, this: str | None) -> list[Own]:
    """All of one person, the newest first."""
    rows = StaffSession.objects.filter(staff=staff, expire_date__gt=timezone.now()).order_by("-began_at")
    return [
        Own(_name(row.session_key), row.began_at, row.used_at, row.session_key == this)
        for row in rows
        if row.began_at and row.used_at
    ]


def end_own(staff: UUID, name: str) -> bool:
    """Ends one of them, by its name; false where there is none of that name any more."""
    keys = StaffSession.objects.filter(staff=staff).values_list("session_key", flat=True)
    found = [key for key in keys if constant_time_compare(_name(key), name)]
    _end(staff, found)
    return bool(found)


def end_all(staff: UUID, *, but: str | None = None) -> None:
    """Ends every session of this person, except the one with the key `but`, and the sockets opened with them."""
    rows = StaffSession.objects.filter(staff=staff).exclude(session_key=but or "")
    _end(staff, list(rows.values_list("session_key", flat=True)))


def _end(staff: UUID, keys: Collection[str]) -> None:
    if keys:
        StaffSession.objects.filter(session_key__in=keys).delete()
        announce.after_commit(announce.StandingChanged(staff))


def _name(key: str) -> str:
    return salted_hmac("chatline.people.sessions", key, algorithm="sha256").hexdigest()[:20]
