"""The chat without JavaScript, `/t/<line>/`: one form, and a frame beside it that looks for new messages by itself.

Nothing of a person stands in the address of the page: their token travels in the form alone, so that neither history
nor a log of addresses holds it. The frame's address carries a ticket, which shows and does nothing else, and is dead
as soon as they leave. Each form has a key of its own, so that one sent twice is stored once.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404, render
from django.utils.crypto import get_random_string
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_http_methods, require_safe

from chatline.conversations import feelings, leaving, presence, tokens, visitors
from chatline.conversations.models import FEELINGS, Conversation, Visitor
from chatline.conversations.saying import MAX_TEXT, stored_before
from chatline.conversations.states import Medium
from chatline.errors import ChatlineError
from chatline.lines.models import Line
from chatline.web import seen
from chatline.web.language import Choice, answer, choose, chosen, others
from chatline.web.visitor import told
from routing import intake, queue
from routing.intake import Heard
from routing.throttle import sender_of, throttle

LOOK_SECONDS = 15
"""How often the frame looks for new messages."""

_KEY = re.compile("[A-Za-z0-9]{1,64}")
_PAGE_POLICY = {"script-src": ["'none'"], "frame-src": ["'self'"]}
_FRAME_POLICY = {"script-src": ["'none'"], "frame-ancestors": ["'self'"]}


@dataclass(frozen=True, slots=True)
class Tab:
    """What a form says of the page that it came from, and what the next page says in its own form.

    `visitor` is whose `token` it is, None until their first words. `over` is the token of a chat that they ended: it
    finds nothing any more, but can still be used to erase it. `flat` pages have no frame: they look when asked to.
    """

    token: str
    visitor: Visitor | None = None
    over: str = ""
    text: str = ""
    flat: bool = False
    notice: str = ""
    """Which words the page tells, by the code of a refusal or what was done."""


# --- the page ---------------------------------------------------------------------------------------------


@csrf_exempt  # the token is the proof; there is no cookie that another page could use
@require_http_methods(["GET", "HEAD", "POST"])
@gzip_page  # nobody else can have it sent, because nobody else has its token
def page(request: HttpRequest, line: str) -> HttpResponse:
    """The form and what came of the last one. Raises PermissionDenied for a form of another website."""
    where = get_object_or_404(Line, slug=line)
    try:
        choice = chosen(request, where.languages)
    except RequestDataTooBig:
        choice = choose("", request.headers.get("Accept-Language", ""), where.languages)
        return answer(request, "plain/too_big.html", {"line": told(where, choice)}, choice, 413)
    if request.method != "POST":
        return _show(request, where, choice, Tab(tokens.new_token()))
    if _comes_from_elsewhere(request):
        raise PermissionDenied
    tab = _of_form(request, where)
    if request.POST.get("do") == "leave":
        return _leave(request, where, tab)
    return _show(request, where, choice, _done(request, where, choice, tab))


def _comes_from_elsewhere(request: HttpRequest) -> bool:
    """As far as the browser tells: old ones tell neither, and an origin may be hidden ("null")."""
    if site := request.headers.get("Sec-Fetch-Site"):
        return site not in {"same-origin", "none"}
    return request.headers.get("Origin", "null") not in {"null", *settings.ORIGINS}


def _of_form(request: HttpRequest, line: Line) -> Tab:
    shown, over = request.POST.get("token", ""), request.POST.get("over", "")
    tab = Tab(
        shown,
        over=over if tokens.is_ours(over) else "",
        # Forms send line breaks as two characters; what is stored and counted has one.
        text=request.POST.get("text", "").replace("\r\n", "\n"),
        flat=request.POST.get("flat") == "1",
    )
    if not tokens.is_ours(shown):
        return replace(tab, token=tokens.new_token(), notice="ended")
    visitor = visitors.by_token(shown)
    if visitor is None:
        return tab
    if visitor.line_id != line.id:
        return replace(tab, token=tokens.new_token(), notice="ended")
    if visitor.token_dead_at:
        return _of_old_form(tab, visitor, request.POST)
    return replace(tab, visitor=visitor)


def _of_old_form(tab: Tab, visitor: Visitor, form: QueryDict) -> Tab:
    """Of a page whose chat has ended: perhaps somebody went back, and the browser sends it anew.

    Words that were never stored may be somebody's own and new, and are kept; all others are not shown again, and after
    leaving fast not even that there was a chat.
    """
    fresh = Tab(tokens.new_token(), flat=tab.flat)
    if Conversation.objects.filter(visitor=visitor, left_fast=True).exists():
        return fresh
    is_new = form.get("do") == "say" and not stored_before([(visitor.id, form.get("key", ""))])
    return replace(fresh, over=tab.token, text=tab.text if is_new else "", notice="ended")


# --- what a form may ask for ------------------------------------------------------------------------------


def _done(request: HttpRequest, line: Line, choice: Choice, tab: Tab) -> Tab:
    """The tab after its form was obeyed; what was refused is told, and its words are in the box again."""
    asked = request.POST.get("do", "")
    try:
        for when in ("before", "after"):
            if when in request.POST:
                return _feel(tab, when, request.POST[when])
        if asked == "say":
            return _say(tab, line, choice, request.POST.get("key", ""), _sender(request))
        return _VERBS.get(asked, _look)(tab)
    except ChatlineError as refusal:
        return replace(tab, notice=refusal.code)


def _say(tab: Tab, line: Line, choice: Choice, key: str, sender: str | None) -> Tab:
    if tab.notice or not tab.text.strip():
        return tab  # their chat is over, which they are told before they start another
    if tab.visitor is None:
        throttle.arrives(line.id, sender, tab.token)
    throttle.says(tab.visitor.id if tab.visitor else tab.token)
    received = intake.receive(
        Heard(
            line=line.id,
            medium=Medium.WEB,
            key=key if _KEY.fullmatch(key) else _new_key(),
            text=tab.text.strip(),
            language=choice.line,
            token=tab.token,
        )
    )
    return replace(tab, visitor=Visitor.objects.get(id=received.visitor), over="", text="", notice="sent")


def _sender(request: HttpRequest) -> str | None:
    """For counting alone, and kept nowhere."""
    forwarded = request.headers.get("X-Forwarded-For", "")
    return sender_of(request.META.get("REMOTE_ADDR", ""), forwarded, settings.TRUSTED_PROXIES)


def _look(tab: Tab) -> Tab:
    return tab


def _switch(tab: Tab, *, flat: bool) -> Tab:
    return replace(tab, flat=flat)


def _another(tab: Tab) -> Tab:
    if tab.visitor:
        queue.another(tab.visitor.id)
    return tab


def _end(tab: Tab) -> Tab:
    if tab.visitor is None:
        return tab
    leaving.end(tab.visitor.id)
    return Tab(tokens.new_token(), over=tab.token, text=tab.text, flat=tab.flat)


def _ask_to_erase(tab: Tab) -> Tab:
    return replace(tab, notice="sure") if _whose(tab) else tab


def _erase(tab: Tab) -> Tab:
    if (visitor := _whose(tab)) is None:
        return tab
    notice = "erased" if leaving.erase(visitor.id) else "erase_asked"
    over = tab.token if tab.visitor else tab.over
    return Tab(tokens.new_token(), over=over, text=tab.text, flat=tab.flat, notice=notice)


def _feel(tab: Tab, when: str, value: str) -> Tab:
    if visitor := _whose(tab):
        feelings.tell(visitor.id, when, int(value) if value.isdecimal() and len(value) < 3 else 0)
        return replace(tab, notice="thanks")
    return tab


def _whose(tab: Tab) -> Visitor | None:
    """Whoever has just ended their side may still erase it, or say how it was."""
    return tab.visitor or (visitors.by_token(tab.over) if tab.over else None)


_VERBS: dict[str, Callable[[Tab], Tab]] = {
    "look": _look,
    "flat": partial(_switch, flat=True),
    "frame": partial(_switch, flat=False),
    "another": _another,
    "end": _end,
    "erase": _ask_to_erase,
    "erase-yes": _erase,
}


def _leave(request: HttpRequest, line: Line, tab: Tab) -> HttpResponse:
    """Ends it fast, and is blank at once: a redirect would leave the words in sight until the other site answers.

    Nor would every browser follow one: `form-action` holds for where a form leads to in the end.
    """
    if tab.visitor:
        leaving.end(tab.visitor.id, fast=True)
    context = {"exit": line.exit_url, "name": urlsplit(line.exit_url).hostname}
    response = render(request, "plain/blank.html", context)
    response["Refresh"] = f"0; url={line.exit_url}"
    return response


# --- showing ----------------------------------------------------------------------------------------------


def _show(request: HttpRequest, line: Line, choice: Choice, tab: Tab) -> HttpResponse:
    """The page; the words of the conversation are in its frame, unless it is flat."""
    if tab.visitor:
        presence.seen([tab.visitor.id])
    whose = _whose(tab)
    about = seen.by(line, choice, whose) if whose else seen.newcomer(line, choice)
    context = {
        "line": told(line, choice),
        "title": line.tab_title,
        "leave_label": line.leave_label,
        "languages": others(choice, line.languages),
        "tab": tab,
        "key": _new_key(),
        "ticket": tokens.new_ticket(tab.visitor.id) if tab.visitor else "",
        "seen": about,
        "too_many": len(tab.text.strip()) - MAX_TEXT,
        "asks": about.asks if line.asks_feeling else "",
        "scale": range(FEELINGS[0], FEELINGS[1] + 1),
    }
    return _under(_PAGE_POLICY, answer(request, "plain/page.html", context, choice))


def _under(policy: dict[str, list[str]], response: HttpResponse) -> HttpResponse:
    # What `csp_replace` would set; it is declared for views without arguments alone.
    response._csp_replace = policy  # type: ignore[attr-defined]
    return response


def _new_key() -> str:
    return get_random_string(12)


@require_safe
@gzip_page
def log(request: HttpRequest, line: str) -> HttpResponse:
    """What was said, newest first, for the frame; it comes back by itself, under a new ticket when this one is old.

    It comes back to the same address as long as it can, because each other one would be a step for "Back".
    """
    where = get_object_or_404(Line, slug=line)
    choice = chosen(request, where.languages)
    ticket = request.GET.get("ticket", "")
    one = tokens.look(ticket)
    visitor = Visitor.objects.filter(id=one, line=where, token_dead_at=None).first() if one else None
    if visitor is None:
        return _under(_FRAME_POLICY, answer(request, "plain/log.html", {"line": told(where, choice)}, choice))
    if tokens.look(ticket, tokens.TICKET_LIFE / 2) is None:
        asked = urlencode({"ticket": tokens.new_ticket(visitor.id), "language": choice.page})
        return HttpResponseRedirect(f"/t/{where.slug}/log/?{asked}")
    presence.seen([visitor.id])
    about = seen.by(where, choice, visitor)
    context = {"line": told(where, choice), "seen": about}
    response = _under(_FRAME_POLICY, answer(request, "plain/log.html", context, choice))
    if not about.over:
        response["Refresh"] = str(LOOK_SECONDS)
    return response
