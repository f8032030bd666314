"""R-18 and R-19: what every answer of every page carries, from the routes themselves, found or not."""

import pytest
from django.test import Client

from tests.cast import Cast
from tests.security.test_r14_policy import ROUTES, address, signed_in

pytestmark = [pytest.mark.django_db(transaction=True)]

EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Robots-Tag": "noindex",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), browsing-topics=()",
}
OTHERWISE = {"chat/<slug:line>/window/": {"Cross-Origin-Opener-Policy": "unsafe-none"}}
"""The window that a frame opened, and that it has to close again."""
FRAMED = ("embed/", "t/<slug:line>/log/", "chat/<slug:line>/window/")
"""What may stand in a frame, of the website that it is for or of our own page."""
CACHED = ("widget.js",)
"""What a website's visitors may keep: it holds nothing of anybody."""


def answers(cast: Cast) -> dict[str, dict[str, str]]:
    """The headers of each route, as whoever may open it sees it."""
    found = {}
    for who in ("nobody", "alex", "maria"):
        client: Client = signed_in(cast, who)
        for route in ROUTES:
            if not route.startswith("demo/"):
                found[f"{who} {route}"] = dict(client.get(address(route)).headers)
    return found


def without(headers: dict[str, str], route: str) -> list[str]:
    """The names of what is missing or too wide."""
    expected = EVERYWHERE | OTHERWISE.get(route, {})
    wrong = [name for name, value in expected.items() if headers.get(name) != value]
    policy = headers.get("Content-Security-Policy", "")
    wanted = [
        "default-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "require-trusted-types-for 'script'",
    ]
    wrong += [part for part in wanted if part not in policy]
    wrong += [word for word in ("unsafe-inline", "unsafe-eval", "http:", " *") if word in policy]
    if not route.startswith(FRAMED) and "frame-ancestors 'none'" not in policy:
        wrong.append("frame-ancestors")
    if route not in CACHED and "no-store" not in headers.get("Cache-Control", ""):
        wrong.append("Cache-Control")
    return wrong


@pytest.mark.requirement("R-18")
@pytest.mark.requirement("R-19")
def test_every_page_carries_every_header(cast: Cast) -> None:
    found = answers(cast)
    print(f"{len(found)} answers of {len(ROUTES)} routes")
    wrong = {
        key: lacks for key, headers in found.items() if (lacks := without(headers, key.split(" ", 1)[1]))
    }
    assert wrong == {}


@pytest.mark.breaks("R-18")
@pytest.mark.breaks("R-19")
@pytest.mark.parametrize("taken", ["csp.middleware.CSPMiddleware", "chatline.web.headers.NoStore"])
def test_a_page_without_them_would_be_found(cast: Cast, settings: object, taken: str) -> None:
    settings.MIDDLEWARE = [one for one in settings.MIDDLEWARE if one != taken]  # type: ignore[attr-defined]
    headers = dict(Client().get("/accounts/login/").headers)
    assert without(headers, "accounts/login/")
