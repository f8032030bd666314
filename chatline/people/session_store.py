"""Where sessions are kept: a table that also says whose each is, so that they can be listed and ended."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db
from django.utils import timezone

BEGAN = "began"


class SessionStore(db.SessionStore):
    used_at: datetime | None = None
    """When it was used before this time; null while nobody is signed in."""

    @classmethod
    def get_model_class(cls) -> Any:
        from chatline.people.models import StaffSession  # Django reads this module before there are models

        return StaffSession

    def _get_session_from_db(self) -> Any:
        row = super()._get_session_from_db()  # type: ignore[misc]  # Django's own, which its stubs leave out
        self.used_at = row.used_at if row else None
        return row

    def create_model_instance(self, data: dict[str, Any]) -> Any:
        from chatline.people import sessions  # the same

        now = timezone.now()
        staff = data.get(SESSION_KEY)
        if staff:
            data.setdefault(BEGAN, now.timestamp())
        row: Any = super().create_model_instance(data)
        began_at = datetime.fromtimestamp(data[BEGAN], UTC) if staff else None
        row.staff_id, row.began_at, row.used_at = staff, began_at, now
        row.expire_date = sessions.ends_at(began_at or now, now)
        return row

    def delete(self, session_key: str | None = None) -> None:
        """Signing out does this, and signing in does it to what was there before."""
        from chatline.people import sessions  # the same

        if key := session_key or self.session_key:
            sessions.end(key)

    def save(self, must_create: bool = False) -> None:
        from chatline.people import sessions  # the same

        data = self._get_session(no_load=must_create)  # type: ignore[attr-defined]  # Django's own
        begins = SESSION_KEY in data and BEGAN not in data
        super().save(must_create=must_create)
        if begins and self.session_key:
            sessions.began(UUID(data[SESSION_KEY]), self.session_key)
