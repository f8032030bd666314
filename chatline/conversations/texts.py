"""The automatic texts: a file each in `templates/texts/`, in the person's language, or the line's own script.

To add one: write `templates/texts/<purpose>.<language>.txt` for every language, and give its purpose to the verb that
sends it. Each is plain GSM-7 within 160 characters, so it costs one part and reads on the oldest phone.
"""

from django.template import Context, Template, TemplateDoesNotExist
from django.template.backends.django import Template as FileTemplate
from django.template.loader import get_template

from chatline.lines.models import Line, Script

FALLBACK = "en"


def automatic(line: Line, purpose: str, language: str) -> str:
    """The words of this purpose; English where the language has none."""
    scripts = dict(
        Script.objects.filter(line=line, purpose=purpose, language__in=[language, FALLBACK]).values_list(
            "language", "text"
        )
    )
    if language in scripts:
        return _render(scripts[language], line)
    for name in (language, FALLBACK):
        try:
            template = get_template(f"texts/{purpose}.{name}.txt")
        except TemplateDoesNotExist:
            if name in scripts:
                return _render(scripts[name], line)
            continue
        assert isinstance(template, FileTemplate)  # the only engine in settings
        return _fill(template.template, line)
    raise LookupError(f"No text for {purpose}.")


def _render(script: str, line: Line) -> str:
    return _fill(Template(script), line)


def _fill(template: Template, line: Line) -> str:
    # A text is not HTML: an apostrophe in a line's name stays one.
    return template.render(Context({"line": line}, autoescape=False)).strip()
