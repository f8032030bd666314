"""The automatic texts: a file each in `templates/texts/`, in the person's language, or the line's own script.

To add one: write `templates/texts/<purpose>.<language>.txt` in English, Spanish and Arabic, and give its purpose to the
verb that sends it. Each is plain GSM-7 within 160 characters, so it costs one part and reads on the oldest phone
(Arabic has other letters, and costs two); it names the line, and no topic. The answers to keywords are there in French
as well, because Canadian carriers ask for them.
"""

from django.template import Context, Template, TemplateDoesNotExist
from django.template.backends.django import Template as FileTemplate
from django.template.loader import get_template
from django.utils.functional import SimpleLazyObject

from chatline.lines.models import Line, Script
from chatline.lines.reads import alternatives

FALLBACK = "en"


def automatic(line: Line, purpose: str, language: str, **facts: object) -> str:
    """The words of this purpose; English where the language has none.

    `facts` are what they speak of besides `line` and `alternatives`, the other ways to get help.
    """
    names = list(dict.fromkeys([language, language.split("-")[0], FALLBACK]))
    scripts = dict(
        Script.objects.filter(line=line, purpose=purpose, language__in=names).values_list("language", "text")
    )
    for name in names:
        if name in scripts:
            return _fill(Template(scripts[name]), line, name, facts)
        if template := _file(purpose, name):
            return _fill(template, line, name, facts)
    raise LookupError(f"No text for {purpose}.")


def worded(line: Line, wording: str, language: str, **facts: object) -> str:
    """This wording as it would be said. Raises TemplateSyntaxError unless `lines.scripting` found nothing wrong."""
    return _fill(Template(wording), line, language, facts)


def usual(purpose: str, language: str) -> str:
    """The wording of this purpose where a line has none of its own, "" where the language has none."""
    names = dict.fromkeys([language, language.split("-")[0]])
    return next((str(file.source).strip() for name in names if (file := _file(purpose, name))), "")


def _file(purpose: str, language: str) -> Template | None:
    try:
        template = get_template(f"texts/{purpose}.{language}.txt")
    except TemplateDoesNotExist:
        return None
    assert isinstance(template, FileTemplate)  # the only engine in settings
    return template.template


def _fill(template: Template, line: Line, language: str, facts: dict[str, object]) -> str:
    # In the language of the text, which may be English for want of another; asked for only by texts that tell it.
    others = SimpleLazyObject(lambda: alternatives(line, language))
    # A text is not HTML: an apostrophe in a line's name stays one.
    return template.render(Context({"line": line, "alternatives": others, **facts}, autoescape=False)).strip()
