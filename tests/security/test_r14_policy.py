"""R-14: deny by default. Every page and every frame against everybody who could ask, from the routes themselves."""

from collections.abc import Iterable, Iterator
from typing import Any, get_args
from uuid import uuid4

import msgspec
import pytest
from django.contrib.auth import get_user
from django.http import Http404, HttpResponse
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver, resolve
from django.urls.resolvers import RoutePattern

from chatline.people import policy
from chatline.people.policy import Who
from chatline.web.admission import Admission
from consumers import wire
from consumers.visitor import VisitorSocket
from consumers.volunteer import DeskSocket
from tests.cast import Cast
from tests.clients import Desk
from tests.doors import Door

pytestmark = [pytest.mark.django_db(transaction=True)]

PEOPLE = ("nobody", "sam", "alex", "maria", "removed")
"""Nobody is not signed in; Sam volunteers, Alex supervises, Maria manages; a removed supervisor was signed in once."""

ADMITTED = {
    Who.ANYONE: {*PEOPLE},
    Who.STAFF: {"sam", "alex", "maria"},
    Who.ANSWERS: {"sam", "alex"},
    Who.SUPERVISES: {"alex"},
    Who.MANAGES: {"maria"},
    Who.OVERSEES: {"alex", "maria"},
}
"""The authorisation matrix, by what a row of the policy may say."""

SAMPLES = {
    "slug": "demo", "uuid": str(uuid4()), "int": "1", "str": "x", "path": "x", "uidb64": "x", "token": "x",
}  # fmt: skip


def routes(patterns: list[Any], before: str = "") -> Iterator[str]:
    for one in patterns:
        route = before + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from routes(one.url_patterns, route)
        else:
            assert isinstance(one, URLPattern)
            yield route or "/"


ROUTES = sorted(set(routes(get_resolver().url_patterns)))


def address(route: str) -> str:
    """An address of this route; whatever it names does not exist, except the line `demo`."""
    parts = "/" if route == "/" else f"/{route}"
    for name, converter in RoutePattern(route.lstrip("/"), is_endpoint=True).converters.items():
        kind = type(converter).__name__.removesuffix("Converter").lower().replace("string", "str")
        for written in (f"<{kind}:{name}>", f"<{name}>"):
            parts = parts.replace(written, SAMPLES["slug"] if kind == "slug" else SAMPLES[kind])
    return parts


def signed_in(cast: Cast, who: str) -> Client:
    client = Client()
    person = {"sam": cast.sam, "alex": cast.alex, "maria": cast.maria, "removed": cast.alex}.get(who)
    if person:
        client.force_login(person)
    if who == "removed":
        type(cast.alex).objects.filter(id=cast.alex.id).update(is_active=False)
    return client


def is_let_in(client: Client, route: str) -> bool:
    """Whether the door of this page opens; what is behind it is not asked."""
    request = RequestFactory().get(address(route))
    request.session = client.session
    request.resolver_match = resolve(address(route))
    request.user = get_user(request)
    try:
        return (
            Admission(lambda _: HttpResponse()).process_view(request, lambda: HttpResponse(), (), {}) is None
        )
    except Http404:
        return False


@pytest.mark.requirement("R-14")
def test_every_page_has_a_row_and_every_row_a_page() -> None:
    assert set(ROUTES) == set(policy.PAGES)


@pytest.mark.requirement("R-14")
@pytest.mark.parametrize("who", PEOPLE)
def test_a_page_opens_for_whom_it_is_and_for_nobody_else(cast: Cast, who: str) -> None:
    client = signed_in(cast, who)
    opened = {route for route in ROUTES if is_let_in(client, route)}
    expected = {route for route, row in policy.PAGES.items() if who in ADMITTED[row]}
    print(f"{who}: {len(ROUTES)} pages asked for, {len(opened)} opened")
    assert opened == expected


