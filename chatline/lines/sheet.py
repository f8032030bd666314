"""A line as one document, its sheet: all that a manager sets, as plain values that can stand in a file.

    {"identity": {"name": ..., "languages": [...]}, "hours": {"zone": ..., "weekly": {"monday": ["09:00-17:00"]},
     "holidays": {"2026-12-25": []}}, "limits": {...}, "scripts": {"welcome": {"en": ...}},
     "numbers": [...], "sites": [...], "replies": [...], "resources": [...],
     "ladder": [{"after": 0, "whom": "on_shift", "channel": "screen"}], "hooks": [...], "phrases": [...]}

What may stand in it is in `rules.py`; this is how it stands in rows. What changes by itself or by other verbs (paused,
opened, a site's test) is not in it. Replies, resources and phrases keep their order; numbers, sites and hooks have
none, and are sorted here, because databases differ in how they sort. A line without rungs has the ready ladder.
"""

import hashlib
import json
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

from django.db import models
from django.utils import timezone

from chatline.errors import NotFound
from chatline.lines import ladders, rules, spans
from chatline.lines.models import (
    Holiday,
    Hook,
    Hours,
    Line,
    Number,
    Phrase,
    Reply,
    Resource,
    Rung,
    Script,
    Site,
)
from chatline.lines.origins import origins_of

SECTIONS = (
    "identity",
    "hours",
    "limits",
    "scripts",
    "numbers",
    "sites",
    "replies",
    "resources",
    "ladder",
    "hooks",
    "phrases",
)

Sheet = dict[str, Any]
Row = TypeVar("Row", bound=models.Model)


def line_of(slug: str) -> Line:
    """Raises NotFound."""
    line = Line.objects.filter(slug=slug).first()
    if line is None:
        raise NotFound
    return line


def read(line: Line) -> Sheet:
    return {section: read_section(line, section) for section in SECTIONS}


def read_section(line: Line, section: str) -> Any:
    """Raises NotFound for a section that there is not."""
    if section not in SECTIONS:
        raise NotFound
    return _READERS[section](line)


def digest(value: Any) -> str:
    """Tells whether a section is still as somebody saw it."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:24]


def taken(line: UUID, section: str, value: Any) -> list[rules.Problem]:
    """What of a valid value belongs to another line: code `number_taken` or `key_taken`."""
    name, code, model = _UNIQUE.get(section, ("", "", Line))
    if not name:
        return []
    others = model._default_manager.exclude(line=line).filter(**{f"{name}__in": [one[name] for one in value]})
    theirs = set(others.values_list(name, flat=True))
    return [
        rules.Problem(f"{place}.{name}", code, f"{item[name]} belongs to another line.")
        for place, item in enumerate(value, 1)
        if item[name] in theirs
    ]


_UNIQUE: dict[str, tuple[str, str, type[models.Model]]] = {
    "numbers": ("number", "number_taken", Number),
    "sites": ("key", "key_taken", Site),
}


def write_section(line: Line, section: str, value: Any) -> None:
    """Puts a valid value into the rows of a locked line; a part of `changes.save`."""
    _WRITERS[section](line, value)


# --- fields of the line -----------------------------------------------------------------------------------


def _read_identity(line: Line) -> Sheet:
    return {name: getattr(line, name) for name in rules.IDENTITY}


def _read_limits(line: Line) -> Sheet:
    return {name: getattr(line, name) for name in rules.LIMITS} | {"most_waiting": line.most_waiting or 0}


def _write_fields(line: Line, value: Sheet) -> None:
    for name, one in value.items():
        setattr(line, name, one)
    line.save(update_fields=list(value))


def _write_limits(line: Line, value: Sheet) -> None:
    _write_fields(line, {**value, "most_waiting": value["most_waiting"] or None})


# --- hours ------------------------------------------------------------------------------------------------


def _read_hours(line: Line) -> Sheet:
    weekly: dict[str, list[str]] = {}
    for row in line.hours.order_by("weekday", "opens", "closes"):
        weekly.setdefault(spans.DAYS[row.weekday], []).append(spans.to_text((row.opens, row.closes)))
    holidays: dict[str, list[str]] = {}
    for day in line.holidays.order_by("day", "opens"):
        opening = holidays.setdefault(day.day.isoformat(), [])
        if day.opens is not None and day.closes is not None:
            opening.append(spans.to_text((day.opens, day.closes)))
    return {"zone": line.time_zone, "weekly": weekly, "holidays": holidays}


def _write_hours(line: Line, value: Sheet) -> None:
    line.time_zone = value["zone"]
    line.save(update_fields=["time_zone"])
    line.hours.all().delete()
    line.holidays.all().delete()
    Hours.objects.bulk_create(
        Hours(line=line, weekday=spans.DAYS.index(day), opens=opens, closes=closes)
        for day, opening in value["weekly"].items()
        for opens, closes in map(spans.to_span, opening)
    )
    for name, opening in value["holidays"].items():
        day = date.fromisoformat(name)
        times = [
            Holiday(line=line, day=day, opens=one[0], closes=one[1]) for one in map(spans.to_span, opening)
        ]
        Holiday.objects.bulk_create(times or [Holiday(line=line, day=day)])


# --- scripts ----------------------------------------------------------------------------------------------


def _read_scripts(line: Line) -> Sheet:
    told: dict[str, dict[str, str]] = {}
    for row in sorted(Script.objects.filter(line=line), key=lambda row: (row.purpose, row.language)):
        told.setdefault(row.purpose, {})[row.language] = row.text
    return told


def _write_scripts(line: Line, value: Sheet) -> None:
    Script.objects.filter(line=line).delete()
    Script.objects.bulk_create(
        Script(line=line, purpose=purpose, language=language, text=text)
        for purpose, wordings in value.items()
        for language, text in wordings.items()
    )


# --- lists ------------------------------------------------------------------------------------------------


def _read_list(rows: Iterable[models.Model], section: str) -> list[Sheet]:
    fields, _ = rules.LISTS[section]
    return [{name: getattr(row, name) for name in fields} for row in rows]


def _write_list(rows: Iterable[Row], section: str, value: list[Sheet], new: Callable[[], Row]) -> list[Row]:
    """Each item's row, saved, in the order of the value. Rows stay while their item does: others may point to them."""
    _, identity = rules.LISTS[section]
    known = {tuple(getattr(row, name) for name in identity): row for row in rows}
    kept = [known.pop(tuple(item[name] for name in identity), None) or new() for item in value]
    for row in known.values():
        row.delete()
    for place, (row, item) in enumerate(zip(kept, value, strict=True)):
        for name, one in {**item, "place": place}.items():
            if hasattr(row, name):
                setattr(row, name, one)
        row.save()
    return kept


