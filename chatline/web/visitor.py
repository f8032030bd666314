"""Pages for the visitor. They set no cookie and are read by nobody's session."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_POST, require_safe

from chatline.conversations import leaving, tokens, visitors
from chatline.lines.library import RESOURCE
from chatline.lines.models import Line, Site
from chatline.lines.reads import alternatives, timetable
from chatline.web import facts
from chatline.web.language import Choice, answer, chosen, opening, others, place
from routing.reception import service_to_newcomers


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What this is, and the lines it serves."""
    lines = Line.objects.order_by("name")
    offered = [code for line in lines for code in line.languages]
    choice = chosen(request, offered)
    context = {
        "lines": [told(line, choice) for line in lines],
        "languages": others(choice, offered),
        "demo": settings.DEMO,
    }
    return answer(request, "home.html", context, choice)


@require_safe
@gzip_page  # nothing that a visitor says is in the page, so its size tells nothing
def chat(request: HttpRequest, line: str) -> HttpResponse:
    """The chat on a page of its own."""
    return chat_of(request, get_object_or_404(Line, slug=line), None)


def chat_of(request: HttpRequest, line: Line, site: Site | None) -> HttpResponse:
    """The page of this line's chat, by itself or in the frame of a site."""
    choice = chosen(request, line.languages)
    context = {
        "line": told(line, choice) | _shown(line, choice),
        "languages": others(choice, line.languages),
        "nonce": tokens.new_nonce(line.slug, site.key if site else ""),
        "site": site.key if site else "",
        "embedded": site is not None,
        "origins": " ".join(site.origins) if site else "",
    }
    return answer(request, "chat.html", context, choice)


@require_safe
def privacy(request: HttpRequest, line: str) -> HttpResponse:
    """What this line keeps and for how long, and what is left; the same facts as the threat model."""
    row = get_object_or_404(Line, slug=line)
    choice = chosen(request, row.languages)
    figures = {"days": row.keep_words_days, "hours": row.keep_number_hours}
    context = {"line": told(row, choice), "languages": others(choice, row.languages)}
    return answer(request, "privacy.html", context | facts.told(choice.page, **figures), choice)


def told(line: Line, choice: Choice) -> dict[str, Any]:
    """What a page in this language says of the line."""
    number = line.numbers.order_by("id").values_list("number", flat=True).first() or ""
    return {
        "slug": line.slug,
        "name": line.name,
        "number": number,
        "exit_url": line.exit_url,
        "emergency": line.emergency,
        "alternatives": alternatives(line, choice.line),
    }


def _shown(line: Line, choice: Choice) -> dict[str, Any]:
    """What only the chat shows of a line. Until its script speaks, when it opens is told on the line's own clock."""
    now = timezone.now()
    service = service_to_newcomers(line, now)
    opens = service.opens_at
    return {
        "leave_label": line.leave_label,
        "tab_title": line.tab_title,
        "alternatives_minutes": line.alternatives_minutes,
        "asks_feeling": line.asks_feeling,
        "service": service.kind,
        "paused_words": service.words,
        "opens_at": opens,
        "opens_words": opening(opens, now, timetable(line).zone, choice) if opens else "",
        "zone": place(line),
        "readings": line.resources.filter(kind=RESOURCE, language=choice.line).order_by("place", "id")[:3],
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
