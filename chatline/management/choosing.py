"""What commands are told by name."""

from django.core.management.base import CommandError

from chatline.lines.models import Line


def the_line(slug: str | None) -> Line:
    """The line with this slug, or the only one. Raises CommandError."""
    lines = list(Line.objects.filter(slug=slug) if slug else Line.objects.all()[:2])
    if len(lines) != 1:
        raise CommandError("Name the line with --line SLUG; `chatline addline` makes the first one.")
    return lines[0]
