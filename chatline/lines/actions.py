"""Every change to a line, its numbers and its sites."""

from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.text import slugify

from chatline.errors import BadInput, NotFound
from chatline.lines.models import Line, Number, Site
from chatline.lines.origins import origins_of
from chatline.lines.proofs import Check
from chatline.people import access
from chatline.people.actions import audit


def add_line(
    name: str, *, slug: str = "", short_name: str = "", languages: list[str] | None = None, **settings: str
) -> Line:
    """A new line; `settings` are further fields of `Line`. Raises BadInput `slug_taken`."""
    line = Line(
        name=name,
        slug=slug or slugify(name),
        short_name=short_name or name[:24],
        languages=languages or ["en"],
        **settings,
    )
    try:
        with transaction.atomic():
            line.save()
    except IntegrityError:
        raise BadInput(f"There is already a line called {line.slug}.", code="slug_taken") from None
    return line


def add_number(line: Line, number: str, account: str = "") -> Number:
    """A number or short code; texts that came to it before are received by the worker's next round.

    Raises BadInput `number_taken`.
    """
    try:
        with transaction.atomic():
            return Number.objects.create(line=line, number=number, account=account)
    except IntegrityError:
        raise BadInput(f"{number} belongs to a line already.", code="number_taken") from None


# --- websites that show the chat --------------------------------------------------------------------------


def add_site(line: Line, name: str, origins: list[str], *, by: UUID | None = None) -> Site:
    """A website that may show the chat of this line; `by` is the manager, null for the operator.

    Raises NotFound to whoever does not manage the line, and BadInput as `origins_of` does.
    """
    if by:
        access.require(by, line.id, access.MANAGES)
    allowed = origins_of(origins)
    with transaction.atomic():
        site = Site.objects.create(line=line, name=name, origins=allowed)
        audit(by, "add_site", site.id, line=str(line.id), name=name, origins=" ".join(allowed))
    return site


def change_site(by: UUID, site: int, name: str, origins: list[str]) -> None:
    """Counts for pages that are opened from now on. What was seen to work elsewhere is not known here any more.

    Raises NotFound, and BadInput as `origins_of` does.
    """
    allowed = origins_of(origins)
    with transaction.atomic():
        row = _managed(by, site)
        row.name, row.origins = name, allowed
        if row.checked_on not in allowed:
            row.checked_at, row.checked_on = None, ""
        row.save(update_fields=["name", "origins", "checked_at", "checked_on"])
        audit(by, "change_site", site, name=name, origins=" ".join(allowed))


def revoke_site(by: UUID, site: int) -> None:
    """The chat is shown there no more, and open ones are turned away at the next look. Raises NotFound."""
    with transaction.atomic():
        if Site.objects.filter(id=_managed(by, site).id, revoked_at=None).update(revoked_at=timezone.now()):
            audit(by, "revoke_site", site)


def allow_site(by: UUID, site: int) -> None:
    """Undoes `revoke_site`: the same key works again. Raises NotFound."""
    with transaction.atomic():
        if Site.objects.filter(id=_managed(by, site).id, revoked_at__isnull=False).update(revoked_at=None):
            audit(by, "allow_site", site)


def begin_check(check: Check) -> None:
    """Its page is being tested: that leaving works there is not known until it is seen. Raises NotFound."""
    with transaction.atomic():
        row = _managed(check.by, check.site)
        Site.objects.filter(id=row.id).update(checked_at=None, checked_on="")


def pass_check(check: Check) -> None:
    """Leaving was seen to work. Raises NotFound, also where that page may not show the chat any more."""
    with transaction.atomic():
        row = _managed(check.by, check.site)
        if row.revoked_at or check.origin not in row.origins:
            raise NotFound
        Site.objects.filter(id=row.id).update(checked_at=timezone.now(), checked_on=check.origin)
        audit(check.by, "check_site", row.id, origin=check.origin)


def _managed(by: UUID, site: int) -> Site:
    """The row, locked, for whoever manages its line. Raises NotFound."""
    row = Site.objects.select_for_update().filter(id=site).first()
    if row is None:
        raise NotFound
    access.require(by, row.line_id, access.MANAGES)
    return row


# --- pausing ----------------------------------------------------------------------------------------------


def pause(line: UUID) -> None:
    """Nobody answers for a while: who texts now is told so, and waits."""
    Line.objects.filter(id=line, paused_at=None).update(paused_at=timezone.now())


def resume(line: UUID) -> None:
    """Answered again. What was waited meanwhile counts against nobody."""
    Line.objects.filter(id=line, paused_at__isnull=False).update(paused_at=None, resumed_at=timezone.now())
