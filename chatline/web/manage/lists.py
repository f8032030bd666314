"""The sections of a line that are lists: numbers, replies, resources. Each button sends the whole list, changed."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from chatline.errors import NotFound
from chatline.lines import sheet
from chatline.lines.difference import ORDERED
from chatline.lines.models import Line
from chatline.lines.rules import Problem
from chatline.web.manage import flags
from chatline.web.manage.forms import ITEMS, SectionForm, TryForm
from chatline.web.manage.gate import line_of, manager
from chatline.web.manage.saving import Trouble, about, save

Items = list[dict[str, Any]]

BESIDE: dict[str, Callable[[Line, Items], dict[str, Any]]] = {
    "ladder": flags.beside_ladder,
    "hooks": flags.beside_hooks,
    "phrases": flags.beside_phrases,
}
"""Lists with a page of their own, and what it shows besides them."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a button asks for: `do` is `add`, `remove`, `up` or `down`; `place` counts from 1, 0 for a new one."""

    do: str
    place: int


@require_http_methods(["GET", "HEAD", "POST"])
@manager
def items(request: HttpRequest, slug: str, section: str) -> HttpResponse:
    """The list, with a form for a new item."""
    line = line_of(request, slug)
    if request.method != "POST":
        return _list(request, line, section, _fresh(line, section))
    asked = _asked(request.POST.get("do", ""))
    there: Items = sheet.read_section(line, section)
    if asked.do == "add":
        return _save_form(request, line, section, [*there, {}], len(there))
    if not 1 <= asked.place <= len(there):
        raise NotFound
    wanted = _moved(there, asked)
    return save(request, line, section, wanted, lambda trouble: _list(request, line, section, None, trouble))


@sensitive_post_parameters("message")
@require_POST
@manager
def try_phrases(request: HttpRequest, slug: str) -> HttpResponse:
    """What the screen finds in a message, with this line's own phrases. Nothing of it is kept."""
    line, form = line_of(request, slug), TryForm(request.POST)
    message = form.cleaned_data["message"] if form.is_valid() else ""
    tried = flags.tried(line, message.replace("\r\n", "\n"))
    return _list(request, line, "phrases", None, try_form=form, tried=tried, was_tried=bool(message))


@require_http_methods(["GET", "HEAD", "POST"])
@manager
def item(request: HttpRequest, slug: str, section: str, place: int) -> HttpResponse:
    """One of them, to be changed."""
    line = line_of(request, slug)
    there: Items = sheet.read_section(line, section)
    if not 1 <= place <= len(there):
        # Saved is told on the list, which may have become shorter since.
        return redirect(f"manage-{section}", line.slug)
    if request.method != "POST":
        return _one(request, line, section, place, ITEMS[section].showing(there[place - 1]))
    return _save_form(request, line, section, list(there), place - 1)


def _save_form(request: HttpRequest, line: Line, section: str, wanted: Items, place: int) -> HttpResponse:
    """Puts what was typed in this place of the list."""
    form = ITEMS[section](request.POST)
    is_new = not wanted[place]

    def again(trouble: Trouble) -> HttpResponse:
        form.show([_here(one, place) for one in trouble.problems])
        if is_new:
            return _list(request, line, section, form, trouble)
        return _one(request, line, section, place + 1, form, trouble)

    if not form.is_valid():
        return again(Trouble())
    wanted[place] = form.value()
    # An item whose place is not a manager's may be elsewhere in the list once it is changed.
    there = request.path if section in ORDERED else reverse(f"manage-{section}", args=[line.slug])
    return save(request, line, section, wanted, again, then=there)


def _here(problem: Problem, place: int) -> Problem:
    """A problem of another item than the typed one belongs to no field of its form."""
    number, _dot, name = problem.field.partition(".")
    return Problem(name if number == str(place + 1) else "", problem.code, problem.words)


def _asked(written: str) -> Asked:
    do, _space, place = written.partition(" ")
    return Asked(do, int(place) if place.isascii() and place.isdecimal() and len(place) < 5 else 0)


def _moved(there: Items, asked: Asked) -> Items:
    at = asked.place - 1
    rest = there[:at] + there[at + 1 :]
    match asked.do:
        case "remove":
            return rest
        case "up":
            return [*rest[: max(at - 1, 0)], there[at], *rest[max(at - 1, 0) :]]
        case "down":
            return [*rest[: at + 1], there[at], *rest[at + 1 :]]
        case _:
            raise NotFound


def _fresh(line: Line, section: str) -> SectionForm:
    return ITEMS[section].showing({"language": line.languages[0] if line.languages else ""})


def _list(
    request: HttpRequest,
    line: Line,
    section: str,
    form: SectionForm | None,
    trouble: Trouble | None = None,
    **more: Any,
) -> HttpResponse:
    there: Items = sheet.read_section(line, section)
    context = {
        **about(request, line, section),
        "here": reverse(f"manage-{section}", args=[line.slug]),
        "items": there,
        "ordered": section in ORDERED,
        "form": form or _fresh(line, section),
        "trouble": trouble,
        # What a button of the list asked for belongs to no field.
        "refused": [one.words for one in trouble.problems] if trouble and form is None else [],
        **(BESIDE[section](line, there) if section in BESIDE else {}),
        **more,
    }
    page = f"manage/{section}.html" if section in BESIDE else "manage/list.html"
    return render(request, page, context, status=400 if trouble else 200)


def _one(
    request: HttpRequest,
    line: Line,
    section: str,
    place: int,
    form: SectionForm,
    trouble: Trouble | None = None,
) -> HttpResponse:
    context = {**about(request, line, section), "place": place, "form": form, "trouble": trouble}
    return render(request, "manage/item.html", context, status=400 if trouble else 200)
