"""Every change to a line, its numbers and its sites."""

from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.text import slugify

from chatline.errors import BadInput
from chatline.lines.models import Line, Number, Site


def add_line(
    name: str, *, slug: str = "", short_name: str = "", languages: list[str] | None = None, **settings: str
) -> Line:
    """A new line; `settings` are further fields of `Line`. Raises BadInput `slug_taken`."""
    line = Line(
        name=name,
        slug=slug or slugify(name),
        short_name=short_name or name[:24],
        languages=languages or ["en"],
        **settings,
    )
    try:
        with transaction.atomic():
            line.save()
    except IntegrityError:
        raise BadInput(f"There is already a line called {line.slug}.", code="slug_taken") from None
    return line


def add_number(line: Line, number: str, account: str = "") -> Number:
    """A number or short code; texts that came to it before are received by the worker's next round.

    Raises BadInput `number_taken`.
    """
    try:
        with transaction.atomic():
            return Number.objects.create(line=line, number=number, account=account)
    except IntegrityError:
        raise BadInput(f"{number} belongs to a line already.", code="number_taken") from None


def add_site(line: Line, name: str, origins: list[str]) -> Site:
    return Site.objects.create(line=line, name=name, origins=origins)


def pause(line: UUID) -> None:
    """Nobody answers for a while: who texts now is told so, and waits."""
    Line.objects.filter(id=line, paused_at=None).update(paused_at=timezone.now())


def resume(line: UUID) -> None:
    """Answered again. What was waited meanwhile counts against nobody."""
    Line.objects.filter(id=line, paused_at__isnull=False).update(paused_at=None, resumed_at=timezone.now())