@pytest.mark.requirement("R-14")
@pytest.mark.parametrize("who", PEOPLE)
def test_a_page_that_is_not_theirs_shows_nothing_of_it(cast: Cast, who: str) -> None:
    client = signed_in(cast, who)
    for route, row in policy.PAGES.items():
        if who in ADMITTED[row]:
            continue
        for answer in (client.get(address(route)), client.post(address(route))):
            if who in ("nobody", "removed"):
                assert (answer.status_code, answer.headers["Location"][:16]) == (302, "/accounts/login/"), (
                    route
                )
            else:
                assert answer.status_code == 404, route


@pytest.mark.breaks("R-14")
def test_a_page_without_a_row_is_for_nobody(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policy, "PAGES", {})
    for who in PEOPLE[:4]:
        client = signed_in(cast, who)
        assert not any(is_let_in(client, route) for route in ROUTES)


# --- frames -----------------------------------------------------------------------------------------------


def kinds(frames: Iterable[Any]) -> set[str]:
    return {frame.__struct_config__.tag for frame in frames}


@pytest.mark.requirement("R-14")
def test_every_frame_has_a_row_and_every_row_a_frame() -> None:
    assert kinds(get_args(wire.FromVisitor)) == set(policy.VISITORS_FRAMES)
    assert kinds(get_args(wire.FromDesk)) == set(policy.DESK_FRAMES)
    assert kinds(VisitorSocket.handlers) == set(policy.VISITORS_FRAMES)
    assert kinds(DeskSocket.handlers) == set(policy.DESK_FRAMES)


def least(kind: type) -> dict[str, Any]:
    """The fewest fields that make a frame of this kind; whatever they name does not exist."""
    return {
        field.encode_name: sample(field.type)
        for field in msgspec.structs.fields(kind)
        if field.required and field.encode_name != "type"
    }


def sample(kind: Any) -> Any:
    """A value that the wire takes for a declared type, by its JSON Schema."""
    schema, parts = msgspec.json.schema_components([kind])
    told = next(iter(parts.values()), schema[0]) if "$ref" in schema[0] else schema[0]
    if "enum" in told:
        return told["enum"][0]
    if told.get("type") == "object":
        return {name: SAMPLE_OF[told["properties"][name]["type"]] for name in told.get("required", ())}
    if told.get("format") == "uuid":
        return str(uuid4())
    return SAMPLE_OF[told["type"]]


SAMPLE_OF = {"string": "x", "integer": 1, "boolean": True, "array": [], "number": 1}


async def refused_to(desk: Desk) -> set[str]:
    """The kinds of frame that are answered as if there were no such thing."""
    refused = set()
    for frame in get_args(wire.FromDesk):
        kind = frame.__struct_config__.tag
        if kind != "hello" and await answer_to(desk, frame) == "not_found":
            refused.add(kind)
    return refused


async def answer_to(desk: Desk, frame: Any) -> str:
    """The code of the refusal, nothing if there was none; a frame that cannot be read is no answer at all."""
    await desk.send(frame.__struct_config__.tag, **least(frame))
    told = [one for one in await desk.quiet(0.1) if one["type"] == "error"]
    assert [one["code"] for one in told] != ["bad_frame"], (frame, told)
    return str(told[0]["code"]) if told else ""


@pytest.mark.requirement("R-14")
@pytest.mark.parametrize("who", ["sam", "alex", "maria"])
async def test_a_frame_is_not_there_for_whom_it_is_not(cast: Cast, door: Door, who: str) -> None:
    desk = await door.desk(getattr(cast, who))
    theirs = {kind for kind, row in policy.DESK_FRAMES.items() if who in ADMITTED[row]}
    refused = await refused_to(desk)
    print(f"{who}: {len(policy.DESK_FRAMES)} kinds of frame, {len(refused)} refused")
    assert policy.DESK_FRAMES.keys() - theirs <= refused


@pytest.mark.breaks("R-14")
async def test_a_frame_without_a_row_is_for_nobody(
    cast: Cast, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = await door.desk(cast.alex)
    assert await answer_to(desk, wire.Ready) == ""
    monkeypatch.setattr(policy, "DESK_FRAMES", {"hello": Who.STAFF})
    assert await answer_to(desk, wire.Ready) == "not_found"
