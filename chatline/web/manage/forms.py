"""Forms of the sections that are fields: what is typed becomes a value of the sheet, and its problems find their field.

What may stand is decided by `lines.rules` alone; here it is only read.
"""

import re
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.utils.translation import gettext_lazy as _

from chatline.errors import BadInput
from chatline.lines import rules, spans, values
from chatline.lines.difference import CHANNELS, LABELS, WHOM
from chatline.lines.rules import Problem

IDENTITY_HELP = {
    "short_name": _("Stands in texts and on lock screens. Let it tell nothing of what the line is for."),
    "languages": _("Codes like en or es, the first one first: en, es"),
    "emergency": _("Told to people in danger, in every language."),
    "alternatives": _(
        "A sentence: who else can be called or texted. Other languages have theirs under Texts."
    ),
    "info_url": _("Told to whoever texts HELP. https://"),
    "exit_url": _(
        "Where the page goes when somebody must hide the chat: harmless, fast, no sign-in. https://"
    ),
    "launcher": _("Empty for the usual words."),
    "leave_label": _("Empty for the usual words."),
    "tab_title": _("Stands in the browser's history. Empty for the usual words."),
}
LIMITS_HELP = {
    "keep_words_days": _("After this nobody can read a conversation, not even from a backup."),
    "keep_number_hours": _("After the end of a conversation."),
    "quiet_ask_minutes": _("0 for never."),
    "quiet_close_minutes": _("0 for never. Never while a flag is open."),
    "most_waiting": _("Newcomers are told that the line is full. 0 for no limit."),
    "passkeys_only": _("Whoever has none yet is asked to make one at their next page."),
}


class SectionForm(forms.Form):
    def clean(self) -> dict[str, Any]:
        # Forms send line breaks as two characters; what is kept and counted has one.
        given = self.cleaned_data.items()
        return {name: one.replace("\r\n", "\n") if isinstance(one, str) else one for name, one in given}

    def value(self) -> Any:
        """What it gives for the section, once it is valid."""
        return self.cleaned_data

    def show(self, problems: list[Problem]) -> None:
        """Puts each problem beside its field."""
        for problem in problems:
            name = self.field_of(problem.field)
            self.add_error(name if name in self.fields else None, problem.words)

    def field_of(self, path: str) -> str:
        return path.split(".")[-1]

    @classmethod
    def showing(cls, value: Any) -> "SectionForm":
        return cls(initial=value)


