"""What stands in the audit log, for whoever did it and whoever oversees them (`people/logbook.py`)."""

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from chatline.people import logbook
from chatline.people.models import AuditEntry, Staff
from chatline.web.staff import navigation, signed_in

HIDDEN = {"line", "via"}
"""What is told by who did it, or is for whoever repairs something."""


@dataclass(frozen=True, slots=True)
class Done:
    """One entry as a person reads it."""

    at: datetime
    who: str
    what: str
    detail: list[tuple[str, str]]


@require_safe
def log(request: HttpRequest) -> HttpResponse:
    before = request.GET.get("before", "")
    rows = logbook.entries(signed_in(request).id, int(before) if before.isdecimal() else None)
    people = {str(one.id): one.name for one in Staff.objects.filter(id__in={row.actor for row in rows})}
    context = {
        **navigation(request),
        "done": [_done(row, people) for row in rows],
        "more": rows[-1].id if len(rows) == logbook.PAGE else None,
    }
    return render(request, "staff/log.html", context)


def _done(row: AuditEntry, people: dict[str, str]) -> Done:
    detail = [(_said(name), str(value)) for name, value in row.detail.items() if value and name not in HIDDEN]
    return Done(row.at, people.get(str(row.actor), ""), _said(row.verb).capitalize(), detail)


def _said(name: str) -> str:
    return name.replace("_", " ")
