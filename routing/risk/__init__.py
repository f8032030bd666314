"""Risk screening of one message: `assess(text, earlier)` is pure, explains itself, and is never silent.

Read in this order: verdict, screen, scope, templates; then grammar and automaton (how phrases are found), fold
and normalise (how typing becomes words), and model (what raises a text that no phrase meets). The phrases
themselves are data, in phrases/; so are the model's weights, in model/.
"""

from __future__ import annotations

from pathlib import Path

from routing.risk.model import WEIGHTS, Model
from routing.risk.screen import Screen
from routing.risk.templates import PHRASES, load
from routing.risk.verdict import Assessment, Earlier, Level, Reason

__all__ = ["Assessment", "Earlier", "Level", "Reason", "assess", "fault", "start"]

_NOTHING_EARLIER = Earlier()
_screen: Screen | None = None
_fault: str | None = None


def start(folder: Path = PHRASES, weights: Path = WEIGHTS) -> None:
    """Read phrases and weights; done once, on import. A fault is kept for `fault`, and all texts are unscreened."""
    global _screen, _fault
    try:
        _screen = Screen(load(folder), Model.load(weights))
    except Exception as error:  # noqa: BLE001 broken files must not stop a line from taking messages
        _fault = f"{type(error).__name__}: {error}"


def assess(text: str, earlier: Earlier = _NOTHING_EARLIER) -> Assessment:
    """The verdict on one message that a visitor sent, `earlier` being what the conversation already holds.

    Never raises. What cannot be read, or not wholly, comes back with `unscreened` set, for the caller to flag.
    """
    if _screen is None:
        return Assessment.failed()
    try:
        return _screen.assess(text, earlier)
    except Exception:  # noqa: BLE001 whatever breaks, the message must be stored and a person told: never silent
        return Assessment.failed(_screen.version)


def fault() -> str | None:
    """Why nothing can be screened, for a system check to say; None when all is well. Holds no visitor's words."""
    return _fault


start()
