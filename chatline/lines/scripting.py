"""What a line's own wording of an automatic text may hold besides words: the names of a few facts. Pure.

A script is a Django template, whose language could read anything of the line and include any file; so of it only this
is allowed: `{{ name }}`, and `{% if name %}` with `{% else %}` and `{% endif %}`.
"""

import re

OF_LINE = ("line.name", "line.short_name", "line.emergency", "line.info_url", "alternatives")
"""What every text may say of its line."""

PURPOSES: dict[str, tuple[str, ...]] = {
    "welcome": (),
    "closed": ("opens",),
    "paused": (),
    "paused_words": ("words",),
    "full": (),
    "waiting": ("minutes",),
    "still_waiting": ("minutes",),
    "expired": (),
    "volunteer_gone": (),
    "passed_line": (),
    "joined": ("name",),
    "still_there": (),
    "quiet_close": (),
    "closing": (),
    "help": (),
    "stop": (),
    "start": (),
    "delete_later": (),
    "deleted": (),
    "deleted_held": (),
    "alternatives": (),
}
"""What a line says by itself, each with the facts it may tell besides; `alternatives` is said as it stands."""

_PART = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_FACT = re.compile(r"\{\{ *([a-z_.]+) *\}\}")
_IF = re.compile(r"\{% *if +([a-z_.]+) *%\}")
_WORDS = {"else": re.compile(r"\{% *else *%\}"), "endif": re.compile(r"\{% *endif *%\}")}


def facts(purpose: str) -> tuple[str, ...]:
    return () if purpose == "alternatives" else (*OF_LINE, *PURPOSES[purpose])


def problem(purpose: str, wording: str) -> tuple[str, str] | None:
    """Code `script_fact` for a name that this text cannot tell, `script_form` for anything else between braces."""
    open_ifs: list[bool] = []
    for part in _PART.findall(wording):
        named = _FACT.fullmatch(part) or _IF.fullmatch(part)
        if named and named[1] not in facts(purpose):
            may = ", ".join(facts(purpose)) or "nothing"
            return "script_fact", f"This text cannot tell {named[1]}. It may tell: {may}."
        if not _fits(part, open_ifs) and not _FACT.fullmatch(part):
            return "script_form", f"{part} is not possible here."
    if open_ifs or any(mark in _PART.sub("", wording) for mark in ("{{", "}}", "{%", "%}", "{#", "#}")):
        return "script_form", "A brace is not closed as it should be."
    return None


def _fits(part: str, open_ifs: list[bool]) -> bool:
    """Follows the ifs: for each open one whether its `else` has been."""
    if _IF.fullmatch(part):
        open_ifs.append(False)
    elif _WORDS["else"].fullmatch(part) and open_ifs and not open_ifs[-1]:
        open_ifs[-1] = True
    elif _WORDS["endif"].fullmatch(part) and open_ifs:
        open_ifs.pop()
    else:
        return False
    return True