class IdentityForm(SectionForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, rule in rules.IDENTITY.items():
            label, help_ = LABELS[name], IDENTITY_HELP.get(name, "")
            kind = forms.BooleanField if rule is values.yes_or_no else forms.CharField
            self.fields[name] = kind(label=label, help_text=help_, required=False)

    def value(self) -> Any:
        return {**self.cleaned_data, "languages": re.findall(r"[^\s,;]+", self.cleaned_data["languages"])}

    @classmethod
    def showing(cls, value: Any) -> "SectionForm":
        return cls(initial={**value, "languages": ", ".join(value["languages"])})


class LimitsForm(SectionForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, rule in rules.LIMITS.items():
            label, help_ = LABELS[name], LIMITS_HELP.get(name, "")
            if rule is values.yes_or_no:
                self.fields[name] = forms.BooleanField(label=label, help_text=help_, required=False)
            else:
                self.fields[name] = forms.IntegerField(label=label, help_text=help_)


def zones() -> list[tuple[str, str]]:
    return [(zone, zone.replace("_", " ")) for zone in sorted(available_timezones())]


class HoursForm(SectionForm):
    zone = forms.ChoiceField(label=LABELS["zone"], choices=zones)
    always = forms.BooleanField(
        label=_("Always open"), required=False, help_text=_("Except on holidays. Else at these times:")
    )
    holidays = forms.CharField(
        label=_("Holidays and other days, one a line"),
        help_text=_("The date, then its times or closed: 2026-12-25 closed, 2026-12-31 9-12"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for day in spans.DAYS:
            self.fields[day] = forms.CharField(
                label=day.capitalize(),
                required=False,
                widget=forms.TextInput(attrs={"placeholder": "closed"}),
            )
        self.fields["monday"].help_text = _("9-17, or 9-12, 18:30-22. Past midnight: 18-02.")
        self.order_fields(["zone", "always", *spans.DAYS, "holidays"])

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        for day in spans.DAYS:
            given[day] = self._read(day, given.get(day, ""))
        holidays: dict[str, list[str]] = {}
        for written in filter(None, map(str.strip, given.get("holidays", "").splitlines())):
            day, _space, times = written.partition(" ")
            if day in holidays:
                self.add_error("holidays", _("%(day)s stands here twice.") % {"day": day})
            holidays[day.rstrip(":,")] = self._read("holidays", times)
        given["holidays"] = holidays
        if given.get("always") and any(given[day] for day in spans.DAYS):
            self.add_error("always", _("Either always, or at the times below: take out one of them."))
        return given

    def _read(self, name: str, written: str) -> list[str]:
        try:
            return spans.read(written)
        except BadInput as bad:
            self.add_error(name, bad.detail)
            return []

    def value(self) -> Any:
        given = self.cleaned_data
        open_days = {day: given[day] for day in spans.DAYS if given[day]}
        # No day at all means always open, so a line that is never open must say so to be refused.
        weekly = {} if given["always"] else open_days or {"monday": []}
        return {"zone": given["zone"], "weekly": weekly, "holidays": given["holidays"]}

    def field_of(self, path: str) -> str:
        table, _dot, day = path.partition(".")
        return "holidays" if table == "holidays" else day or {"weekly": "always"}.get(table, table)

    @classmethod
    def showing(cls, value: Any) -> "SectionForm":
        days = {day: ", ".join(times) for day, times in value["weekly"].items()}
        holidays = (f"{day} {', '.join(times) or 'closed'}" for day, times in value["holidays"].items())
        return cls(
            initial={
                "zone": value["zone"],
                "always": not value["weekly"],
                "holidays": "\n".join(holidays),
                **days,
            }
        )


FORMS: dict[str, type[SectionForm]] = {"identity": IdentityForm, "limits": LimitsForm, "hours": HoursForm}


# --- items of lists ---------------------------------------------------------------------------------------


def _box(rows: int = 3) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


class NumberForm(SectionForm):
    number = forms.CharField(label=_("Number or short code"), required=False)
    account = forms.CharField(
        label=_("Account at the provider"), required=False, help_text=_("Empty for the usual one.")
    )
    per_second = forms.FloatField(
        label=_("Parts of texts a second"),
        required=False,
        help_text=_("Empty for what its kind usually may."),
    )


class ReplyForm(SectionForm):
    shortcut = forms.CharField(
        label=_("Shortcut"), required=False, help_text=_("One word; volunteers type / and this.")
    )
    language = forms.CharField(label=_("Language"), required=False)
    text = forms.CharField(label=_("Words"), required=False, widget=_box())


class ResourceForm(SectionForm):
    kind = forms.ChoiceField(
        label=_("Kind"), choices=[("resource", _("Where to find help")), ("exercise", _("Exercise"))]
    )
    language = forms.CharField(label=_("Language"), required=False)
    title = forms.CharField(label=_("Title"), required=False)
    text = forms.CharField(label=_("Words that are sent"), required=False, widget=_box(4))


class RungForm(SectionForm):
    after = forms.IntegerField(
        label=_("Seconds after the flag was raised"),
        help_text=_("0 for at once. What stands at the same second happens together."),
    )
    channel = forms.ChoiceField(label=_("How"), choices=list(CHANNELS.items()))
    whom = forms.ChoiceField(
        label=_("To whom"), choices=[(code, one.capitalize()) for code, one in WHOM.items()]
    )


class HookForm(SectionForm):
    name = forms.CharField(label=_("Name"), required=False, help_text=_("A new name is a new secret."))
    url = forms.CharField(label=_("Address"), required=False, help_text=_("https://"))
    words = forms.BooleanField(
        label=_("Tell it what people wrote"),
        required=False,
        help_text=_(
            "Without this it learns the level, the reason's name and ids, and nothing that was said."
        ),
    )


CATEGORIES = [
    ("suicide", _("Suicide")),
    ("self_harm", _("Self-harm")),
    ("harm_others", _("Harm to others")),
    ("abuse_now", _("Abuse or violence now")),
    ("medical", _("Overdose or medical emergency")),
    ("child", _("A child at risk")),
]
LEVELS = [
    ("concern", _("Concern: shown, and earlier in the queue")),
    ("high", _("High: a supervisor is called")),
    ("imminent", _("Imminent: a supervisor is called, first of all")),
]


class PhraseForm(SectionForm):
    text = forms.CharField(label=_("Phrase"), required=False, widget=_box(2))
    language = forms.CharField(label=_("Language"), required=False)
    category = forms.ChoiceField(label=_("About"), choices=CATEGORIES)
    level = forms.ChoiceField(label=_("Level"), choices=LEVELS)


class TryForm(forms.Form):
    """A message to be screened, and forgotten at once."""

    message = forms.CharField(label=_("A message"), max_length=2_000, required=False, widget=_box(3))


ITEMS: dict[str, type[SectionForm]] = {
    "numbers": NumberForm,
    "replies": ReplyForm,
    "resources": ResourceForm,
    "ladder": RungForm,
    "hooks": HookForm,
    "phrases": PhraseForm,
}
