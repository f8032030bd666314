"""A line's on-call list: who is called, and in which order, when nobody answers at a screen.

Each button says whom it is about, and not which place, so that two managers at once do not move each other's people.
"""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from chatline.errors import NotFound
from chatline.lines.models import Line
from chatline.web.manage.gate import line_of, manager
from chatline.web.staff import navigation, signed_in
from routing import reaching, roster


@require_http_methods(["GET", "HEAD", "POST"])
@manager
def on_call(request: HttpRequest, slug: str) -> HttpResponse:
    line = line_of(request, slug)
    if request.method != "POST":
        return render(request, "manage/on_call.html", _context(request, line))
    do, _space, whom = request.POST.get("do", "").partition(" ")
    listed = [one.id for one in reaching.on_call(line.id)]
    reaching.set_on_call(signed_in(request).id, line.id, _moved(listed, do, _person(line, whom)))
    return redirect("manage-on-call", line.slug)


def _person(line: Line, written: str) -> UUID:
    """Raises NotFound."""
    for member in roster.members(line.id):
        if str(member.staff.id) == written and member.staff.is_active:
            return member.staff.id
    raise NotFound


def _moved(listed: list[UUID], do: str, whom: UUID) -> list[UUID]:
    """The list once it was done; as it was where that is no longer possible. Raises NotFound for another word."""
    rest = [one for one in listed if one != whom]
    if do == "add":
        return [*rest, whom]
    if whom not in listed or do == "remove":
        return rest
    steps = {"up": -1, "down": 1}
    if do not in steps:
        raise NotFound
    at = min(max(listed.index(whom) + steps[do], 0), len(rest))
    return [*rest[:at], whom, *rest[at:]]


def _context(request: HttpRequest, line: Line) -> dict[str, Any]:
    members = [one for one in roster.members(line.id) if one.staff.is_active]
    given = reaching.given([one.staff.id for one in members])
    listed = [one.id for one in reaching.on_call(line.id)]
    by_id = {one.staff.id: (one, given[one.staff.id]) for one in members}
    return {
        **navigation(request),
        "line": line,
        "listed": [by_id[one] for one in listed],
        "others": [about for one, about in by_id.items() if one not in listed],
    }
