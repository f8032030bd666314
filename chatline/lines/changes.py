"""Every save of a section of a line's sheet: what it changes is kept, told, and can be undone for a day.

Two managers at once: each save says which state of the section it was made from (`sheet.digest`), and whoever comes
second is told. Nothing is merged, and nothing is lost: neither what was saved nor what was typed.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from chatline.errors import BadInput, NotFound, Refused
from chatline.lines import rules, sheet
from chatline.lines.difference import DANGERS, Difference, dangers, differences
from chatline.lines.models import Change, Line
from chatline.lines.rules import Problem
from chatline.people import access
from chatline.people.actions import audit

UNDO = timedelta(hours=24)
"""How long a save can be undone."""


class Wrong(BadInput):
    """A value that may not stand in the sheet; `problems` say where and why."""

    code = "bad_sheet"

    def __init__(self, problems: list[Problem]):
        super().__init__(" ".join(f"{one.field}: {one.words}" for one in problems))
        self.problems = problems


class Unsure(Refused):
    """It is dangerous and was not said yes to; `dangers` are codes of `difference.DANGERS`."""

    code = "unsure"

    def __init__(self, codes: list[str]):
        super().__init__(" ".join(DANGERS[one] for one in codes))
        self.dangers = codes


def save(
    by: UUID | None, line: UUID, section: str, value: Any, *, seen: str = "", sure: bool = False
) -> Change | None:
    """Puts this value in the place of a section; `by` is a manager, null for the operator. None if nothing changes.

    `seen` is the digest of what it was made from, empty where that does not matter. Raises NotFound, Wrong, Unsure
    unless `sure`, or Refused `changed_meanwhile`.
    """
    with transaction.atomic():
        row = _locked(by, line)
        before = sheet.read_section(row, section)
        if seen and seen != sheet.digest(before):
            raise Refused("Somebody else has changed this meanwhile.", code="changed_meanwhile")
        _check(row, section, value)
        return _put(by, row, section, before, value, sure=sure)


def undo(by: UUID, change: int, *, sure: bool = False) -> Change:
    """Puts back what was before, which is a change of its own.

    Raises NotFound, Refused (`undo_over` after a day, `undone_already`, `changed_since`), Wrong where what was is no
    longer possible (a number that is another line's now), or Unsure.
    """
    with transaction.atomic():
        found = Change.objects.filter(id=change).first()
        if found is None:
            raise NotFound
        row = _locked(by, found.line_id)
        old = Change.objects.get(id=change)
        if why := why_not(old, sheet.read_section(row, old.section), timezone.now()):
            raise why
        _check(row, old.section, old.before)
        done = _put(by, row, old.section, old.after, old.before, sure=sure)
        assert done  # what was differs from what became of it, or there were no change to undo
        Change.objects.filter(id=change).update(undone_at=done.at)
        return done


def why_not(change: Change, now_there: Any, now: datetime) -> Refused | None:
    """Why this can be undone no more, given its section as it is."""
    if change.undone_at:
        return Refused("This was undone already.", code="undone_already")
    if change.at < now - UNDO:
        return Refused("This is older than a day. Change it by hand.", code="undo_over")
    if now_there != change.after:
        return Refused(
            "This part was changed again since. Undo the later change first, or change it by hand.",
            code="changed_since",
        )
    return None


@contextmanager
def recorded(by: UUID | None, line: UUID, section: str) -> Iterator[Line]:
    """Whatever a verb does to a section's rows inside is kept as one change of the locked line. Raises NotFound.

    What it is called in the audit log is the verb's affair.
    """
    with transaction.atomic():
        row = _locked(by, line)
        before = sheet.read_section(row, section)
        yield row
        _record(by, row, section, before)


def told(change: Change) -> list[Difference]:
    return differences(change.section, change.before, change.after)


def _locked(by: UUID | None, line: UUID) -> Line:
    row = Line.objects.select_for_update(no_key=True).filter(id=line).first()
    if row is None:
        raise NotFound
    if by:
        access.require(by, line, access.MANAGES)
    return row


def _check(line: Line, section: str, value: Any) -> None:
    problems = rules.check(section, value) or sheet.taken(line.id, section, value)
    if problems:
        raise Wrong(problems)


def _put(by: UUID | None, line: Line, section: str, before: Any, value: Any, *, sure: bool) -> Change | None:
    if not sure and (codes := dangers(section, before, value)):
        raise Unsure(codes)
    if value == before:
        return None
    sheet.write_section(line, section, value)
    change = _record(by, line, section, before)
    if change:
        audit(by, "change_line", line.id, line=line.slug, section=section, change=str(change.id))
    return change


def _record(by: UUID | None, line: Line, section: str, before: Any) -> Change | None:
    after = sheet.read_section(line, section)
    if after == before:
        return None
    return Change.objects.create(
        line=line, section=section, before=before, after=after, by=by, at=timezone.now()
    )
