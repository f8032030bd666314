"""Reports of a line, for its supervisors and managers: a page of plots and tables, and each table for a spreadsheet.

Everything is in the address, so that a report can be kept and shown again; nothing here needs a script.
"""

import csv
from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from chatline.errors import BadInput
from chatline.lines.models import Line
from chatline.lines.reads import timetable
from chatline.people import access
from chatline.web.report_tables import Cell, Table, tables, written
from chatline.web.staff import navigation, signed_in
from routing.reports import Report, report
from routing.reports.span import USUAL, Span, between, latest

READS = access.SUPERVISES | access.MANAGES
"""Who reads reports. What each volunteer carried is for supervisors alone: it is there to look after them, and whoever
decides about people by such numbers teaches them to pass the hard conversations on."""

THE_USUAL = 30

PROBLEMS = {
    "days_too_few": _("A report is of seven days at least, so that no day shows a single person."),
    "days_too_many": _("A report is of a year at most."),
    "days_not_over": _("The last day must be over: yesterday, or before."),
}


class Choice(forms.Form):
    """A line, and the last days or the days between two dates. What is left out is the usual."""

    line = forms.ModelChoiceField(
        Line.objects.none(), label=_("Line"), to_field_name="slug", empty_label=None, required=False
    )
    days = forms.TypedChoiceField(
        label=_("Up to yesterday"),
        choices=[(days, format_lazy(_("{n} days"), n=days)) for days in USUAL],
        coerce=int,
        required=False,
    )
    since = forms.DateField(
        label=_("Or from"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    until = forms.DateField(
        label=_("to, both included"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )

    def __init__(self, lines: Sequence[Line], data: Any) -> None:
        super().__init__({"days": str(THE_USUAL), **data.dict()})
        field = self.fields["line"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Line.objects.filter(id__in=[line.id for line in lines]).order_by("name")
        self._first = lines[0]

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if not self.errors:
            given["line"] = given["line"] or self._first
            try:
                given["span"] = self._span(given)
            except BadInput as bad:
                self.add_error("until", forms.ValidationError(PROBLEMS[bad.code], code=bad.code))
        return given

    def _span(self, given: dict[str, Any]) -> Span:
        zone, now = timetable(given["line"]).zone, timezone.now()
        first: date | None = given["since"]
        last: date | None = given["until"]
        if first is None and last is None:
            return latest(given["days"] or THE_USUAL, now, zone)
        # One date alone: from then on, or the week up to it.
        last = last or latest(1, now, zone).last
        return between(first or date.fromordinal(max(1, last.toordinal() - 6)), last, now, zone)


def _lines(request: HttpRequest) -> list[Line]:
    return list(Line.objects.filter(id__in=access.lines_of(signed_in(request).id, READS)).order_by("name"))


def _report(request: HttpRequest, choice: Choice) -> Report:
    line = choice.cleaned_data["line"]
    supervises = access.may(signed_in(request).id, line.id, access.SUPERVISES)
    return report(line, choice.cleaned_data["span"], timezone.now(), with_load=supervises)


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    choice = Choice(_lines(request), request.GET)
    context: dict[str, Any] = {**navigation(request), "form": choice}
    if not choice.is_valid():
        return render(request, "reports/page.html", context, status=400)
    told = _report(request, choice)
    of = {"line": told.line.slug, "since": str(told.span.first), "until": str(told.span.last)}
    context |= {"report": told, "tables": tables(told), "address": urlencode(of)}
    return render(request, "reports/page.html", context)


@require_safe
def spreadsheet(request: HttpRequest, name: str) -> HttpResponse:
    """One table as CSV; Http404 where the report has none of that name for who asks."""
    choice = Choice(_lines(request), request.GET)
    if not choice.is_valid():
        raise Http404
    told = _report(request, choice)
    table = next((one for one in tables(told) if one.name == name), None)
    if table is None:
        raise Http404
    file = f"{told.line.slug}-{name}-{told.span.first}-{told.span.last}.csv"
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{file}"'
    write_csv(response, table)
    return response


def write_csv(out: Any, table: Table) -> None:
    # The mark by which spreadsheets know that it is UTF-8.
    out.write("\ufeff")
    sheet = csv.writer(out)
    sheet.writerow([harmless(word) for word in table.head])
    sheet.writerows([harmless(cell) for cell in row] for row in table.rows)


RUNS = tuple("=+-@\t\r\n＝＋－＠")  # noqa: RUF001  # full-width signs run as well
"""What makes a spreadsheet take a cell for a formula (OWASP, CSV Injection)."""


def harmless(cell: Cell) -> Cell:
    """A cell that runs nothing when it is opened: names are chosen by people."""
    if isinstance(cell, int | float):
        return cell
    word = written(cell)
    return f"'{word}" if word.startswith(RUNS) else word
