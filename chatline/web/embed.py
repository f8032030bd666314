"""The chat on other websites: the loader that they include, and what its frame shows. No cookie, nobody's session."""

import gzip
from collections.abc import Callable

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import cache_control
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import condition, require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from chatline.errors import ChatlineError
from chatline.lines import actions, proofs
from chatline.lines.models import Line, Site
from chatline.lines.proofs import Check
from chatline.web import visitor
from chatline.web.language import answer, chosen

WIDGET = settings.BASE_DIR / "chatline" / "static" / "widget.js"
FRAMES = {"iframe", "frame", "object", "embed", ""}
"""What browsers call a page inside another one (`Sec-Fetch-Dest`); older ones say nothing."""


def _packed(request: HttpRequest) -> bool:
    return "gzip" in request.headers.get("Accept-Encoding", "")


def _version(request: HttpRequest) -> str:
    return f'"{WIDGET.stat().st_mtime_ns:x}{"-gzip" if _packed(request) else ""}"'


@require_safe
@cache_control(public=True, max_age=300)
@vary_on_headers("Accept-Encoding")
@condition(etag_func=_version)
def widget(request: HttpRequest) -> HttpResponse:
    """The same for every site, so that it tells nothing about who asks; kept for five minutes by browsers."""
    script = WIDGET.read_bytes()
    response = HttpResponse(content_type="text/javascript; charset=utf-8")
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    if _packed(request):
        script = gzip.compress(script, mtime=0)
        response["Content-Encoding"] = "gzip"
    response.content = script
    return response


@require_safe
@gzip_page
def embed(request: HttpRequest, site_key: str) -> HttpResponse:
    """The chat for the frame of one website; only that website's origins may frame it.

    As a page by itself it is the line's own page, which is where a link out of a frame that stays empty leads.
    """
    site = _site(site_key)
    if site is None or site.revoked_at:
        return _not_offered(request, site)
    if _goes_to(request) not in FRAMES:
        return redirect("chat", line=site.line.slug)
    response = visitor.chat_of(request, site.line, site)
    return _framed_by(response, site.origins)


@require_safe
def window(request: HttpRequest, line: str) -> HttpResponse:
    """A step on the way to the line's own page, on which a frame hands its chat over to a window of its own.

    Alone of all pages it may be held by the page that opened it: `visitor-window.js` hears none but ours.
    """
    found = get_object_or_404(Line, slug=line)
    response = answer(request, "embed/window.html", {"line": found.slug}, chosen(request, found.languages))
    response["Cross-Origin-Opener-Policy"] = "unsafe-none"
    return response


# --- the live test (`lines/proofs.py`) -------------------------------------------------------------------------


@require_safe
def check(request: HttpRequest, site_key: str) -> HttpResponse:
    """In a page's frame: a button that leaves. Only the origin that is tested may frame it."""
    token = request.GET.get("token", "")
    asked = _check(site_key, token)
    site = _site(site_key)
    if asked is None or site is None or site.revoked_at or asked.origin not in site.origins:
        return _not_offered(request, site)
    context = {"key": site_key, "token": token, "origin": asked.origin, "line": site.line.name}
    return _framed_by(render(request, "embed/check.html", context), [asked.origin])


@csrf_exempt  # the signed word is the proof; there is no cookie that another page could use
@require_POST
def begin(request: HttpRequest, site_key: str) -> HttpResponse:
    """The button is there and will be pressed."""
    return _said(actions.begin_check, site_key, request)


@require_safe
def left(request: HttpRequest, site_key: str) -> HttpResponse:
    """Where the whole page goes when leaving works. There is nothing here, so it stays where it was."""
    if _goes_to(request) not in {"document", ""} or _came_from(request) not in {"same-origin", ""}:
        raise Http404
    return _said(actions.pass_check, site_key, request)


@require_safe
def outcome(request: HttpRequest, site_key: str) -> JsonResponse:
    """Whether it arrived."""
    asked, site = _check(site_key, request.GET.get("token", "")), _site(site_key)
    if asked is None or site is None:
        raise Http404
    return JsonResponse({"left": site.checked_at is not None and site.checked_on == asked.origin})


def _said(verb: Callable[[Check], None], site_key: str, request: HttpRequest) -> HttpResponse:
    asked = _check(site_key, request.GET.get("token", ""))
    if asked is None:
        raise Http404
    try:
        verb(asked)
    except ChatlineError:
        raise Http404 from None
    return HttpResponse(status=204)


def _check(site_key: str, token: str) -> Check | None:
    """What was asked for, if it was for this site."""
    try:
        asked = proofs.read(token)
    except ChatlineError:
        return None
    return asked if Site.objects.filter(id=asked.site, key=site_key).exists() else None


# --- all of them -----------------------------------------------------------------------------------------------


def _site(key: str) -> Site | None:
    return Site.objects.filter(key=key).select_related("line").first()


def _goes_to(request: HttpRequest) -> str:
    return request.headers.get("Sec-Fetch-Dest", "")


def _came_from(request: HttpRequest) -> str:
    return request.headers.get("Sec-Fetch-Site", "")


def _framed_by(response: HttpResponse, origins: list[str]) -> HttpResponse:
    # What `csp_replace` would set, with origins that are known only now.
    response._csp_replace = {"frame-ancestors": origins or ["'none'"]}  # type: ignore[attr-defined]
    return response


def _not_offered(request: HttpRequest, site: Site | None) -> HttpResponse:
    """Says so calmly, and where else there is help. Any page may frame it: there is nothing in it to be misused."""
    choice = chosen(request, site.line.languages if site else [])
    context = {"line": visitor.told(site.line, choice) if site else None}
    response = answer(request, "embed/refused.html", context, choice, 404)
    response._csp_replace = {"frame-ancestors": None, "script-src": ["'none'"]}  # type: ignore[attr-defined]
    return response
