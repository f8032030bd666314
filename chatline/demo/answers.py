"""What the provider's REST interface answers, and how the script breaks that."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from chatline.demo.faults import Create, Report, Turn
from chatline.demo.provider import Refusal

BROKEN = {
    Create.REFUSED: "refused",
    Create.RESET_BEFORE: "reset",
    Create.RESET_AFTER: "reset",
    Create.SILENT_BEFORE: "silence",
    Create.SILENT_AFTER: "silence",
}
HTML = {"Content-Type": "text/html"}


@dataclass(frozen=True, slots=True)
class Answer:
    """Where it is `broken` ("refused", "reset", "silence"), the front ends the connection so instead of answering.

    Where it is `early`, callbacks about the new text are due before it may leave.
    """

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    broken: str = ""
    early: bool = False


def told(content: Any, status: int = 200) -> Answer:
    return Answer(status, json.dumps(content).encode())


def refused(refusal: Refusal) -> Answer:
    """An error in the provider's shape."""
    content = {
        "code": refusal.code,
        "message": refusal.message,
        "more_info": f"https://www.twilio.com/docs/errors/{refusal.code}",
        "status": refusal.status,
    }
    headers = {"WWW-Authenticate": 'Basic realm="Twilio API"'} if refusal.status == 401 else {}
    return Answer(refusal.status, json.dumps(content).encode(), headers)


def faulty(turn: Turn) -> Answer:
    """What comes instead of a good answer."""
    early = Report.EARLY in turn.reports and turn.create.creates
    if turn.create in BROKEN:
        return Answer(0, broken=BROKEN[turn.create], early=early)
    if turn.create is Create.TOO_FAST:
        return refused(Refusal(20429, 429, "Too Many Requests"))
    if turn.create is Create.TOO_FAST_BARE:
        return Answer(429, b"<html><body>Too Many Requests</body></html>", HTML)
    if turn.create is Create.NO_ID:
        return Answer(201, b"{}", early=early)
    if turn.status == 502:
        return Answer(502, b"<html><body>Bad Gateway</body></html>", HTML, early=early)
    said = Refusal(20_000 + turn.status, turn.status, "An internal server error has occurred")
    return replace(refused(said), early=early)
