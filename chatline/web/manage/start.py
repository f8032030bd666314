"""Where managers begin: their lines, and all of one."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from chatline.lines import actions, sheet
from chatline.lines.difference import TITLES
from chatline.lines.models import Line
from chatline.lines.reads import service
from chatline.web.manage.gate import line_of, lines_of, manager
from chatline.web.staff import navigation, signed_in
from routing import roster


@require_safe
@manager
def lines(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    found = [(line, service(line, now)) for line in lines_of(request).prefetch_related("hours", "holidays")]
    return render(request, "manage/lines.html", {**navigation(request), "lines": found})


@require_safe
@manager
def line(request: HttpRequest, slug: str) -> HttpResponse:
    one = line_of(request, slug)
    there = sheet.read(one)
    context = {
        **navigation(request),
        "line": one,
        "always": not there["hours"]["weekly"],
        "service": service(one, timezone.now()),
        "sections": TITLES.items(),
        "counts": {name: len(value) for name, value in there.items() if isinstance(value, list)},
        "todo": _todo(one),
        "number": one.numbers.order_by("id").first(),
    }
    return render(request, "manage/line.html", context)


def _todo(one: Line) -> list[str]:
    """What a line should have before it opens; each is a word of `manage/line.html`."""
    members = [member for member in roster.members(one.id) if member.staff.is_active]
    missing = {
        "nobody_answers": not any("volunteer" in member.roles for member in members),
        "nobody_supervises": not any("supervisor" in member.roles for member in members),
        "no_alternatives": not one.alternatives,
        "no_way_in": not (one.numbers.exists() or one.sites.filter(revoked_at=None).exists()),
    }
    return [code for code, is_so in missing.items() if is_so]


@require_http_methods(["GET", "HEAD", "POST"])
@manager
def opening(request: HttpRequest, slug: str) -> HttpResponse:
    """Asked once more, because everybody is answered from then on."""
    one = line_of(request, slug)
    if request.method != "POST":
        return render(request, "manage/open.html", {**navigation(request), "line": one, "todo": _todo(one)})
    actions.open_line(signed_in(request).id, one.id)
    return redirect("manage-line", one.slug)
