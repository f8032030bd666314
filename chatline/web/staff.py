"""Pages for staff. What they show comes over the socket; these are only the frames around it."""

from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import PasswordResetConfirmView
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse_lazy
from django.views.decorators.http import require_safe

from chatline.lines.models import Line
from chatline.people import access
from chatline.people.models import Staff


def signed_in(request: HttpRequest) -> Staff:
    """Who asks, behind `login_required`."""
    assert isinstance(request.user, Staff)  # login_required, and the only user model
    return request.user


@require_safe
@login_required
def desk(request: HttpRequest) -> HttpResponse:
    staff = signed_in(request)
    lines = access.lines_of(staff.id)
    supervises = bool(access.lines_of(staff.id, access.SUPERVISES))
    names = Line.objects.filter(id__in=lines).order_by("name").values_list("name", flat=True)
    return render(request, "desk.html", {"staff": staff.name, "lines": list(names), "supervises": supervises})


@require_safe
@login_required
def supervise(request: HttpRequest) -> HttpResponse:
    staff = signed_in(request)
    if not access.lines_of(staff.id, access.SUPERVISES):
        raise Http404
    return render(request, "supervise.html", {"staff": staff.name, "supervises": True})


class SetPassword(PasswordResetConfirmView):
    """The one-time link of somebody new: they choose a password and are signed in."""

    template_name = "registration/set_password.html"
    post_reset_login = True
    success_url = reverse_lazy("desk")
