"""Every change to a line, its numbers and its sites, besides the saves of its sheet (`changes.py`)."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.text import slugify

from chatline import announce
from chatline.errors import BadInput, NotFound
from chatline.lines import changes
from chatline.lines.models import PAUSED_WORDS, Line, Number, Site
from chatline.lines.origins import origins_of
from chatline.lines.proofs import Check
from chatline.people import access
from chatline.people.actions import audit


def add_line(
    name: str,
    *,
    slug: str = "",
    short_name: str = "",
    languages: list[str] | None = None,
    opened: bool = True,
    **settings: str,
) -> Line:
    """A new line; `settings` are further fields of `Line`. Raises BadInput `slug_taken`."""
    line = Line(
        name=name,
        slug=slug or slugify(name),
        short_name=short_name or name[:24],
        languages=languages or ["en"],
        **settings,
    )
    if not opened:
        line.opened_at = None
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
    allowed = origins_of(origins)
    with changes.recorded(by, line.id, "sites"):
        site = Site.objects.create(line=line, name=name, origins=allowed)
        audit(by, "add_site", site.id, line=str(line.id), name=name, origins=" ".join(allowed))
    return site


def change_site(by: UUID, site: int, name: str, origins: list[str]) -> None:
    """Counts for pages that are opened from now on. What was seen to work elsewhere is not known here any more.

    Raises NotFound, and BadInput as `origins_of` does.
    """
    allowed = origins_of(origins)
    with _changing(by, site) as row:
        row.name, row.origins = name, allowed
        if row.checked_on not in allowed:
            row.checked_at, row.checked_on = None, ""
        row.save(update_fields=["name", "origins", "checked_at", "checked_on"])
        audit(by, "change_site", site, name=name, origins=" ".join(allowed))


def revoke_site(by: UUID, site: int) -> None:
    """The chat is shown there no more, and open ones are turned away at the next look. Raises NotFound."""
    with _changing(by, site) as row:
        if Site.objects.filter(id=row.id, revoked_at=None).update(revoked_at=timezone.now()):
            audit(by, "revoke_site", site)


def allow_site(by: UUID, site: int) -> None:
    """Undoes `revoke_site`: the same key works again. Raises NotFound."""
    with _changing(by, site) as row:
        if Site.objects.filter(id=row.id, revoked_at__isnull=False).update(revoked_at=None):
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


@contextmanager
def _changing(by: UUID, site: int) -> Iterator[Site]:
    """The row, its line locked before it; what is done to it is one change of the line's. Raises NotFound."""
    line = Site.objects.filter(id=site).values_list("line", flat=True).first()
    if line is None:
        raise NotFound
    with changes.recorded(by, line, "sites"):
        yield Site.objects.select_for_update().get(id=site)


# --- opening ----------------------------------------------------------------------------------------------


def open_line(by: UUID, line: UUID) -> None:
    """From now on everybody is answered, not only those who try it. Once, and for good. Raises NotFound."""
    with transaction.atomic():
        access.require(by, line, access.MANAGES)
        if Line.objects.filter(id=line, opened_at=None).update(opened_at=timezone.now()):
            audit(by, "open_line", line)


# --- pausing ----------------------------------------------------------------------------------------------


PAUSES = access.SUPERVISES | access.MANAGES
"""Roles that pause a line, and resume it."""


def pause(line: UUID, words: str = "", *, by: UUID | None = None) -> None:
    """Nobody answers for a while: who comes now is told so, in these `words` if there are any, and waits.

    Said again, the words are changed. `by` is null for the operator. Raises NotFound, or BadInput `too_long`.
    """
    _may_pause(line, by)
    words = words.strip()
    if len(words) > PAUSED_WORDS:
        raise BadInput(f"At most {PAUSED_WORDS} characters.", code="too_long")
    with transaction.atomic():
        row = Line.objects.select_for_update().get(id=line)
        row.paused_at, row.paused_words = row.paused_at or timezone.now(), words
        row.save(update_fields=["paused_at", "paused_words"])
        audit(by, "pause_line", line, words=words)
        _announce_pause(by)


def resume(line: UUID, *, by: UUID | None = None) -> None:
    """Answered again. What was waited meanwhile counts against nobody. Raises NotFound."""
    _may_pause(line, by)
    with transaction.atomic():
        paused = Line.objects.filter(id=line, paused_at__isnull=False)
        if paused.update(paused_at=None, paused_words="", resumed_at=timezone.now()):
            audit(by, "resume_line", line)
            _announce_pause(by)


def _may_pause(line: UUID, by: UUID | None) -> None:
    if by:
        access.require(by, line, PAUSES)


def _announce_pause(by: UUID | None) -> None:
    announce.after_commit(announce.BoardChanged(), *([announce.DeskChanged(by)] if by else []))
