"""What may stand in a line's sheet (`sheet.py`): each section's fields, and what is wrong with a value. Pure.

A problem has a stable code: `wrong_type`, `missing`, `unknown_field`, `too_long`, `empty`, `out_of_range`,
`characters`, `not_a_choice`, `twice`, `too_many`, or one of its field's own, named at the rule.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from chatline.lines import ladders, scripting, spans
from chatline.lines.ladders import Channel, Whom
from chatline.lines.values import (
    Rule,
    address,
    language,
    languages,
    matching,
    number,
    one_of,
    origins,
    per_second,
    phrase,
    text,
    whole,
    yes_or_no,
)


@dataclass(frozen=True, slots=True)
class Problem:
    """`field` is a path within the section: `exit_url`, `weekly.monday`, `replies` as `3.shortcut` (from 1)."""

    field: str
    code: str
    words: str


LONGEST_LIST = 300


# --- the sections -----------------------------------------------------------------------------------------

IDENTITY: dict[str, Rule] = {
    "name": text(60, least=1),
    "short_name": text(24, least=1),
    "languages": languages,
    "emergency": matching(r"[0-9+][0-9 +-]{1,19}", "not_a_number", "A number to call, such as 911."),
    "alternatives": text(160),
    "info_url": address(needed=False),
    "exit_url": address(needed=True),
    "launcher": text(40),
    "leave_label": text(20),
    "tab_title": text(40),
    "asks_feeling": yes_or_no,
    "asks_risk": yes_or_no,
    "allow_choosing": yes_or_no,
}

LIMITS: dict[str, Rule] = {
    "keep_words_days": whole(1, 3_650),
    "keep_number_hours": whole(1, 8_760),
    "absence_minutes": whole(1, 120),
    "quiet_ask_minutes": whole(0, 1_440),
    "quiet_close_minutes": whole(0, 1_440),
    "wait_expire_hours": whole(1, 168),
    "alternatives_minutes": whole(0, 120),
    "offer_minutes": whole(1, 60),
    "talk_minutes": whole(5, 600),
    "most_waiting": whole(0, 10_000),
    "passkeys_only": yes_or_no,
}
"""`most_waiting` 0 is no limit."""

NUMBER: dict[str, Rule] = {
    "number": number,
    "account": matching(
        r"(AC[0-9a-f]{32})?", "not_an_account", "The account's id at the provider: AC and 32 signs."
    ),
    "per_second": per_second,
}

SITE: dict[str, Rule] = {
    "key": matching(r"[A-Za-z0-9_-]{1,32}", "bad_key", "A key has letters, digits, hyphens and underscores."),
    "name": text(60, least=1),
    "origins": origins,
    "revoked": yes_or_no,
}

REPLY: dict[str, Rule] = {
    "shortcut": matching(r"[\w-]{1,30}", "bad_shortcut", "One word of letters, digits and hyphens."),
    "language": language,
    "text": text(480, least=1, lines=True),
}

RESOURCE: dict[str, Rule] = {
    "kind": one_of("resource", "exercise"),
    "language": language,
    "title": text(80, least=1),
    "text": text(480, least=1, lines=True),
}

RUNG: dict[str, Rule] = {
    "after": whole(0, 3_600),
    "whom": one_of(*Whom),
    "channel": one_of(*Channel),
}

HOOK: dict[str, Rule] = {
    "name": text(40, least=1),
    "url": address(needed=True),
    "words": yes_or_no,
}

PHRASE: dict[str, Rule] = {
    "language": language,
    "category": one_of("suicide", "self_harm", "harm_others", "abuse_now", "medical", "child"),
    "level": one_of("concern", "high", "imminent"),
    "text": phrase,
}

LISTS: dict[str, tuple[dict[str, Rule], tuple[str, ...]]] = {
    "numbers": (NUMBER, ("number",)),
    "sites": (SITE, ("key",)),
    "replies": (REPLY, ("shortcut", "language")),
    "resources": (RESOURCE, ("kind", "language", "title")),
    "ladder": (RUNG, ("after", "whom", "channel")),
    "hooks": (HOOK, ("name",)),
    "phrases": (PHRASE, ("language", "text")),
}
"""The sections that are lists: the fields of an item, and those that tell it from all others."""


def check(section: str, value: Any) -> list[Problem]:
    """Everything that is wrong with this value of a section, in its order. Raises KeyError for an unknown section."""
    return list(_CHECKS[section](value))


def _identity(value: Any) -> Iterator[Problem]:
    return _fields(IDENTITY, value)


def _limits(value: Any) -> Iterator[Problem]:
    """Code `close_before_ask` besides."""
    yield from (wrong := list(_fields(LIMITS, value)))
    if not wrong and 0 < value["quiet_close_minutes"] <= value["quiet_ask_minutes"]:
        yield Problem(
            "quiet_close_minutes", "close_before_ask", "This must be longer than until they are asked."
        )


def _fields(rules: Mapping[str, Rule], value: Any, before: str = "") -> Iterator[Problem]:
    if not isinstance(value, dict):
        yield Problem(before.rstrip("."), "wrong_type", "This is a table of fields.")
        return
    for name, rule in rules.items():
        if name not in value:
            yield Problem(before + name, "missing", "This is missing.")
        elif wrong := rule(value[name]):
            yield Problem(before + name, *wrong)
    for name in value.keys() - rules.keys():
        yield Problem(f"{before}{name}", "unknown_field", "There is no such field.")


def _hours(value: Any) -> Iterator[Problem]:
    """The codes of `spans` besides: `zone_unknown`, `not_a_day`, `not_a_span`, `overlap`."""
    yield from (wrong := list(_fields({"zone": spans.zone, "weekly": _table, "holidays": _table}, value)))
    if wrong:
        return
    for table, day_of in (("weekly", spans.weekday), ("holidays", spans.date_)):
        if len(value[table]) > LONGEST_LIST:
            yield Problem(table, "too_many", f"At most {LONGEST_LIST} days.")
        for day, opening in value[table].items():
            if found := day_of(day) or spans.opening(opening):
                yield Problem(f"{table}.{day}", *found)
    if value["weekly"] and not any(value["weekly"].values()):
        yield Problem("weekly", "never_open", "A line that is never open answers nobody.")


def _table(value: Any) -> tuple[str, str] | None:
    return None if isinstance(value, dict) else ("wrong_type", "This is a table of days.")


def _scripts(value: Any) -> Iterator[Problem]:
    """The codes of `scripting.problem` besides, and `unknown_purpose`."""
    if not isinstance(value, dict):
        yield Problem("", "wrong_type", "This is a table of purposes.")
        return
    for purpose, wordings in value.items():
        if purpose not in scripting.PURPOSES:
            yield Problem(purpose, "unknown_purpose", f"One of: {', '.join(scripting.PURPOSES)}.")
        elif not isinstance(wordings, dict):
            yield Problem(purpose, "wrong_type", "This is a table of languages.")
        else:
            for code, wording in wordings.items():
                if found := language(code) or _SCRIPT(wording) or scripting.problem(purpose, wording):
                    yield Problem(f"{purpose}.{code}", *found)


_SCRIPT = text(480, least=1, lines=True)


def _list(section: str) -> Callable[[Any], Iterator[Problem]]:
    rules, identity = LISTS[section]

    def found(value: Any) -> Iterator[Problem]:
        if not isinstance(value, list):
            yield Problem("", "wrong_type", "This is a list.")
            return
        if len(value) > LONGEST_LIST:
            yield Problem("", "too_many", f"At most {LONGEST_LIST}.")
        seen: set[tuple[Any, ...]] = set()
        for place, item in enumerate(value, 1):
            wrong = list(_fields(rules, item, f"{place}."))
            yield from wrong
            if not wrong:
                key = tuple(item[name] for name in identity)
                if key in seen:
                    yield Problem(f"{place}.{identity[-1]}", "twice", "This is in the list already.")
                seen.add(key)

    return found


def _ladder(value: Any) -> Iterator[Problem]:
    """Codes `not_at_once` and `cannot_reach` besides."""
    yield from (wrong := list(_list("ladder")(value)))
    if wrong:
        return
    if not any(rung["after"] == 0 for rung in value):
        yield Problem("", "not_at_once", "Somebody must be called at once: one rung must be at 0 seconds.")
    for place, rung in enumerate(value, 1):
        if not ladders.can_reach(rung["whom"], rung["channel"]):
            yield Problem(f"{place}.channel", "cannot_reach", "This does not lead to whom it is to call.")


_CHECKS: dict[str, Callable[[Any], Iterator[Problem]]] = {
    "identity": _identity,
    "hours": _hours,
    "limits": _limits,
    "scripts": _scripts,
    **{section: _list(section) for section in LISTS},
    "ladder": _ladder,
}
