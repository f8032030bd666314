"""Flags that were no risk, for supervisors to look at again: what raised them, and why they were none.

For whoever edits the phrases, who are told only how many there are (`manage/flags.py`). Nothing is changed by it.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from chatline.people import access
from chatline.web.staff import navigation, signed_in
from routing import inbox
from routing.found import FLAG_DAYS
from routing.inbox import Flagged


@dataclass(frozen=True, slots=True)
class Again:
    """What one phrase raised in vain: each flag with why it was none."""

    template: str
    label: str
    flags: list[tuple[Flagged, str]]


@require_safe
def false_flags(request: HttpRequest) -> HttpResponse:
    lines = access.lines_of(signed_in(request).id, access.SUPERVISES)
    since = timezone.now() - timedelta(days=FLAG_DAYS)
    context = {
        **navigation(request),
        "days": FLAG_DAYS,
        "phrases": by_phrase(inbox.false_flags(lines, since)),
    }
    return render(request, "supervise/false_flags.html", context)


def by_phrase(flags: list[tuple[Flagged, str]]) -> list[Again]:
    """The most often in vain first. A flag that several phrases raised stands under each."""
    found: dict[str, Again] = {}
    for told, why in flags:
        for template, label in {one["template"]: one["label"] for one in told.flag.reasons}.items():
            found.setdefault(template, Again(template, label, [])).flags.append((told, why))
    return sorted(found.values(), key=lambda one: (-len(one.flags), one.template))
