"""The door of every page: `people/policy.py` says for whom there is one, and a page without a row is for nobody."""

import logging
from collections.abc import Callable
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase

from chatline.people import policy
from chatline.people.policy import Who

log = logging.getLogger(__name__)


class Admission:
    """Whoever is not signed in is asked to; for everybody else a page that is not theirs does not exist."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        assert request.resolver_match  # Django resolves before it asks
        route = request.resolver_match.route or "/"
        who = policy.PAGES.get(route)
        if who is None:
            log.error("page_without_policy route=%s", route)
        if who is Who.ANYONE:
            return None
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if not policy.admits(who, request.user.pk):
            raise Http404
        return None
