"""What was changed of a line, by whom, and undoing it."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from chatline.errors import ChatlineError, NotFound
from chatline.lines import changes, sheet
from chatline.lines.difference import DANGERS, dangers, differences
from chatline.lines.models import Change
from chatline.web.manage.gate import line_of, manager
from chatline.web.manage.saving import told
from chatline.web.staff import navigation, signed_in

A_PAGE = 20


@require_safe
@manager
def history(request: HttpRequest, slug: str) -> HttpResponse:
    line = line_of(request, slug)
    page = Paginator(Change.objects.filter(line=line).order_by("-id"), A_PAGE).get_page(
        request.GET.get("page")
    )
    context = {**navigation(request), "line": line, "page": page, "changes": [told(one) for one in page]}
    return render(request, "manage/history.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@manager
def undo(request: HttpRequest, slug: str, change_id: int) -> HttpResponse:
    """Shows what it would put back; then does it."""
    line = line_of(request, slug)
    change = Change.objects.filter(line=line, id=change_id).first()
    if change is None:
        raise NotFound
    refused = None
    if request.method == "POST":
        try:
            changes.undo(signed_in(request).id, change.id, sure=True)
            return redirect("manage-history", line.slug)
        except NotFound:
            raise
        except ChatlineError as refusal:
            refused = refusal
    there = sheet.read_section(line, change.section)
    context = {
        **navigation(request),
        "line": line,
        "told": told(change),
        "refused": refused,
        "differences": differences(change.section, there, change.before),
        "dangers": [DANGERS[code] for code in dangers(change.section, there, change.before)],
    }
    return render(request, "manage/undo.html", context, status=409 if refused else 200)
