"""What those who manage find: their own lines. To everybody else there is nothing here (`people/policy.py`)."""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse

from chatline.errors import NotFound
from chatline.lines.models import Line
from chatline.people import access
from chatline.web.staff import signed_in

View = Callable[..., HttpResponse]


def manager(view: View) -> View:
    """A NotFound of a verb is a page that there is not."""

    def found(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except NotFound:
            raise Http404 from None

    return found


def lines_of(request: HttpRequest) -> QuerySet[Line]:
    managed = access.lines_of(signed_in(request).id, access.MANAGES)
    return Line.objects.filter(id__in=managed).order_by("name")


def line_of(request: HttpRequest, slug: str) -> Line:
    """Raises NotFound."""
    line = lines_of(request).filter(slug=slug).first()
    if line is None:
        raise NotFound
    return line
