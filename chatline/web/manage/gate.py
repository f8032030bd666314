"""Who may come in: whoever manages a line. To everybody else there is nothing here."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse

from chatline.errors import NotFound
from chatline.lines.models import Line
from chatline.people import access
from chatline.web.staff import signed_in

View = Callable[..., HttpResponse]


def manager(view: View) -> View:
    """A NotFound of a verb is a page that there is not, as all pages are to whoever manages no line."""

    @login_required
    def found(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not access.lines_of(signed_in(request).id, access.MANAGES):
            raise Http404
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
