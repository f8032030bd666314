"""What came with texts, as the desk shows it: it may not run, be framed by others, or stay in a cache."""

import re
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from chatline.conversations import kinds, media
from chatline.errors import NotFound
from chatline.web.staff import signed_in

_RANGE = re.compile(r"bytes=([0-9]{1,9})-([0-9]{0,9})")


@require_safe
def content(request: HttpRequest, media_id: UUID) -> HttpResponse:
    """One content, for whoever may read the conversation now; to everybody else there is none."""
    try:
        kept = media.content(signed_in(request).id, media_id)
    except NotFound:
        raise Http404 from None
    response = _answer(kept.data, request.headers.get("Range", ""))
    response["Content-Type"] = kept.kind
    response["Content-Disposition"] = f'inline; filename="attachment.{kinds.SUFFIXES[kept.kind]}"'
    # For who opens it as a page of its own; where it is part of the desk, the desk's own policy holds.
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _answer(data: bytes, asked: str) -> HttpResponse:
    """All of it, or the one part that was asked for: Safari plays nothing that it cannot have in parts (RFC 9110, 14).

    Parts that are written in any other way, or lie outside, are answered with all of it, as any server may.
    """
    found = _RANGE.fullmatch(asked)
    first = int(found[1]) if found else 0
    last = min(int(found[2] or len(data)) if found else len(data), len(data) - 1)
    if found is None or first > last:
        response = HttpResponse(data)
    else:
        response = HttpResponse(data[first : last + 1], status=206)
        response["Content-Range"] = f"bytes {first}-{last}/{len(data)}"
    response["Accept-Ranges"] = "bytes"
    return response
