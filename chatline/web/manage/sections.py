"""The sections of a line that are fields: name and pages, hours, times and limits."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from chatline.lines import sheet
from chatline.lines.models import Line
from chatline.web.manage.forms import FORMS, SectionForm
from chatline.web.manage.gate import line_of, manager
from chatline.web.manage.saving import Trouble, about, save


@require_http_methods(["GET", "HEAD", "POST"])
@manager
def fields(request: HttpRequest, slug: str, section: str) -> HttpResponse:
    line, kind = line_of(request, slug), FORMS[section]
    if request.method != "POST":
        return _show(request, line, section, kind.showing(sheet.read_section(line, section)))
    form = kind(request.POST)
    if not form.is_valid():
        return _show(request, line, section, form, Trouble())

    def again(trouble: Trouble) -> HttpResponse:
        form.show(trouble.problems)
        return _show(request, line, section, form, trouble)

    return save(request, line, section, form.value(), again)


def _show(
    request: HttpRequest, line: Line, section: str, form: SectionForm, trouble: Trouble | None = None
) -> HttpResponse:
    context = {**about(request, line, section), "form": form, "trouble": trouble}
    return render(request, "manage/fields.html", context, status=400 if trouble else 200)
