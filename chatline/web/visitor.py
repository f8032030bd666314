"""Pages for the visitor. They set no cookie and are read by nobody's session."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_POST, require_safe

from chatline.conversations import leaving, tokens, visitors
from chatline.lines import hours, reads
from chatline.lines.models import Line, Site
from routing.reception import service_to_newcomers


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What this is, and the lines it serves."""
    lines = [told(line) for line in Line.objects.order_by("name")]
    return render(request, "home.html", {"lines": lines, "demo": settings.DEMO})


@require_safe
@gzip_page  # nothing that a visitor says is in the page, so its size tells nothing
def chat(request: HttpRequest, line: str) -> HttpResponse:
    """The chat on a page of its own."""
    return chat_of(request, get_object_or_404(Line, slug=line), None)


def chat_of(request: HttpRequest, line: Line, site: Site | None) -> HttpResponse:
    """The page of this line's chat, by itself or in the frame of a site."""
    context = {
        "line": told(line) | _shown(line),
        "nonce": tokens.new_nonce(line.slug, site.key if site else ""),
        "site": site.key if site else "",
        "embedded": site is not None,
        "origins": " ".join(site.origins) if site else "",
    }
    return render(request, "chat.html", context)


def told(line: Line) -> dict[str, Any]:
    """What pages say of a line."""
    number = line.numbers.order_by("id").values_list("number", flat=True).first() or ""
    return {
        "slug": line.slug,
        "name": line.name,
        "number": number,
        "exit_url": line.exit_url,
        "emergency": line.emergency,
        "alternatives": line.alternatives,
    }


def _shown(line: Line) -> dict[str, Any]:
    """What only the chat shows of a line. Until its script speaks, when it opens is told on the line's own clock."""
    now = timezone.now()
    service = service_to_newcomers(line, now)
    language = get_language() or ""
    opens = service.opens_at
    return {
        "leave_label": line.leave_label,
        "tab_title": line.tab_title,
        "alternatives_minutes": line.alternatives_minutes,
        "asks_feeling": line.asks_feeling,
        "service": service.kind,
        "opens_at": opens,
        "opens_words": hours.in_words(opens, now, reads.timetable(line).zone, language) if opens else "",
        "zone": line.time_zone.rpartition("/")[2].replace("_", " "),
        "readings": line.resources.filter(language=language).order_by("id")[:3],
    }


LONGEST_TOKEN = 512


@csrf_exempt  # the token is the proof; there is no cookie that another page could use
@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """The page's last word when somebody leaves fast: its token as plain text. It tells nothing about the token."""
    token = request.read(LONGEST_TOKEN).decode(errors="replace")
    visitor = visitors.by_token(token) if tokens.is_ours(token) else None
    if visitor:
        leaving.end(visitor.id, fast=True)
    return HttpResponse(status=204)
