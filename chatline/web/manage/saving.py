"""What every form of a section does: save, and answer with what came of it.

Saved is told on the page that the browser is sent to, so that loading it again saves nothing again. What is dangerous
is asked once more, on a page that carries all that was typed; what somebody else has changed meanwhile is told above
the form, which keeps what was typed too.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from chatline.errors import Refused
from chatline.lines import changes, sheet
from chatline.lines.changes import Unsure, Wrong
from chatline.lines.difference import DANGERS, TITLES, Difference, differences
from chatline.lines.models import Change, Line
from chatline.lines.rules import Problem
from chatline.people.models import Staff
from chatline.web.staff import navigation, signed_in


@dataclass
class Trouble:
    """Why nothing was saved: what is wrong, or that it was `changed` meanwhile and what a save would now change."""

    problems: list[Problem] = field(default_factory=list)
    changed: bool = False
    now: list[Difference] = field(default_factory=list)


Again = Callable[[Trouble], HttpResponse]
"""The page of the form once more, with what was typed."""


def save(
    request: HttpRequest, line: Line, section: str, value: Any, again: Again, *, then: str = ""
) -> HttpResponse:
    """The answer to a form that gives this value for a section; once saved, the page `then`, or the form's own."""
    sure = request.POST.get("sure") == "1"
    seen = request.POST.get("seen") or "nothing"
    try:
        change = changes.save(signed_in(request).id, line.id, section, value, seen=seen, sure=sure)
    except Unsure as unsure:
        return _ask(request, line, section, value, unsure)
    except Wrong as wrong:
        return again(Trouble(wrong.problems))
    except Refused:
        there = sheet.read_section(Line.objects.get(id=line.id), section)
        return again(Trouble(changed=True, now=differences(section, there, value)))
    return redirect(f"{then or request.path}?saved={change.id if change else 0}")


def _ask(request: HttpRequest, line: Line, section: str, value: Any, unsure: Unsure) -> HttpResponse:
    typed = [
        (name, one)
        for name, given in request.POST.lists()
        if name not in {"csrfmiddlewaretoken", "sure"}
        for one in given
    ]
    context = {
        **about(request, line, section),
        "typed": typed,
        "dangers": [DANGERS[code] for code in unsure.dangers],
        "differences": differences(section, sheet.read_section(line, section), value),
    }
    return render(request, "manage/sure.html", context)


def about(request: HttpRequest, line: Line, section: str) -> dict[str, Any]:
    """What the page of a section shows besides its form: what was saved just now, if anything."""
    return {
        **navigation(request),
        "line": line,
        "section": section,
        "title": TITLES[section],
        "seen": sheet.digest(sheet.read_section(line, section)),
        "saved": told(_saved(request, line)),
        "same": request.GET.get("saved") == "0",
    }


def _saved(request: HttpRequest, line: Line) -> Change | None:
    number = request.GET.get("saved", "")
    return Change.objects.filter(line=line, id=int(number)).first() if _is_number(number) else None


def _is_number(written: str) -> bool:
    return written.isascii() and written.isdecimal() and len(written) < 18


@dataclass(frozen=True, slots=True)
class Told:
    """A change as a page shows it; `by` is a name, empty for the operator."""

    change: Change
    title: str
    by: str
    differences: list[Difference]
    may_undo: bool


def told(change: Change | None) -> Told | None:
    if change is None:
        return None
    there = sheet.read_section(change.line, change.section)
    by = Staff.objects.filter(id=change.by).values_list("name", flat=True).first() if change.by else None
    may_undo = changes.why_not(change, there, timezone.now()) is None
    return Told(change, TITLES[change.section], by or "", changes.told(change), may_undo)
