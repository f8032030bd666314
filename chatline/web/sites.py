"""The websites that show a line's chat, set up by its managers. Plain forms: nothing here needs a script."""

from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from chatline.errors import BadInput, NotFound
from chatline.lines import actions, embedding, origins, proofs
from chatline.lines.models import Line, Site
from chatline.lines.proofs import Check
from chatline.web.manage.gate import lines_of, manager
from chatline.web.staff import navigation, signed_in

MOST_HTML = 50_000
"""Characters of a page that are looked at, below what a form may hold at all."""

PROBLEMS = {
    "nothing_found": _(
        "Our script is not in this page. Copy the snippet into it, before the end of the body."
    ),
    "wrong_host": _("It is loaded from another address than ours. Copy the snippet anew."),
    "insecure": _("It is loaded over http://, where others can change it. Use https://."),
    "key_missing": _("The script has no data-site, so it does not know which chat to open."),
    "key_wrong": _("The key belongs to another website, or is misspelt. Copy the snippet anew."),
    "script_held_back": _(
        "The script has a type that browsers do not run; cookie banners do this. "
        "Ours sets no cookie: let it run without consent."
    ),
    "sandbox_scripts": _("The frame's sandbox lacks allow-scripts: the chat does not run."),
    "sandbox_same_origin": _("The frame's sandbox lacks allow-same-origin: the chat cannot reach us."),
    "sandbox_forms": _("The frame's sandbox lacks allow-forms: nothing can be sent."),
    "sandbox_leaving": _(
        "The frame's sandbox lacks allow-top-navigation-by-user-activation: "
        "who must leave fast cannot, and the page stays on the screen."
    ),
    "frame_title": _("The frame has no title, which people who cannot see it need."),
    "frame_referrer": _('The frame tells us which page it is in. Add referrerpolicy="no-referrer".'),
}
"""What to read for each code of `embedding.problems`."""


class SiteForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=60)
    origins = forms.CharField(
        label=_("Addresses of its pages, one a line"),
        help_text=_("Only these may show the chat: https:// and the host, like https://www.example.org"),
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false", "autocapitalize": "off"}),
    )

    def clean_origins(self) -> list[str]:
        try:
            return origins.origins_of(self.cleaned_data["origins"].split())
        except BadInput as bad:
            raise forms.ValidationError(bad.detail, code=bad.code) from None


class NewSiteForm(SiteForm):
    """With the choice of a line, where there is one."""

    line = forms.ModelChoiceField(Line.objects.none(), label=_("Line"), empty_label=None)
    field_order = ["line", "name", "origins"]

    def __init__(self, lines: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["line"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = lines


class HtmlForm(forms.Form):
    html = forms.CharField(
        label=_("HTML of your page"),
        help_text=_("The part around our script or frame is enough; at most 50,000 characters."),
        max_length=MOST_HTML,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
    )


class AddressForm(forms.Form):
    address = forms.URLField(
        label=_("Address of your page"), assume_scheme="https", max_length=500, widget=forms.TextInput
    )

    def __init__(self, site: Site, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.site = site
        self.origin = ""

    def clean_address(self) -> str:
        address: str = self.cleaned_data["address"]
        parts = urlsplit(address)
        try:
            self.origin = origins.origin_of(f"{parts.scheme}://{parts.netloc}")
        except BadInput as bad:
            raise forms.ValidationError(bad.detail, code=bad.code) from None
        if self.origin not in self.site.origins:
            raise forms.ValidationError(
                _("This page may not show the chat: its address is not in the list above."),
                code="origin_unknown",
            )
        return address.partition("#")[0]


@require_safe
@manager
def index(request: HttpRequest) -> HttpResponse:
    return _index(request, NewSiteForm(lines_of(request)))


@require_POST
@manager
def add(request: HttpRequest) -> HttpResponse:
    form = NewSiteForm(lines_of(request), request.POST)
    if not form.is_valid():
        return _index(request, form, status=400)
    given = form.cleaned_data
    site = actions.add_site(given["line"], given["name"], given["origins"], by=signed_in(request).id)
    return redirect("site", site_id=site.id)


@require_safe
@manager
def one(request: HttpRequest, site_id: int) -> HttpResponse:
    return _one(request, _site(request, site_id))


@require_POST
@manager
def change(request: HttpRequest, site_id: int) -> HttpResponse:
    site = _site(request, site_id)
    form = SiteForm(request.POST)
    if not form.is_valid():
        return _one(request, site, change=form, status=400)
    actions.change_site(
        signed_in(request).id, site.id, form.cleaned_data["name"], form.cleaned_data["origins"]
    )
    return redirect("site", site_id=site.id)


@require_http_methods(["GET", "HEAD", "POST"])
@manager
def revoke(request: HttpRequest, site_id: int) -> HttpResponse:
    """Asked once more, because it ends chats that go on now."""
    site = _site(request, site_id)
    if request.method != "POST":
        return render(request, "manage/revoke.html", {**navigation(request), "site": site})
    actions.revoke_site(signed_in(request).id, site.id)
    return redirect("site", site_id=site.id)


@require_POST
@manager
def allow(request: HttpRequest, site_id: int) -> HttpResponse:
    actions.allow_site(signed_in(request).id, _site(request, site_id).id)
    return redirect("site", site_id=site_id)


@require_POST
@manager
def look(request: HttpRequest, site_id: int) -> HttpResponse:
    """What is wrong with a page, as far as its HTML tells."""
    site = _site(request, site_id)
    form = HtmlForm(request.POST)
    if not form.is_valid():
        return _one(request, site, html=form, status=400)
    codes = embedding.problems(form.cleaned_data["html"], site.key, settings.PUBLIC_URL)
    return _one(request, site, html=form, looked=True, problems=[(code, PROBLEMS[code]) for code in codes])


@require_POST
@manager
def test(request: HttpRequest, site_id: int) -> HttpResponse:
    """A link to their page that makes its chat frame show the test instead."""
    site = _site(request, site_id)
    form = AddressForm(site, request.POST)
    if not form.is_valid():
        return _one(request, site, address=form, status=400)
    token = proofs.ask(Check(site.id, form.origin, signed_in(request).id))
    frame = f"{settings.PUBLIC_URL}{reverse('check', args=[site.key])}?token={token}"
    link = f"{form.cleaned_data['address']}#chatline-check={token}"
    return _one(request, site, address=form, link=link, frame=frame)


def _site(request: HttpRequest, site_id: int) -> Site:
    """Raises NotFound, which `manager` turns into a 404."""
    site = Site.objects.filter(id=site_id, line__in=lines_of(request)).select_related("line").first()
    if site is None:
        raise NotFound
    return site


def _index(request: HttpRequest, form: NewSiteForm, status: int = 200) -> HttpResponse:
    lines = lines_of(request).prefetch_related("sites")
    context = {**navigation(request), "lines": lines, "form": form}
    return render(request, "manage/sites.html", context, status=status)


def _one(request: HttpRequest, site: Site, status: int = 200, **more: Any) -> HttpResponse:
    usual = {
        "change": SiteForm(initial={"name": site.name, "origins": "\n".join(site.origins)}),
        "html": HtmlForm(),
        "address": AddressForm(site, initial={"address": f"{site.origins[0]}/" if site.origins else ""}),
    }
    context = {
        **navigation(request),
        **usual,
        "site": site,
        "snippet": embedding.snippet(settings.PUBLIC_URL, site.key, site.line.launcher),
        "own_frame": embedding.frame(settings.PUBLIC_URL, site.key),
        **more,
    }
    return render(request, "manage/site.html", context, status=status)
