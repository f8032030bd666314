"""Pages for staff. What they show comes over the socket; these are only the frames around it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from chatline.conversations.wrapping_up import MOST_TOPICS, TOPICS
from chatline.lines.models import Line
from chatline.people import access
from chatline.people.models import Staff
from routing import granted


def signed_in(request: HttpRequest) -> Staff:
    """Who asks for a page that is for staff (`people/policy.py`)."""
    assert isinstance(request.user, Staff)  # `admission.py`, and the only user model
    return request.user


def navigation(request: HttpRequest) -> dict[str, object]:
    """What the top of every staff page shows: who it is, and the pages that are theirs."""
    staff = signed_in(request)
    return {
        "staff": staff.name,
        "supervises": bool(access.lines_of(staff.id, access.SUPERVISES)),
        "manages": bool(access.lines_of(staff.id, access.MANAGES)),
        "to_decide": granted.waiting_for(staff.id, timezone.now()),
    }


@require_safe
def desk(request: HttpRequest) -> HttpResponse:
    staff = signed_in(request)
    lines = access.lines_of(staff.id)
    names = Line.objects.filter(id__in=lines).order_by("name").values_list("name", flat=True)
    context = {"lines": list(names), "topics": TOPICS.items(), "most_topics": MOST_TOPICS}
    return render(request, "desk.html", {**navigation(request), **context})


@require_safe
def supervise(request: HttpRequest) -> HttpResponse:
    staff = signed_in(request)
    lines = access.lines_of(staff.id, access.SUPERVISES)
    rows = Line.objects.filter(id__in=lines).order_by("name")
    return render(request, "supervise.html", {**navigation(request), "lines": rows})
