"""The network's REST interface at an address of the demonstration: a thin front of `rest.py`.

A broken connection is played as 502 of something in between: to the line it is the same doubt.
"""

import time

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from chatline.demo import rest, wire

EARLY_SECONDS = 0.2
"""How long an answer waits where the callback is to come before it; the wire is quicker by far."""


@csrf_exempt
def provider(request: HttpRequest, path: str) -> HttpResponse:
    """Whatever the provider's own client asks."""
    done = rest.answer(
        wire.carrier(),
        request.method or "",
        f"/{path}",
        request.GET.dict(),
        request.POST.dict(),
        rest.credentials_of(request.headers.get("Authorization", "")),
    )
    wire.wake()
    if done.early:
        time.sleep(EARLY_SECONDS)
    if done.broken:
        return HttpResponse(status=502)
    return HttpResponse(done.body, status=done.status, headers=dict(done.headers))
