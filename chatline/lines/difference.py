"""What a save changes, in words, and what of it is dangerous. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from chatline.lines import ladders, rules
from chatline.lines.spans import DAYS


@dataclass(frozen=True, slots=True)
class Difference:
    """`before` is empty for what is new, `after` for what is gone."""

    what: str
    before: str
    after: str


TITLES = {
    "identity": "Name and pages",
    "hours": "Hours",
    "limits": "Times and limits",
    "scripts": "Texts",
    "numbers": "Numbers",
    "sites": "Websites",
    "replies": "Replies",
    "resources": "Resources and exercises",
    "ladder": "Who is called about a flag",
    "hooks": "Other systems",
    "phrases": "Risk phrases",
}

ORDERED = ("replies", "resources", "phrases")
"""Lists whose order is a manager's."""

LABELS = {
    "name": "Name",
    "short_name": "Short name",
    "languages": "Languages",
    "emergency": "Number in danger",
    "alternatives": "Other ways to get help",
    "info_url": "Page about the line",
    "exit_url": "Where leaving fast leads",
    "launcher": "Button on websites",
    "leave_label": "Button to leave fast",
    "tab_title": "Title of the tab",
    "asks_feeling": "Asks how upset people are",
    "asks_risk": "Asks about the risk question before closing",
    "allow_choosing": "Volunteers may choose whom they take",
    "keep_words_days": "Days until words are destroyed",
    "keep_number_hours": "Hours until a number is destroyed",
    "absence_minutes": "Minutes until an absent volunteer's people wait again",
    "quiet_ask_minutes": "Minutes of silence until people are asked",
    "quiet_close_minutes": "Minutes of silence until they are let go",
    "wait_expire_hours": "Hours until a wait in vain ends",
    "alternatives_minutes": "Minutes of waiting until other help is shown",
    "offer_minutes": "Minutes to accept somebody who is passed on",
    "talk_minutes": "Minutes until a volunteer is reminded of a break",
    "most_waiting": "Most people who may wait",
    "passkeys_only": "Supervisors and managers sign in with a passkey",
    "zone": "Time zone",
}

WHOM = {
    "on_shift": "supervisors who are signed in",
    "supervisors": "all supervisors",
    "on_call": "the on-call list",
    "managers": "all managers",
    "systems": "other systems",
}

CHANNELS = {
    "screen": "On the screen",
    "email": "E-mail",
    "text": "A text",
    "voice": "A phone call",
    "hook": "A signed request",
    "plugin": "By plug-in",
}

DANGERS = {
    "keeps_shorter": (
        "Words or numbers are destroyed sooner. What is older than the new limit is destroyed within minutes, "
        "and no undo brings it back."
    ),
    "other_exit": (
        "Whoever leaves the chat fast lands on another page. It must be harmless to anybody who looks, "
        "need no sign-in, and open fast."
    ),
    "other_emergency": "People in danger are told to call another number. Call it once yourself.",
    "other_numbers": (
        "Texts to a number that is taken away are answered by nobody; those to a new one reach this line at once."
    ),
    "calls_nobody_away": (
        "Nobody is called by text, phone or e-mail any more. While no supervisor looks at a screen, "
        "a flag about a life in danger reaches nobody."
    ),
    "hook_with_words": (
        "What people wrote leaves this server for another system, which keeps it as long as it likes: "
        "no erasure and no limit set here reaches it there."
    ),
    "site_revoked": "The chat is shown there no more, and chats that go on there now end for the visitor.",
}
"""What must be said yes to once more, and why."""


def differences(section: str, before: Any, after: Any) -> list[Difference]:
    was, becomes = dict(_flat(section, before)), dict(_flat(section, after))
    names = [*was, *(name for name in becomes if name not in was)]
    found = [
        Difference(name, was.get(name, ""), becomes.get(name, ""))
        for name in names
        if was.get(name) != becomes.get(name)
    ]
    return found + (_reordered(was, becomes) if section in ORDERED else [])


def _reordered(was: dict[str, str], becomes: dict[str, str]) -> list[Difference]:
    before, after = ([name for name in one if name in was.keys() & becomes.keys()] for one in (was, becomes))
    return [Difference("Order", ", ".join(before), ", ".join(after))] if before != after else []


def dangers(section: str, before: Any, after: Any) -> list[str]:
    """Codes of `DANGERS`."""
    return [code for code, is_so in _DANGERS.get(section, {}).items() if is_so(before, after)]


def _number_set(value: Any) -> list[tuple[str, str]]:
    return sorted((one["number"], one["account"]) for one in value)


def _shown(value: Any) -> set[str]:
    return {one["key"] for one in value if not one["revoked"]}


def _calls_away(value: Any) -> bool:
    return any(one["channel"] in ladders.AWAY for one in value)


def _told_words(value: Any) -> set[str]:
    return {one["url"] for one in value if one["words"]}


_DANGERS: dict[str, dict[str, Any]] = {
    "identity": {
        "other_exit": lambda was, now: was["exit_url"] != now["exit_url"],
        "other_emergency": lambda was, now: was["emergency"] != now["emergency"],
    },
    "limits": {
        "keeps_shorter": lambda was, now: any(
            now[name] < was[name] for name in ("keep_words_days", "keep_number_hours")
        ),
    },
    "numbers": {"other_numbers": lambda was, now: _number_set(was) != _number_set(now)},
    "ladder": {"calls_nobody_away": lambda was, now: _calls_away(was) and not _calls_away(now)},
    "hooks": {"hook_with_words": lambda was, now: bool(_told_words(now) - _told_words(was))},
    "sites": {"site_revoked": lambda was, now: bool(_shown(was) - _shown(now))},
}


# --- a section as lines of words --------------------------------------------------------------------------


def _flat(section: str, value: Any) -> Iterator[tuple[str, str]]:
    if section in rules.LISTS:
        yield from _flat_list(section, value)
    elif section == "hours":
        yield LABELS["zone"], value["zone"]
        yield from (
            (day.capitalize(), ", ".join(value["weekly"].get(day, ())) or "closed")
            for day in DAYS
            if value["weekly"]
        )
        yield from ((day, ", ".join(opening) or "closed") for day, opening in value["holidays"].items())
    elif section == "scripts":
        yield from (
            (f"{purpose.replace('_', ' ').capitalize()} ({language})", text)
            for purpose, wordings in value.items()
            for language, text in wordings.items()
        )
    else:
        yield from ((LABELS[name], _plain(one)) for name, one in value.items())


def _flat_list(section: str, value: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    _, identity = rules.LISTS[section]
    for item in value:
        rest = [
            f"{name.replace('_', ' ')} {_plain(one)}" if name != "text" else one
            for name, one in item.items()
            if name not in identity and one not in (None, "", False)
        ]
        yield _called(section, item), " · ".join(rest) or "there"


def _called(section: str, item: dict[str, Any]) -> str:
    match section:
        case "replies":
            return f"/{item['shortcut']} ({item['language']})"
        case "resources":
            return f"{item['title']} ({item['kind']}, {item['language']})"
        case "ladder":
            return f"After {item['after']} s: {CHANNELS[item['channel']].lower()} to {WHOM[item['whom']]}"
        case "hooks":
            return str(item["name"])
        case "phrases":
            return f"{item['text']} ({item['language']})"
        case "sites":
            return f"Website {item['key']}"
        case _:
            return str(item["number"])


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
