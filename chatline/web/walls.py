"""Walls: a page to make and revoke them, and the screen itself, read only and open to whoever has its token."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from chatline.errors import NotFound
from chatline.lines.models import Line
from chatline.lines.reads import timetable
from chatline.people import access
from chatline.web.staff import navigation, signed_in
from routing import walls
from routing.walls import Now

# --- made and revoked ---------------------------------------------------------------------------------------


class WallForm(forms.Form):
    name = forms.CharField(
        label=lazy("Name"),
        help_text=lazy("Where it hangs, for you to know it by"),
        max_length=walls.MOST_NAME,
    )
    lines = forms.ModelMultipleChoiceField(
        Line.objects.none(), label=lazy("Lines"), widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, lines: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["lines"]
        assert isinstance(field, forms.ModelMultipleChoiceField)
        field.queryset = lines
        field.initial = list(lines) if len(lines) == 1 else []


def hangs_walls(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A NotFound of a verb is a page that there is not."""

    def found(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except NotFound:
            raise Http404 from None

    return found


@require_safe
@hangs_walls
def index(request: HttpRequest) -> HttpResponse:
    return _index(request, WallForm(_lines(request)))


@require_POST
@hangs_walls
def make(request: HttpRequest) -> HttpResponse:
    """Shows the address of the new wall, this once."""
    form = WallForm(_lines(request), request.POST)
    if not form.is_valid():
        return _index(request, form, status=400)
    lines = [line.id for line in form.cleaned_data["lines"]]
    wall, token = walls.make(signed_in(request).id, form.cleaned_data["name"], lines)
    address = f"{settings.PUBLIC_URL}{reverse('wall', args=[token])}"
    return render(request, "walls/made.html", {**navigation(request), "wall": wall, "address": address})


@require_http_methods(["GET", "HEAD", "POST"])
@hangs_walls
def revoke(request: HttpRequest, wall_id: Any) -> HttpResponse:
    """Asked once more, because a screen goes blank."""
    staff = signed_in(request)
    if request.method == "POST":
        walls.revoke(staff.id, wall_id)
        return redirect("walls")
    wall = walls.standing(staff.id).filter(id=wall_id).first()
    if wall is None:
        raise NotFound
    return render(request, "walls/revoke.html", {**navigation(request), "wall": wall})


def _lines(request: HttpRequest) -> Any:
    return Line.objects.filter(id__in=access.lines_of(signed_in(request).id, walls.HANGS)).order_by("name")


def _index(request: HttpRequest, form: WallForm, status: int = 200) -> HttpResponse:
    mine = set(_lines(request))
    standing = [
        (wall, [line.name for line in wall.lines.all() if line in mine])
        for wall in walls.standing(signed_in(request).id).prefetch_related("lines")
    ]
    context = {**navigation(request), "form": form, "walls": standing}
    return render(request, "walls/index.html", context, status=status)


# --- the screen ---------------------------------------------------------------------------------------------

TROUBLE = {
    "worker_silent": lazy(
        "No worker is running. Texts do not go out, and nothing happens in time. Tell the operator."
    ),
    "flag_alone": lazy("A flag is open and no supervisor is here."),
    "nobody_on_shift": lazy("People wait and nobody is on shift."),
    "alarm": lazy("Something needs the operator. The supervisors' page says what."),
}
"""What to read for each name in `walls.Now.trouble`."""


@require_safe
def wall(request: HttpRequest, token: str) -> HttpResponse:
    lines = _shown_by(token)
    context = {
        "lines": [line.name for line in lines],
        "token": token,
        "told": told(walls.now([line.id for line in lines], timezone.now()), lines[0]),
    }
    return _private(render(request, "walls/wall.html", context))


@require_safe
def now(request: HttpRequest, token: str) -> HttpResponse:
    """What the screen shows now, as it is written there."""
    lines = _shown_by(token)
    return _private(JsonResponse(told(walls.now([line.id for line in lines], timezone.now()), lines[0])))


def _shown_by(token: str) -> list[Line]:
    try:
        return walls.shown_by(token)
    except NotFound:
        raise Http404 from None


def _private(response: HttpResponse) -> HttpResponse:
    # Said here too, whatever becomes of the defaults of all pages: the token stands in the address.
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    return response


def told(now: Now, line: Line) -> dict[str, Any]:
    """Every figure in letters, so that the page and its refreshes say the same; times by this line's clock."""
    figures = {
        "waiting": str(now.waiting),
        "waiting_long": str(now.waiting_long),
        "longest": age(now.waiting_since, now.at),
        "volunteers": str(now.volunteers),
        "free": str(now.free),
        "each": f"{now.talks_each or 0:g}",
        "left": str(now.left),
        "flags": str(now.flags),
        "unanswered": str(now.unanswered),
        "unanswered_age": age(now.unanswered_since, now.at),
        "supervisors": str(now.supervisors),
        "unsure": str(now.unsure),
        "failed": str(now.failed),
    }
    grave = {"waiting_long": now.waiting_long, "unanswered": now.unanswered}
    return {
        "figures": figures,
        "grave": [name for name, count in grave.items() if count],
        "light": "bad" if now.trouble else "good",
        "words": [str(TROUBLE[name]) for name in now.trouble] or [_("Everything works.")],
        "at": now.at.astimezone(timetable(line).zone).strftime("%H:%M"),
    }


def age(since: datetime | None, at: datetime) -> str:
    """Whole minutes, `0 min` where nothing is since then: `6 min`, `2 h 5 min`."""
    minutes = max(0, int((at - (since or at)).total_seconds())) // 60
    if minutes < 60:
        return _("{m} min").format(m=minutes)
    return _("{h} h {m} min").format(h=minutes // 60, m=minutes % 60)
