"""The language of a visitor's page. No cookie keeps it, and no account: the page says it anew with each request.

An explicit choice (`?language=es`, or the field `language` of a form) goes before what the browser prefers, and that
before what the line names first. Pages for staff keep Django's own way (its `LocaleMiddleware`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.formats import date_format, time_format
from django.utils.translation import gettext, ngettext
from django.utils.translation.trans_real import parse_accept_lang_header

from chatline.lines.models import Line

FALLBACK = "en"
NAMES: dict[str, str] = dict(settings.VISITOR_LANGUAGES)


@dataclass(frozen=True, slots=True)
class Choice:
    """`page` is the language of the page, `line` the line's own code for it (`es` and `es-MX`)."""

    page: str
    line: str


def choose(asked: str, accepts: str, offered: Sequence[str], translated: Iterable[str] = NAMES) -> Choice:
    """Which of the `offered` languages a page is in, given what was `asked` for and the header `Accept-Language`.

    A line whose languages are all untranslated has its pages in English, and is written to in its first one.
    """
    there = {_base(code): code for code in reversed(offered) if _base(code) in set(translated)}
    wished = [asked, *(code for code, quality in parse_accept_lang_header(accepts) if quality)]
    page = next((_base(code) for code in wished if _base(code) in there), None)
    if page is None:
        page = _base(offered[0]) if offered and _base(offered[0]) in there else next(iter(there), FALLBACK)
    return Choice(page, there.get(page, offered[0] if offered else FALLBACK))


def _base(code: str) -> str:
    return code.split("-")[0].lower()


def chosen(request: HttpRequest, offered: Sequence[str]) -> Choice:
    asked = request.POST.get("language") or request.GET.get("language", "")
    return choose(asked, request.headers.get("Accept-Language", ""), offered)


def answer(
    request: HttpRequest, template: str, context: dict[str, Any], choice: Choice, status: int = 200
) -> HttpResponse:
    """This page in the language that was chosen."""
    with translation.override(choice.page):
        response = render(request, template, context, status=status)
    response["Content-Language"] = choice.page
    return response


@dataclass(frozen=True, slots=True)
class Other:
    """A language that a page may be had in; `current` is the one it is in."""

    code: str
    name: str
    current: bool


def others(choice: Choice, offered: Iterable[str]) -> list[Other]:
    """All languages of a page in the order of the line; none where there is nothing to choose."""
    codes = [code for code in dict.fromkeys(_base(one) for one in offered) if code in NAMES]
    return [Other(code, NAMES[code], code == choice.page) for code in codes] if len(codes) > 1 else []


def place(line: Line) -> str:
    """Where a line's clock is, as people say it: "New York"."""
    return line.time_zone.rpartition("/")[2].replace("_", " ")


def opening(at: datetime, now: datetime, zone: ZoneInfo, choice: Choice) -> str:
    """`at 9 a.m.`, `tomorrow at 9 a.m.`, `on Monday at 9 a.m.`: as a page says when a line opens, by its own clock.

    Texts say it in letters that cost less (`lines/hours.py`).
    """
    local, today = at.astimezone(zone), now.astimezone(zone).date()
    days = (local.date() - today).days
    with translation.override(choice.page):
        # By the hour, because some languages say "at one" in the singular.
        time = ngettext("at %(time)s", "at %(time)s", local.hour) % {"time": time_format(local.time())}
        if days == 0:
            return time
        if days == 1:
            return gettext("tomorrow %(at)s") % {"at": time}
        day = date_format(local, "l" if days < 7 else "MONTH_DAY_FORMAT")
        return gettext("on %(day)s %(at)s") % {"day": day, "at": time}
