"""Break the glass: pages to ask, to agree, and to see the one thing that was granted. They need no script.

What is revealed stands in the answer to a POST, so that no address, history or second tab shows it again.
"""

from typing import Any
from uuid import UUID

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from chatline.conversations.models import Conversation, Grant
from chatline.conversations.states import Thing
from chatline.errors import ChatlineError, NotFound
from chatline.people import access
from chatline.people.models import Membership, Role
from chatline.web.manage.gate import manager as found
from chatline.web.staff import navigation, signed_in
from routing import granted, grants, revealing, reviews
from routing.grants import Wish

THINGS = {Thing.NUMBER: lazy("Their number"), Thing.WORDS: lazy("What was said, once it is over")}
REASONS = {
    "danger": lazy("A life is in danger"),
    "child": lazy("A child has to be protected"),
    "authority": lazy("An order by law"),
    "complaint": lazy("A complaint about what was said"),
    "feedback": lazy("Feedback"),
    "one_to_one": lazy("One-to-one"),
    "first_ten": lazy("First ten conversations"),
}
VERBS = {"approve": grants.approve, "end": grants.end, "look": grants.look}


class AskForm(forms.Form):
    thing = forms.ChoiceField(label=lazy("What do you need to see?"), choices=list(THINGS.items()))
    reason = forms.ChoiceField(
        label=lazy("Because of"), choices=[(one, REASONS[one]) for one in grants.REASONS]
    )
    why = forms.CharField(
        label=lazy("Why, in a few words"),
        help_text=lazy("The second person reads it. It is forgotten with the conversation."),
        max_length=grants.MOST_WHY,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    alone = forms.BooleanField(
        label=lazy("A life is in danger now, and I cannot wait. All managers are told at once."),
        required=False,
    )


class DrawForm(forms.Form):
    """`volunteer` is the number of a membership, because what is drawn is of somebody on a line."""

    volunteer = forms.TypedChoiceField(label=lazy("Whose conversation"), coerce=int)
    reason = forms.ChoiceField(label=lazy("For"), choices=[(one, REASONS[one]) for one in reviews.REASONS])

    def __init__(self, staff: UUID, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = Membership.objects.filter(
            line__in=access.lines_of(staff, access.SUPERVISES), role=Role.VOLUNTEER, staff__is_active=True
        )
        field = self.fields["volunteer"]
        assert isinstance(field, forms.ChoiceField)
        theirs = rows.exclude(staff=staff).select_related("staff", "line").order_by("staff__name")
        field.choices = [(row.pk, f"{row.staff.name} · {row.line.name}") for row in theirs]


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    return _index(request)


def _index(request: HttpRequest, wrong: str = "", status: int = 200) -> HttpResponse:
    staff, handle = signed_in(request).id, request.GET.get("handle", "").strip()[:40]
    context = {
        **navigation(request),
        "listed": granted.listed(staff, timezone.now()),
        "reasons": REASONS,
        "handle": handle,
        "talks": granted.to_ask_for(staff, handle) if handle else [],
        "draw": DrawForm(staff),
        "wrong": wrong,
    }
    return render(request, "grants/index.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@found
def ask(request: HttpRequest, conversation: UUID) -> HttpResponse:
    staff = signed_in(request).id
    mine = Conversation.objects.filter(line__in=access.lines_of(staff, access.SUPERVISES))
    talk = mine.filter(id=conversation).select_related("visitor", "line").first()
    if talk is None:
        raise NotFound
    form = AskForm(request.POST or None)
    if form.is_valid():
        try:
            grants.ask(staff, Wish(conversation=talk.id, **form.cleaned_data))
        except NotFound:
            raise
        except ChatlineError as refusal:
            form.add_error(None, refusal.detail)
        else:
            return redirect("grants")
    context = {**navigation(request), "form": form, "talk": talk}
    return render(request, "grants/ask.html", context, status=400 if form.errors else 200)


@require_POST
@found
def draw(request: HttpRequest) -> HttpResponse:
    staff = signed_in(request).id
    form = DrawForm(staff, request.POST)
    if not form.is_valid():
        raise Http404
    who = Membership.objects.get(pk=form.cleaned_data["volunteer"])
    return _after(
        request, lambda: reviews.draw(staff, who.line_id, who.staff_id, form.cleaned_data["reason"])
    )


@require_POST
@found
def decide(request: HttpRequest, grant: UUID, verb: str) -> HttpResponse:
    """Approved, ended, or looked at afterwards."""
    if verb not in VERBS:
        raise NotFound
    return _after(request, lambda: VERBS[verb](signed_in(request).id, grant))


def _after(request: HttpRequest, verb: Any) -> HttpResponse:
    """The list again, and why not if it was refused."""
    try:
        verb()
    except NotFound:
        raise
    except ChatlineError as refusal:
        return _index(request, refusal.detail, status=409)
    return redirect("grants")


@require_POST
@found
def show(request: HttpRequest, grant: UUID) -> HttpResponse:
    try:
        revealed = revealing.reveal(signed_in(request).id, grant)
    except NotFound:
        raise
    except ChatlineError as refusal:
        return _index(request, refusal.detail, status=409)
    row = Grant.objects.select_related("line", "conversation__visitor").get(id=grant)
    context = {**navigation(request), "grant": row, "revealed": revealed, "reason": REASONS[row.reason]}
    return render(request, "grants/shown.html", context)
