"""Who works on a line: invited, given roles, let go."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from chatline.errors import ChatlineError, NotFound
from chatline.lines.models import Line
from chatline.people.actions import add_staff, sign_in_link
from chatline.people.models import Role, Staff
from chatline.web.manage.gate import line_of, manager
from chatline.web.staff import navigation, signed_in
from routing import roster

ROLES = [
    (Role.VOLUNTEER, _("Volunteer: answers")),
    (Role.SUPERVISOR, _("Supervisor: answers, and for every life at risk")),
    (Role.MANAGER, _("Manager: sets the line up, reads no one's words")),
]


class InviteForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=40, help_text=_("What visitors read: a first name."))
    username = forms.CharField(label=_("Username"), max_length=60, help_text=_("What they sign in with."))
    role = forms.ChoiceField(label=_("Role"), choices=ROLES)


class RoleForm(forms.Form):
    prefix = "more"
    username = forms.CharField(label=_("Username"), max_length=60)
    role = forms.ChoiceField(label=_("Role"), choices=ROLES)


@require_http_methods(["GET", "HEAD", "POST"])
@manager
def people(request: HttpRequest, slug: str) -> HttpResponse:
    """Everybody of the line; a post invites somebody new, and shows their link this once."""
    line = line_of(request, slug)
    if request.method != "POST":
        return _show(request, line)
    form = InviteForm(request.POST)
    if form.is_valid():
        given = form.cleaned_data
        try:
            staff = add_staff(
                given["username"], given["name"], line.id, given["role"], by=signed_in(request).id
            )
        except NotFound:
            raise
        except ChatlineError as refusal:
            form.add_error("name" if refusal.code == "bad_name" else "username", refusal.detail)
        else:
            return _show(request, line, **_link(staff, sign_in_link(staff)))
    return _show(request, line, status=400, invite=form)


@require_POST
@manager
def give(request: HttpRequest, slug: str) -> HttpResponse:
    line = line_of(request, slug)
    form = RoleForm(request.POST)
    if form.is_valid():
        given = form.cleaned_data
        try:
            roster.give_role(signed_in(request).id, line.id, given["username"], given["role"])
            return redirect("manage-people", line.slug)
        except NotFound:
            raise
        except ChatlineError as refusal:
            form.add_error("username", refusal.detail)
    return _show(request, line, status=400, more=form)


@require_POST
@manager
def link(request: HttpRequest, slug: str, staff_id: UUID) -> HttpResponse:
    line = line_of(request, slug)
    try:
        path = roster.new_link(signed_in(request).id, line.id, staff_id)
    except NotFound:
        raise
    except ChatlineError as refusal:
        return _show(request, line, status=409, refused=refusal.detail)
    return _show(request, line, **_link(Staff.objects.get(id=staff_id), path))


@require_http_methods(["GET", "HEAD", "POST"])
@manager
def lost(request: HttpRequest, slug: str, staff_id: UUID) -> HttpResponse:
    """For who cannot sign in any more; after a question, a link is shown this once."""
    line = line_of(request, slug)

    def begin_again(by: UUID) -> HttpResponse:
        path = roster.lost_factor(by, line.id, staff_id)
        return _show(request, line, **_link(Staff.objects.get(id=staff_id), path))

    return _asked(request, line, staff_id, "lost", begin_again)


@require_http_methods(["GET", "HEAD", "POST"])
@manager
def take(request: HttpRequest, slug: str, staff_id: UUID, role: str) -> HttpResponse:
    line = line_of(request, slug)
    return _asked(
        request, line, staff_id, f"take-{role}", lambda by: roster.take_role(by, line.id, staff_id, role)
    )


@require_http_methods(["GET", "HEAD", "POST"])
@manager
def deactivate(request: HttpRequest, slug: str, staff_id: UUID) -> HttpResponse:
    line = line_of(request, slug)
    return _asked(request, line, staff_id, "deactivate", lambda by: roster.deactivate(by, line.id, staff_id))


@require_POST
@manager
def activate(request: HttpRequest, slug: str, staff_id: UUID) -> HttpResponse:
    line = line_of(request, slug)
    return _asked(request, line, staff_id, "activate", lambda by: roster.activate(by, line.id, staff_id))


def _asked(
    request: HttpRequest, line: Line, staff: UUID, what: str, verb: Callable[[UUID], HttpResponse | None]
) -> HttpResponse:
    """Once more, because of what it ends; then done, or refused with the reason."""
    found = [member for member in roster.members(line.id) if member.staff.id == staff]
    if not found:
        raise NotFound
    if request.method != "POST":
        context = {**navigation(request), "line": line, "member": found[0], "what": what}
        return render(request, "manage/let_go.html", context)
    try:
        shown = verb(signed_in(request).id)
    except NotFound:
        raise
    except ChatlineError as refusal:
        return _show(request, line, status=409, refused=refusal.detail)
    return shown or redirect("manage-people", line.slug)


def _link(staff: Staff, path: str) -> dict[str, Any]:
    return {"invited": staff, "link": f"{settings.PUBLIC_URL}{path}"}


def _show(request: HttpRequest, line: Line, status: int = 200, **more: Any) -> HttpResponse:
    context = {
        **navigation(request),
        "line": line,
        "members": roster.members(line.id),
        "invite": InviteForm(),
        "more": RoleForm(),
        "roles": dict(ROLES),
        **more,
    }
    return render(request, "manage/people.html", context, status=status)