def _read_numbers(line: Line) -> list[Sheet]:
    rows = sorted(line.numbers.all(), key=lambda row: str(row.number))
    return _read_list(rows, "numbers")


def _write_numbers(line: Line, value: list[Sheet]) -> None:
    _write_list(line.numbers.all(), "numbers", value, lambda: Number(line=line))


def _read_sites(line: Line) -> list[Sheet]:
    rows = sorted(line.sites.all(), key=lambda row: row.key)
    return [
        {"key": row.key, "name": row.name, "origins": row.origins, "revoked": row.revoked_at is not None}
        for row in rows
    ]


def _write_sites(line: Line, value: list[Sheet]) -> None:
    tidy = [{**one, "origins": origins_of(one["origins"])} for one in value]
    revoked = {one["key"] for one in tidy if one.pop("revoked")}
    for row in _write_list(line.sites.all(), "sites", tidy, lambda: Site(line=line)):
        if (row.key in revoked) != (row.revoked_at is not None):
            row.revoked_at = timezone.now() if row.key in revoked else None
        if row.checked_on not in row.origins:
            row.checked_at, row.checked_on = None, ""
        row.save()


def _read_replies(line: Line) -> list[Sheet]:
    return _read_list(line.replies.order_by("place", "id"), "replies")


def _write_replies(line: Line, value: list[Sheet]) -> None:
    _write_list(line.replies.all(), "replies", value, lambda: Reply(line=line))


def _read_resources(line: Line) -> list[Sheet]:
    return _read_list(line.resources.order_by("place", "id"), "resources")


def _write_resources(line: Line, value: list[Sheet]) -> None:
    _write_list(line.resources.all(), "resources", value, lambda: Resource(line=line))


# --- about flags ------------------------------------------------------------------------------------------


def _read_ladder(line: Line) -> list[Sheet]:
    rungs = ladders.of(ladders.Rung(row.after, row.whom, row.channel) for row in line.rungs.all())
    return [{"after": one.after, "whom": str(one.whom), "channel": str(one.channel)} for one in sorted(rungs)]


def _write_ladder(line: Line, value: list[Sheet]) -> None:
    line.rungs.all().delete()
    Rung.objects.bulk_create(Rung(line=line, **one) for one in value)


def _read_hooks(line: Line) -> list[Sheet]:
    rows = sorted(line.hooks.all(), key=lambda row: str(row.name))
    return _read_list(rows, "hooks")


def _write_hooks(line: Line, value: list[Sheet]) -> None:
    _write_list(line.hooks.all(), "hooks", value, lambda: Hook(line=line))


def _read_phrases(line: Line) -> list[Sheet]:
    return _read_list(line.phrases.order_by("place", "id"), "phrases")


def _write_phrases(line: Line, value: list[Sheet]) -> None:
    _write_list(line.phrases.all(), "phrases", value, lambda: Phrase(line=line))


_READERS: dict[str, Callable[[Line], Any]] = {
    "identity": _read_identity,
    "hours": _read_hours,
    "limits": _read_limits,
    "scripts": _read_scripts,
    "numbers": _read_numbers,
    "sites": _read_sites,
    "replies": _read_replies,
    "resources": _read_resources,
    "ladder": _read_ladder,
    "hooks": _read_hooks,
    "phrases": _read_phrases,
}
_WRITERS: dict[str, Callable[[Line, Any], None]] = {
    "identity": _write_fields,
    "hours": _write_hours,
    "limits": _write_limits,
    "scripts": _write_scripts,
    "numbers": _write_numbers,
    "sites": _write_sites,
    "replies": _write_replies,
    "resources": _write_resources,
    "ladder": _write_ladder,
    "hooks": _write_hooks,
    "phrases": _write_phrases,
}
