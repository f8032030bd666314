"""Risk screening of one message: `assess(text, earlier)` is pure, explains itself, and is never silent.

Read in this order: verdict, screen, scope, templates, additions; then grammar and automaton (how phrases are
found), fold and normalise (how typing becomes words). The phrases themselves are data, in phrases/.
"""

from __future__ import annotations

from pathlib import Path

from routing.risk.additions import Addition, Additions, extended
from routing.risk.grammar import PhraseError
from routing.risk.screen import NO_ADDITIONS, Screen
from routing.risk.templates import PHRASES, load
from routing.risk.verdict import Assessment, Earlier, Level, Reason

__all__ = [
    "Addition",
    "Additions",
    "Assessment",
    "Earlier",
    "Level",
    "PhraseError",
    "Reason",
    "assess",
    "check",
    "fault",
    "start",
]

_NOTHING_EARLIER = Earlier()
_screen: Screen | None = None
_fault: str | None = None


def start(folder: Path = PHRASES) -> None:
    """Read the phrase files; done once, on import. A fault is kept for `fault`, and all texts are unscreened."""
    global _screen, _fault
    try:
        _screen = Screen(load(folder))
        _screen.warm()
    except Exception as error:  # noqa: BLE001 broken phrase files must not stop a line from taking messages
        _fault = f"{type(error).__name__}: {error}"


def assess(text: str, earlier: Earlier = _NOTHING_EARLIER, additions: Additions = NO_ADDITIONS) -> Assessment:
    """The verdict on one message that a visitor sent, `earlier` being what the conversation already holds.

    `additions` are the line's own phrases, found beside ours.

    Never raises. What cannot be read, or not wholly, comes back with `unscreened` set, for the caller to flag.
    """
    if _screen is None:
        return Assessment.failed()
    try:
        return _screen.assess(text, earlier, additions)
    except Exception:  # noqa: BLE001 whatever breaks, the message must be stored and a person told: never silent
        return Assessment.failed(_screen.version)


def check(additions: Additions) -> None:
    """Raises PhraseError in plain words when a line's own phrases cannot be read, for whoever is writing them."""
    if _screen is not None:
        extended(_screen.phrases, additions)


def fault() -> str | None:
    """Why nothing can be screened, for a system check to say; None when all is well. Holds no visitor's words."""
    return _fault


start()
