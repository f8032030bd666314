"""Pages for the visitor. They set no cookie and are read by nobody's session."""

from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from chatline.conversations import tokens
from chatline.lines.models import Line, Site


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What this is, and the lines it serves."""
    lines = [_told(line) for line in Line.objects.order_by("name")]
    return render(request, "home.html", {"lines": lines, "demo": settings.DEMO})


@require_safe
def chat(request: HttpRequest, line: str) -> HttpResponse:
    """The chat on a page of its own."""
    return _chat(request, get_object_or_404(Line, slug=line), None)


def embed(request: HttpRequest, site_key: str) -> HttpResponse:
    """The chat for the iframe of one website; only that website's origins may frame it."""
    site = Site.objects.filter(key=site_key, revoked_at=None).select_related("line").first()
    if site is None:
        raise Http404
    response = _chat(request, site.line, site)
    # What `csp_replace` would set, with origins that are known only now.
    response._csp_replace = {"frame-ancestors": site.origins or ["'none'"]}  # type: ignore[attr-defined]
    return response


def _chat(request: HttpRequest, line: Line, site: Site | None) -> HttpResponse:
    context = {
        "line": _told(line),
        "nonce": tokens.new_nonce(line.slug),
        "site": site.key if site else "",
        "embedded": site is not None,
    }
    return render(request, "chat.html", context)


def _told(line: Line) -> dict[str, Any]:
    number = line.numbers.order_by("id").values_list("number", flat=True).first() or ""
    return {
        "slug": line.slug,
        "name": line.name,
        "number": number,
        "exit_url": line.exit_url,
        "emergency": line.emergency,
        "alternatives": line.alternatives,
    }
