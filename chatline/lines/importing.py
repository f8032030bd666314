"""A line from a file: `chatline import`, all of it or nothing.

The file stands for what it names. A section that it leaves out stays as it is; so does a field that it leaves out of
`identity`, `limits` or `hours`. All others become what the file says. Numbers and websites that the file leaves out
are refused rather than dropped, because people would reach nobody there: a number is taken away by a manager, a website
is given `revoked = true`. A website keeps its `key`, so that what stands in its pages goes on working when the line
moves to another installation; a hook gets another secret there.
"""

from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from chatline.lines import changes, files, rules, sheet, values
from chatline.lines.actions import add_line
from chatline.lines.changes import Unsure, Wrong
from chatline.lines.difference import Difference, dangers, differences
from chatline.lines.models import Line
from chatline.lines.rules import Problem


@dataclass(slots=True)
class Outcome:
    """What an import changes, or would: for each section its differences; `dangers` are codes."""

    slug: str
    new: bool
    differences: dict[str, list[Difference]] = field(default_factory=dict)
    dangers: list[str] = field(default_factory=list)


MERGED = ("identity", "limits", "hours")
KEPT = {"numbers": ("number", "number_missing"), "sites": ("key", "site_missing")}
"""What a file may not leave out, and how that is called."""


def import_line(text: str, slug: str = "", *, sure: bool = False, dry: bool = False) -> Outcome:
    """Makes or changes the line that the file, or `slug`, names. A new one is not open yet.

    Raises BadInput as `files.read` does and `slug_missing`, Wrong with all problems of all sections, or Unsure.
    """
    named, given = files.read(text)
    slug = slug or named
    if wrong := values.slug(slug):
        raise Wrong([Problem("slug", "slug_missing" if not slug else wrong[0], wrong[1])])
    with transaction.atomic():
        line = Line.objects.select_for_update(no_key=True).filter(slug=slug).first()
        outcome = Outcome(slug, new=line is None)
        line = line or _new(slug, given)
        before = sheet.read(line)
        wanted = {name: _merged(name, before[name], one) for name, one in given.items()}
        if problems := [one for name in wanted for one in _problems(line, name, before[name], wanted[name])]:
            raise Wrong(problems)
        for name, value in wanted.items():
            outcome.differences[name] = differences(name, before[name], value)
            # A line that nobody reaches yet has nothing to lose.
            outcome.dangers += [] if outcome.new else dangers(name, before[name], value)
        if outcome.dangers and not (sure or dry):
            raise Unsure(outcome.dangers)
        for name, value in wanted.items():
            changes.save(None, line.id, name, value, sure=True)
        if dry:
            transaction.set_rollback(True)
    return outcome


def _new(slug: str, given: sheet.Sheet) -> Line:
    identity = given.get("identity")
    name = identity.get("name", "") if isinstance(identity, dict) else ""
    if wrong := rules.IDENTITY["name"](name):
        raise Wrong([Problem("identity.name", *wrong)])
    return add_line(name, slug=slug, opened=False)


def _merged(section: str, before: Any, given: Any) -> Any:
    return {**before, **given} if section in MERGED and isinstance(given, dict) else given


def _problems(line: Line, section: str, before: Any, value: Any) -> list[Problem]:
    found = rules.check(section, value) or sheet.taken(line.id, section, value)
    if not found and section in KEPT:
        name, code = KEPT[section]
        left_out = {one[name] for one in before} - {one[name] for one in value}
        found = [Problem("", code, f"{one} is not in the file.") for one in sorted(left_out)]
    return [Problem(f"{section}.{one.field}".rstrip("."), one.code, one.words) for one in found]
