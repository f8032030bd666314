"""What volunteers of a line take words from: replies, places to send a person, exercises to do with them."""

from collections.abc import Mapping
from typing import Any

from chatline.lines.models import Line, Reply, Resource

RESOURCE, EXERCISE = "resource", "exercise"
"""The kinds of `Resource`."""


def library(line: Line) -> dict[str, list[Any]]:
    """All of it, each item with its `language`, in the order in which the line keeps it."""
    placed = line.resources.order_by("place", "id")
    return {
        "replies": list(line.replies.order_by("place", "id").values("shortcut", "text", "language")),
        "resources": list(placed.filter(kind=RESOURCE).values("title", "text", "language")),
        "exercises": list(placed.filter(kind=EXERCISE).values("title", "text", "language")),
    }


def fill(line: Line, told: Mapping[str, Any]) -> None:
    """Puts a whole library, written as `library` tells it, into a line that has none."""
    Reply.objects.bulk_create(
        Reply(line=line, place=place, **one) for place, one in enumerate(told.get("replies", ()))
    )
    for kind, name in ((RESOURCE, "resources"), (EXERCISE, "exercises")):
        Resource.objects.bulk_create(
            Resource(line=line, kind=kind, place=place, **one) for place, one in enumerate(told.get(name, ()))
        )
