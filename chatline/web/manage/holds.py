"""A line's legal holds: asked for by one manager, confirmed by another, ended by any. No words are shown here."""

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from chatline.conversations import holds
from chatline.conversations.models import Conversation, Hold
from chatline.conversations.states import HoldReason
from chatline.errors import ChatlineError, NotFound
from chatline.lines.models import Line
from chatline.people.models import Staff
from chatline.web.manage.gate import line_of, manager
from chatline.web.staff import navigation, signed_in

REASONS = [
    (HoldReason.COURT_ORDER, _("A court's order")),
    (HoldReason.REGULATOR, _("An authority's order")),
    (HoldReason.CLAIM, _("A claim against us, or by us")),
]


class AskForm(forms.Form):
    conversation = forms.ChoiceField(label=_("Which talk"))
    reason = forms.ChoiceField(label=_("Reason"), choices=REASONS)
    reference = forms.CharField(
        label=_("Its number"),
        max_length=40,
        help_text=_("The file's, as whoever orders it writes it. No names."),
    )
    until = forms.DateField(
        label=_("Last day"),
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("At most a year away. The copy goes the day after, by itself."),
    )

    def __init__(self, found: Iterable[Conversation], *args: Any) -> None:
        super().__init__(*args)
        field = self.fields["conversation"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(str(row.id), f"{row.closed_at:%Y-%m-%d %H:%M} UTC") for row in found]


@require_http_methods(["GET", "HEAD", "POST"])
@manager
def all_holds(request: HttpRequest, slug: str) -> HttpResponse:
    line = line_of(request, slug)
    if request.method != "POST":
        return _show(request, line)
    do, _space, which = request.POST.get("do", "").partition(" ")
    if do == "ask":
        return _ask(request, line)
    verb = {"confirm": holds.confirm, "end": holds.end}.get(do)
    hold = Hold.objects.filter(id=_id(which), conversation__line=line).first()
    if verb is None or hold is None:
        raise NotFound
    try:
        verb(signed_in(request).id, hold.id)
    except NotFound:
        raise
    except ChatlineError as refusal:
        return _show(request, line, status=409, refused=refusal.detail)
    return redirect("manage-holds", line.slug)


def _ask(request: HttpRequest, line: Line) -> HttpResponse:
    found = holds.holdable(line.id, request.GET.get("handle", ""))
    form = AskForm(found, request.POST)
    if not form.is_valid():
        return _show(request, line, status=400, form=form)
    given = form.cleaned_data
    # The last day is a whole one.
    until = datetime.combine(given["until"] + timedelta(days=1), time(), UTC)
    try:
        holds.ask(
            signed_in(request).id, UUID(given["conversation"]), given["reason"], given["reference"], until
        )
    except NotFound:
        raise
    except ChatlineError as refusal:
        form.add_error({"bad_end": "until", "bad_reference": "reference"}.get(refusal.code), refusal.detail)
        return _show(request, line, status=400, form=form)
    return redirect("manage-holds", line.slug)


def _id(written: str) -> UUID:
    """Raises NotFound."""
    try:
        return UUID(written)
    except ValueError:
        raise NotFound from None


def _show(
    request: HttpRequest, line: Line, status: int = 200, form: AskForm | None = None, refused: str = ""
) -> HttpResponse:
    handle = request.GET.get("handle", "")
    found = holds.holdable(line.id, handle)
    open_ones = list(
        Hold.objects.filter(conversation__line=line, ended_at=None)
        .select_related("conversation__visitor")
        .order_by("asked_at")
    )
    people = {one for hold in open_ones for one in (hold.asked_by, hold.confirmed_by) if one}
    context = {
        **navigation(request),
        "line": line,
        "handle": handle,
        "form": form or (AskForm(found) if found else None),
        "holds": open_ones,
        "names": dict(Staff.objects.filter(id__in=people).values_list("id", "name")),
        "reasons": dict(REASONS),
        "me": signed_in(request).id,
        "counted": holds.counted(line.id),
        "refused": refused,
    }
    return render(request, "manage/holds.html", context, status=status)
