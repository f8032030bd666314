"""Kinds of values in a line's sheet: a rule each, which says what is wrong with a value. Pure."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from chatline.errors import BadInput
from chatline.lines.origins import origins_of

Rule = Callable[[Any], tuple[str, str] | None]
"""The code and the words of what is wrong with a value, or None."""

MOST_LANGUAGES = 12

_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")


def text(most: int, *, least: int = 0, lines: bool = False) -> Rule:
    def rule(value: Any) -> tuple[str, str] | None:
        if not isinstance(value, str):
            return "wrong_type", "This is text."
        if _CONTROL.search(value) or (not lines and "\n" in value):
            return "characters", "This holds characters that cannot be shown."
        if len(value.strip()) < least:
            return "empty", "This must not be empty."
        if len(value) > most:
            return "too_long", f"This has {len(value)} characters; at most {most} fit."
        return None

    return rule


def matching(pattern: str, code: str, words: str) -> Rule:
    compiled = re.compile(pattern)

    def rule(value: Any) -> tuple[str, str] | None:
        if not isinstance(value, str):
            return "wrong_type", "This is text."
        return None if compiled.fullmatch(value) else (code, words)

    return rule


def whole(least: int, most: int) -> Rule:
    def rule(value: Any) -> tuple[str, str] | None:
        if not isinstance(value, int) or isinstance(value, bool):
            return "wrong_type", "This is a whole number."
        return None if least <= value <= most else ("out_of_range", f"From {least} to {most:,}.")

    return rule


def yes_or_no(value: Any) -> tuple[str, str] | None:
    return None if isinstance(value, bool) else ("wrong_type", "This is true or false.")


def one_of(*choices: str) -> Rule:
    def rule(value: Any) -> tuple[str, str] | None:
        return None if value in choices else ("not_a_choice", f"One of: {', '.join(choices)}.")

    return rule


def address(*, needed: bool) -> Rule:
    """A page that anybody can open: it leads away from the chat, or is sent to people. Code `not_an_address`."""

    def rule(value: Any) -> tuple[str, str] | None:
        if not isinstance(value, str):
            return "wrong_type", "This is text."
        if not value and not needed:
            return None
        if len(value) > 200:
            return "too_long", "At most 200 characters fit."
        return None if _is_address(value) else ("not_an_address", "This must start with https:// and a host.")

    return rule


def _is_address(value: str) -> bool:
    try:
        parts = urlsplit(value)
        return (
            parts.scheme == "https" and "." in (parts.hostname or "") and not re.search(r"[\s\"<>\\]", value)
        )
    except ValueError:
        return False


def languages(value: Any) -> tuple[str, str] | None:
    """Codes `not_a_language` and `empty` besides."""
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        return "wrong_type", "This is a list of languages."
    if not value:
        return "empty", "A line answers in one language at least."
    if len(value) > MOST_LANGUAGES:
        return "too_many", f"At most {MOST_LANGUAGES} languages."
    if len(set(value)) < len(value):
        return "twice", "A language stands here twice."
    wrong = [one for one in value if language(one)]
    return ("not_a_language", f"{wrong[0]} is no code of a language; write en or es-MX.") if wrong else None


phrase_reader: Callable[[str], str | None] | None = None
"""Says in words what is wrong with a risk phrase, or None. Set by whoever screens (`routing`), which knows this package
and not the other way round."""


def phrase(value: Any) -> tuple[str, str] | None:
    """A phrase in the small language of the risk screen. Code `not_a_phrase` besides those of `text`."""
    if wrong := _PHRASE(value):
        return wrong
    assert phrase_reader, "nobody has said how phrases are read"
    trouble = phrase_reader(value)
    return ("not_a_phrase", f"The screen cannot read this: {trouble}") if trouble else None


_PHRASE = text(120, least=1)
language = matching(_LANGUAGE.pattern, "not_a_language", "A language is a code like en or es-MX.")
number = matching(
    r"\+[1-9][0-9]{6,14}|[0-9]{3,8}", "not_a_number", "Write a number as +12025550123, or a short code."
)
slug = matching(r"(?=.{1,50}$)[a-z0-9]+(-[a-z0-9]+)*", "bad_slug", "Small letters, digits and hyphens.")


def per_second(value: Any) -> tuple[str, str] | None:
    if value is None:
        return None
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return "wrong_type", "This is a number."
    return None if 0 < value <= 1_000 else ("out_of_range", "More than 0, at most 1,000.")


def origins(value: Any) -> tuple[str, str] | None:
    """The codes of `origins.origins_of`."""
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        return "wrong_type", "This is a list of addresses."
    try:
        origins_of(value)
    except BadInput as bad:
        return bad.code, bad.detail
    return None
