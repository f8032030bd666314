"""Lists of the provider's, a page at a time, in the two shapes it has: with addresses in the answer, and with `meta`.

A page token names the last entry that was shown, so that what is created meanwhile moves nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar
from urllib.parse import urlencode

USUAL_SIZE, LARGEST_SIZE = 50, 1_000


class Listed(Protocol):
    sid: str


T = TypeVar("T", bound=Listed)


def page(
    uri: str, key: str, found: Sequence[T], query: Mapping[str, str], describe: Callable[[T], dict[str, Any]]
) -> dict[str, Any]:
    """As version 2010-04-01 writes it."""
    size, number, start = _place(found, query)
    shown = found[start : start + size]
    return {
        key: [describe(one) for one in shown],
        "end": start + len(shown) - 1 if shown else 0,
        "first_page_uri": _address(uri, query, size, 0),
        "next_page_uri": _next(uri, query, size, number, found, start),
        "page": number,
        "page_size": size,
        "previous_page_uri": _address(uri, query, size, number - 1) if number else None,
        "start": start,
        "uri": _address(uri, query, size, number, query.get("PageToken", "")),
    }


def pages(
    uri: str, key: str, found: Sequence[T], query: Mapping[str, str], describe: Callable[[T], dict[str, Any]]
) -> dict[str, Any]:
    """As its newer interfaces write it."""
    url = f"https://messaging.twilio.com{uri}"
    size, number, start = _place(found, query)
    return {
        key: [describe(one) for one in found[start : start + size]],
        "meta": {
            "first_page_url": _address(url, query, size, 0),
            "key": key,
            "next_page_url": _next(url, query, size, number, found, start),
            "page": number,
            "page_size": size,
            "previous_page_url": _address(url, query, size, number - 1) if number else None,
            "url": _address(url, query, size, number),
        },
    }


def _place(found: Sequence[T], query: Mapping[str, str]) -> tuple[int, int, int]:
    """The size of a page, its number, and where it starts."""
    asked, at = query.get("PageSize", ""), query.get("Page", "")
    size = min(max(int(asked), 1), LARGEST_SIZE) if asked.isdecimal() else USUAL_SIZE
    number = int(at) if at.isdecimal() else 0
    last = query.get("PageToken", "").removeprefix("PA")
    after = next((place + 1 for place, one in enumerate(found) if one.sid == last), number * size)
    return size, number, after


def _next(
    uri: str, query: Mapping[str, str], size: int, number: int, found: Sequence[T], start: int
) -> str | None:
    end = start + size
    return _address(uri, query, size, number + 1, f"PA{found[end - 1].sid}") if end < len(found) else None


def _address(uri: str, query: Mapping[str, str], size: int, number: int, token: str = "") -> str:
    kept = {name: value for name, value in query.items() if name not in {"Page", "PageSize", "PageToken"}}
    more = {"PageToken": token} if token else {}
    return f"{uri}?{urlencode({**kept, 'PageSize': size, 'Page': number, **more})}"
