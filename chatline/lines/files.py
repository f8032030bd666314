"""A line's sheet as one TOML file, to be kept in version control. Pure: the text of a file in, values out, and back.

Written by hand, because the standard library reads TOML and does not write it, and a sheet has one shape: strings,
numbers, booleans and lists of them, in tables. As such they look in TOML as they do in JSON.
"""

import json
import re
import tomllib
from collections.abc import Iterator
from typing import Any

from chatline.errors import BadInput
from chatline.lines.sheet import SECTIONS, Sheet

FORMAT = 1
LARGEST = 1_000_000
"""Characters of a file; a sheet with everything full has fewer."""

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_DEPTH = {"hours": ("weekly", "holidays")}


def write(slug: str, sheet: Sheet) -> str:
    """`read` gives the same back."""
    head = f"# A line of Chatline. `chatline import` takes it in.\nformat = {FORMAT}\nslug = {_value(slug)}\n"
    # What is empty is said, before all tables, as TOML has it: left out it would stay as it is.
    empty = "".join(f"{section} = {_value(sheet[section])}\n" for section in SECTIONS if not sheet[section])
    return head + empty + "".join(line for section in SECTIONS for line in _section(section, sheet[section]))


def _section(section: str, value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _table(f"[[{section}]]", item)
    elif section == "scripts":
        for purpose, wordings in value.items():
            yield from _table(f"[{section}.{_key(purpose)}]", wordings)
    else:
        inner = _DEPTH.get(section, ())
        yield from _table(f"[{section}]", {name: one for name, one in value.items() if name not in inner})
        for name in inner:
            yield from _table(f"[{section}.{name}]", value[name])


def _table(head: str, fields: dict[str, Any]) -> Iterator[str]:
    yield f"\n{head}\n"
    yield from (f"{_key(name)} = {_value(one)}\n" for name, one in fields.items() if one is not None)


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _value(name)


def _value(value: Any) -> str:
    # JSON and TOML write these alike, but for one character.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def read(text: str) -> tuple[str, Sheet]:
    """The slug, empty where there is none, and the sections that stand there, to be checked by `rules`.

    Raises BadInput: `not_toml` (says in which line), `too_large`, `bad_format`, `unknown_section`, `wrong_type`.
    """
    if len(text) > LARGEST:
        raise BadInput("This is too large to be a line.", code="too_large")
    try:
        found = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as wrong:
        raise BadInput(f"This is no TOML: {wrong}", code="not_toml") from None
    if found.pop("format", None) != FORMAT:
        raise BadInput(f"format: This file does not say `format = {FORMAT}`.", code="bad_format")
    slug = found.pop("slug", "")
    if not isinstance(slug, str):
        raise BadInput("slug: This is text.", code="wrong_type")
    if strange := found.keys() - set(SECTIONS):
        raise BadInput(f"There is no section called {min(strange)}.", code="unknown_section")
    for item in found.get("numbers") if isinstance(found.get("numbers"), list) else []:  # type: ignore[union-attr]
        if isinstance(item, dict):
            item.setdefault("account", "")
            item.setdefault("per_second", None)
    return slug, found
