"""The pages of the demonstration: phones on a desk, and another organisation's website."""

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from csp.decorators import csp_update
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from chatline.conversations.models import OptOut
from chatline.demo import calls, ledger, troubles, wire
from chatline.demo.carrier import MOST_PICTURE
from chatline.demo.data import PEOPLE
from chatline.demo.faults import Script
from chatline.demo.lifecycle import Moment
from chatline.demo.records import Bubble, Handset, PhoneCall, State
from chatline.lines.models import Number, Site
from chatline.sms.fingerprints import fingerprints_of

LINE = "demo"

MARKS = {None: "sent", True: "delivered", False: "failed"}
"""What a phone shows beside its own texts, by whether the line took them."""

HANDLING: dict[str, Callable[..., None]] = {
    "answer": calls.answer,
    "hang_up": calls.hang_up,
    "press": calls.press,
}

PICTURES = {"image/png", "image/jpeg", "image/gif", "image/webp"}
"""What a browser shows and never runs."""


@require_safe
def phone(request: HttpRequest) -> HttpResponse:
    """Several phones that text the line."""
    wire.wake()
    return render(request, "demo/phone.html", {"code": _short_code(), "most_picture": MOST_PICTURE})


@require_safe
def state(request: HttpRequest) -> JsonResponse:
    """What every phone shows, and what came of it all; `version` is the same while the network is."""
    code = _short_code()
    with wire.carrier().look() as moment:
        now = moment.state
        phones = [_phone(moment, number, bubbles, code) for number, bubbles in ledger.screens(now).items()]
        script = now.script
        shown = {
            "version": now.version,
            "phones": phones,
            "ledger": asdict(ledger.of(now)),
            "troubles": {"line": len(script.creates), "phones": len(script.arrivals)},
        }
    stopped = _stopped([one["number"] for one in phones])
    for one in phones:
        one["stopped"] = one["stopped"] or one["number"] in stopped
    return JsonResponse(shown)


@require_safe
def picture(request: HttpRequest, sid: str) -> HttpResponse:
    """A picture on the screen of a phone."""
    with wire.carrier().look() as moment:
        screens = [handset.bubbles for handset in moment.state.handsets.values()]
        found = [
            one for bubbles in screens for bubble in bubbles for one in bubble.pictures if one.sid == sid
        ]
    if not found or found[0].kind not in PICTURES:
        raise Http404
    return HttpResponse(wire.carrier().pictures.get(sid), content_type=found[0].kind)


def asked(verb: Callable[[Any], object]) -> Callable[[HttpRequest], JsonResponse]:
    """A verb of the page: takes a request, answers with what it made; whatever it cannot do is the page's mistake."""

    @require_POST
    def view(request: HttpRequest) -> JsonResponse:
        try:
            made = verb(request)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            return JsonResponse({"detail": str(error)}, status=400)
        wire.wake()
        return JsonResponse({"id": made}, status=201)

    return view


@asked
def send(request: HttpRequest) -> str:
    """Texts the line: JSON `number` and `text`, and `to` for another number than the line's short code."""
    asked = json.loads(request.body)
    number, words, to = asked["number"], asked["text"], asked.get("to") or _short_code()
    if not all(isinstance(part, str) for part in (number, words, to)):
        raise ValueError("number, text and to are strings")
    return wire.carrier().text(number, to, words)


@asked
def send_picture(request: HttpRequest) -> str:
    """Texts a picture: a form with `number`, `text` and the file `picture`."""
    file = request.FILES["picture"]
    if not isinstance(file, UploadedFile):
        raise TypeError("one file a text")
    content = (str(file.content_type), file.read())
    return wire.carrier().text(request.POST["number"], _short_code(), request.POST.get("text", ""), [content])


@asked
def switch(request: HttpRequest) -> None:
    """Switches a phone: JSON `number` and `on`."""
    asked = json.loads(request.body)
    number = asked["number"]
    if number not in wire.carrier().screens()[1]:
        raise ValueError("no phone of this desk")
    wire.carrier().switch(number, "on" if asked["on"] else "off")


@asked
def call(request: HttpRequest) -> None:
    """Somebody handles a call: JSON `number`, and `do`: answer, hang_up (or turn away), or press with `key`."""
    asked = json.loads(request.body)
    number, verb = asked["number"], HANDLING[asked["do"]]
    keys = [asked["key"]] if verb is calls.press else []
    with wire.carrier().moment() as moment:
        verb(moment, number, *keys)


@asked
def trouble(request: HttpRequest) -> None:
    """Lets the next texts go wrong: JSON `trouble` (a name of `troubles.py`, or null to end all) and `count`."""
    asked = json.loads(request.body)
    with wire.carrier().moment() as moment:
        if asked["trouble"] is None:
            moment.state.script = Script()
        else:
            troubles.add(moment.state.script, asked["trouble"], asked["count"])


@csp_update({"script-src": [settings.PUBLIC_URL], "frame-src": [settings.PUBLIC_URL]})
@require_safe
def site(request: HttpRequest) -> HttpResponse:
    """Another organisation's website, with the snippet in it that any website would have."""
    first = Site.objects.filter(line__slug=LINE, revoked_at=None).order_by("id").first()
    if first is None:
        raise Http404
    return render(request, "demo/site.html", {"site_key": first.key, "url": settings.PUBLIC_URL})


def _short_code() -> str:
    number = Number.objects.filter(line__slug=LINE).order_by("id").first()
    return number.number if number else ""


def _stopped(numbers: list[str]) -> set[str]:
    """Those who told the line to stop: to a short code the line alone knows that."""
    number = Number.objects.filter(line__slug=LINE).order_by("id").first()
    if number is None:
        return set()
    known = {by: one for one in numbers for by in fingerprints_of(one, number.line_id)}
    standing = OptOut.objects.filter(line=number.line_id, fingerprint__in=list(known), lifted_at=None)
    return {known[bytes(fingerprint)] for fingerprint in standing.values_list("fingerprint", flat=True)}


def _phone(moment: Moment, number: str, bubbles: list[Bubble], code: str) -> dict[str, Any]:
    state = moment.state
    handset = state.handsets.get(number) or Handset(number)
    return {
        "number": number,
        "owner": next((one.name for one in PEOPLE if one.phone == number), ""),
        "on": handset.condition == "on",
        "stopped": code in handset.stopped,
        "texts": [_shown(state, bubble) for bubble in bubbles],
        "call": _call(calls.on(moment, number)),
    }


def _call(one: PhoneCall | None) -> dict[str, Any] | None:
    """What there is to see of a call, and whether a key may be pressed now."""
    if one is None:
        return None
    return {
        "id": one.sid,
        "from": one.sender,
        "ringing": one.status == "ringing",
        "said": one.said,
        "asks": bool(one.action),
    }


def _shown(state: State, bubble: Bubble) -> dict[str, Any]:
    # What was deleted at the provider had been taken before.
    taken = state.texts[bubble.sid].taken if bubble.sid in state.texts else True
    return {
        "id": bubble.sid,
        "mine": bubble.mine,
        "text": bubble.words,
        "at": bubble.at,
        "mark": MARKS[taken] if bubble.mine else "",
        "pictures": [one.sid if one.kind in PICTURES else "" for one in bubble.pictures],
    }
