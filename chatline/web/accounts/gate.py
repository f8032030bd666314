"""Who is signed in and lacks a second factor reaches no page but those where they get one."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from chatline.people import factors, sessions

BEFORE = frozenset(
    {
        "account_logout",
        "account_reauthenticate",
        "mfa_index",
        "mfa_activate_totp",
        "mfa_add_webauthn",
        "mfa_view_recovery_codes",
    }
)
"""The names of the pages on the way to it."""


class Gate:
    """Asked before every view, also of pages that anybody may see: nothing is decided by which page it is."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        # Whoever brings no session is nobody, and need not be looked up.
        if settings.SESSION_COOKIE_NAME not in request.COOKIES or not request.user.is_authenticated:
            return None
        sessions.touch_this(request.session)
        name = request.resolver_match.url_name if request.resolver_match else None
        if name in BEFORE or not factors.lacking([request.user.pk]):
            return None
        return redirect("mfa_index")
