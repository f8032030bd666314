"""The language of a visitor's page. No cookie keeps it, and no account: the page says it anew with each request.

An explicit choice (`?language=es`, or the field `language` of a form) goes before what the browser prefers, and that
before what the line names first. Pages for staff keep Django's own way (its `LocaleMiddleware`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.translation.trans_real import parse_accept_lang_header

FALLBACK = "en"
NAMES: dict[str, str] = dict(settings.VISITOR_LANGUAGES)
"""What the visitor's pages are translated into, each by its own name."""


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
