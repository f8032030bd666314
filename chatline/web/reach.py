"""How somebody of the staff is reached away from their screen: their own page, which nobody else can open."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from chatline.errors import BadInput
from chatline.web.staff import navigation, signed_in
from routing import reaching


class ReachForm(forms.Form):
    phone = forms.CharField(
        label=_("Phone"),
        required=False,
        max_length=24,
        help_text=_("With the country: +1 202 555 0123. It gets texts and calls."),
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
    )
    email = forms.CharField(
        label=_("E-mail"),
        required=False,
        max_length=250,
        widget=forms.TextInput(attrs={"type": "email", "autocomplete": "email"}),
    )

    def clean_phone(self) -> str:
        """People write numbers with spaces."""
        return "".join(one for one in self.cleaned_data["phone"] if one not in " -().")


@sensitive_post_parameters("phone", "email")
@require_http_methods(["GET", "HEAD", "POST"])
def reach(request: HttpRequest) -> HttpResponse:
    me = signed_in(request).id
    if request.method != "POST":
        there = reaching.reach_of(me)
        form = ReachForm(initial={"phone": there.phone, "email": there.email})
        return _show(request, form, saved=request.GET.get("saved") == "1")
    form = ReachForm(request.POST)
    if form.is_valid():
        try:
            reaching.set_contact(me, me, reaching.Reach(**form.cleaned_data))
        except BadInput as bad:
            form.add_error("phone" if bad.code == "not_a_number" else "email", bad.detail)
        else:
            return redirect(f"{request.path}?saved=1")
    return _show(request, form, status=400)


def _show(request: HttpRequest, form: ReachForm, *, saved: bool = False, status: int = 200) -> HttpResponse:
    context = {**navigation(request), "form": form, "saved": saved}
    return render(request, "staff/reach.html", context, status=status)
