"""What a line says by itself, in its own words or the usual ones, and how each arrives."""

from dataclasses import dataclass

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from chatline.conversations import texts, wording
from chatline.conversations.wording import Look
from chatline.errors import NotFound
from chatline.lines import rules, scripting, sheet, values
from chatline.lines.models import Line
from chatline.web.manage.forms import SectionForm
from chatline.web.manage.gate import line_of, manager
from chatline.web.manage.saving import Trouble, about, save

PURPOSES = {
    "welcome": _("Welcome, at the first text"),
    "closed": _("Nobody answers now: closed"),
    "paused": _("Nobody answers now: paused"),
    "paused_words": _("Nobody answers now: paused, in a supervisor's words"),
    "full": _("Too many wait"),
    "waiting": _("Still waiting, the first time"),
    "still_waiting": _("Still waiting, later"),
    "expired": _("Nobody came"),
    "volunteer_gone": _("Their volunteer is gone"),
    "passed_line": _("With another line from now on"),
    "joined": _("A supervisor has joined"),
    "still_there": _("Silence: are you there?"),
    "quiet_close": _("Silence: we close this for now"),
    "closing": _("Goodbye"),
    "help": _("Answer to HELP"),
    "stop": _("Answer to STOP"),
    "start": _("Answer to START"),
    "delete_later": _("Answer to DELETE: later"),
    "deleted": _("Answer to DELETE: done"),
    "deleted_held": _("Answer to DELETE: done, and the law makes us keep a copy"),
    "alternatives": _("Other ways to get help, said within other texts"),
}

FINDINGS = {
    "many_parts": _("It is longer than one text, so it costs more and may arrive in pieces."),
    "link": _("It holds a link. Carriers filter links, and people are right not to open them."),
    "topic_word": _("It names what the line is for, and a locked phone would show it."),
    "hard_to_read": _("It is hard to read for somebody in distress: use shorter words and sentences."),
    "no_name": _("It does not say who texts. Add {{ line.short_name }}."),
}
"""What to read for each code of `wording.look`."""


class ScriptForm(SectionForm):
    text = forms.CharField(
        label=_("Words"), required=False, widget=forms.Textarea(attrs={"rows": 4, "data-measure": ""})
    )


@dataclass(frozen=True, slots=True)
class Wording:
    """One text of a line in one language; `own` is whether it is the line's own wording, else the usual one."""

    purpose: str
    title: str
    language: str
    own: bool
    look: Look | None


@require_safe
@manager
def scripts(request: HttpRequest, slug: str) -> HttpResponse:
    line = line_of(request, slug)
    own = sheet.read_section(line, "scripts")
    wordings = [
        Wording(
            purpose,
            str(title),
            language,
            language in own.get(purpose, {}),
            _look(line, purpose, language, _wording(line, own, purpose, language)),
        )
        for purpose, title in PURPOSES.items()
        for language in _languages(line, own, purpose)
    ]
    return render(request, "manage/scripts.html", {**about(request, line, "scripts"), "wordings": wordings})


@require_http_methods(["GET", "HEAD", "POST"])
@manager
def script(request: HttpRequest, slug: str, purpose: str, language: str) -> HttpResponse:
    """One of them. `do` is `save`, `look` to see how it would arrive, or `usual` to take the usual words again."""
    line = line_of(request, slug)
    if purpose not in PURPOSES or values.language(language):
        raise NotFound
    own = sheet.read_section(line, "scripts")
    if request.method != "POST":
        form = ScriptForm.showing({"text": _wording(line, own, purpose, language)})
        return _show(request, line, purpose, language, form)
    form = ScriptForm(request.POST)
    form.is_valid()  # any text is; what may stand is for the rules
    do, text = request.POST.get("do"), form.cleaned_data["text"]
    if do == "look":
        problems = rules.check("scripts", {purpose: {language: text}})
        form.show(problems)
        return _show(request, line, purpose, language, form, Trouble(problems) if problems else None)
    theirs = {code: one for code, one in own.get(purpose, {}).items() if code != language}
    wanted = {**own, purpose: theirs if do == "usual" else {**theirs, language: text}}

    def again(trouble: Trouble) -> HttpResponse:
        form.show(trouble.problems)
        return _show(request, line, purpose, language, form, trouble)

    return save(request, line, "scripts", {name: one for name, one in wanted.items() if one}, again)


def _languages(line: Line, own: sheet.Sheet, purpose: str) -> list[str]:
    return list(dict.fromkeys([*line.languages, *own.get(purpose, {})]))


def _wording(line: Line, own: sheet.Sheet, purpose: str, language: str) -> str:
    """The line's own, else the usual one, else nothing."""
    usual = line.alternatives if purpose == "alternatives" else texts.usual(purpose, language)
    return str(own.get(purpose, {}).get(language, usual))


def _look(line: Line, purpose: str, language: str, text: str) -> Look | None:
    return wording.look(line, purpose, language, text) if text.strip() else None


def _show(
    request: HttpRequest,
    line: Line,
    purpose: str,
    language: str,
    form: SectionForm,
    trouble: Trouble | None = None,
) -> HttpResponse:
    own = sheet.read_section(line, "scripts")
    text = str(form["text"].value() or "").replace("\r\n", "\n")
    look = _look(line, purpose, language, text) if not (trouble and trouble.problems) else None
    context = {
        **about(request, line, "scripts"),
        "purpose": PURPOSES[purpose],
        "language": language,
        "own": language in own.get(purpose, {}),
        "facts": scripting.facts(purpose),
        "told_facts": [(fact, wording.told(line, language, fact)) for fact in scripting.facts(purpose)],
        "look": look,
        "findings": [(code, FINDINGS[code]) for code in look.findings] if look else [],
        "form": form,
        "trouble": trouble,
    }
    return render(request, "manage/script.html", context, status=400 if trouble else 200)
