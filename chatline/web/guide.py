"""What stands on a desk beside the talk and is the same for every conversation of a line."""

from django.http import Http404, HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from chatline.conversations.planning import HEADINGS
from chatline.lines.library import library
from chatline.lines.models import Line
from chatline.people import access
from chatline.web.staff import signed_in


@require_safe
def guide(request: HttpRequest, line: str) -> JsonResponse:
    """The line's library, and the headings of a plan by language; for those who answer on it."""
    row = Line.objects.filter(slug=line, id__in=access.lines_of(signed_in(request).id)).first()
    if row is None:
        raise Http404
    return JsonResponse({**library(row), "plan": HEADINGS})
