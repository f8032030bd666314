"""The pages of the demonstration: phones on a desk, and another organisation's website."""

import json
from typing import Any

from csp.decorators import csp_update
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from chatline.demo import ledger, wire
from chatline.demo.records import Bubble, State
from chatline.lines.models import Number, Site

LINE = "demo"

MARKS = {None: "sent", True: "delivered", False: "failed"}
"""What a phone shows beside its own texts, by whether the line took them."""


@require_safe
def phone(request: HttpRequest) -> HttpResponse:
    """Several phones that text the line."""
    wire.wake()
    return render(request, "demo/phone.html", {"code": _short_code()})


@require_safe
def state(request: HttpRequest) -> JsonResponse:
    """What every phone shows; `version` is the same while nothing has changed."""
    with wire.carrier().look() as moment:
        now = moment.state
        phones = [
            {"number": number, "texts": [_shown(now, bubble) for bubble in bubbles]}
            for number, bubbles in ledger.screens(now).items()
        ]
        return JsonResponse({"version": now.version, "phones": phones})


@require_POST
def send(request: HttpRequest) -> JsonResponse:
    """Texts the line: JSON `number` and `text`, and `to` for another number than the line's short code."""
    try:
        asked = json.loads(request.body)
        number, words, to = asked["number"], asked["text"], asked.get("to") or _short_code()
        if not all(isinstance(part, str) for part in (number, words, to)):
            raise ValueError("number, text and to are strings")
        sid = wire.carrier().text(number, to, words)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        return JsonResponse({"detail": str(error)}, status=400)
    wire.wake()
    return JsonResponse({"id": sid}, status=201)


@csp_update({"frame-src": ["'self'"]})
@require_safe
def site(request: HttpRequest) -> HttpResponse:
    """Another organisation's website with the chat in a frame."""
    first = Site.objects.filter(line__slug=LINE, revoked_at=None).order_by("id").first()
    if first is None:
        raise Http404
    return render(request, "demo/site.html", {"site_key": first.key})


def _short_code() -> str:
    number = Number.objects.filter(line__slug=LINE).order_by("id").first()
    return number.number if number else ""


def _shown(state: State, bubble: Bubble) -> dict[str, Any]:
    # What was deleted at the provider had been taken before.
    mark = MARKS[state.texts[bubble.sid].taken if bubble.sid in state.texts else True] if bubble.mine else ""
    return {"id": bubble.sid, "mine": bubble.mine, "text": bubble.words, "at": bubble.at, "mark": mark}
