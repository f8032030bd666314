"""Risk screening of one message: `assess(text, earlier)` is pure, explains itself, and is never silent.

Read in this order: verdict, screen, scope, templates, additions; then grammar and automaton (how phrases are
found), fold and normalise (how typing becomes words), tongue (whose words they are). What a text says as an answer is
in answers, and what all messages of a conversation say together in talk and parts; what raises a text that no phrase
meets is in model. The phrases themselves are data, in phrases/; so are the model's weights, in model/.
"""

from __future__ import annotations

from pathlib import Path

from routing.risk.additions import OWN, Addition, Additions, extended, own_template
from routing.risk.answers import Answers
from routing.risk.grammar import PhraseError
from routing.risk.model import LABELS, WEIGHTS, Model
from routing.risk.screen import NO_ADDITIONS, Screen
from routing.risk.talk import Evidence, after
from routing.risk.templates import PHRASES, load
from routing.risk.verdict import Assessment, Earlier, Level, Part, Reason

__all__ = [
    "OWN",
    "Addition",
    "Additions",
    "Assessment",
    "Earlier",
    "Evidence",
    "Level",
    "Part",
    "PhraseError",
    "Reason",
    "after",
    "assess",
    "check",
    "fault",
    "labels",
    "may_answer",
    "own_template",
    "start",
]

_NOTHING_EARLIER = Earlier()
_screen: Screen | None = None
_answers: Answers | None = None
_fault: str | None = None


def start(folder: Path = PHRASES, weights: Path = WEIGHTS) -> None:
    """Read phrases and weights; done once, on import. A fault is kept for `fault`, and all texts are unscreened."""
    global _screen, _answers, _fault
    try:
        screen = Screen(load(folder), Model.load(weights))
        screen.warm()
        _screen, _answers = screen, Answers(folder, screen.phrases.normalise)
    except Exception as error:  # noqa: BLE001 broken files must not stop a line from taking messages
        _fault = f"{type(error).__name__}: {error}"


def assess(text: str, earlier: Earlier = _NOTHING_EARLIER, additions: Additions = NO_ADDITIONS) -> Assessment:
    """The verdict on one message that a visitor sent, after what was said `earlier`; `after` adds what came before.

    `additions` are the line's own phrases, found beside ours.

    Never raises. What cannot be read, or not wholly, comes back with `unscreened` set, for the caller to flag.
    """
    if _screen is None:
        return Assessment.failed()
    try:
        verdict = _screen.assess(text, earlier, additions)
        if _answers and earlier.question and _answers.may_answer(text):
            return _answers.read(verdict, earlier.question, text)
        return verdict
    except Exception:  # noqa: BLE001 whatever breaks, the message must be stored and a person told: never silent
        return Assessment.failed(_screen.version)


def may_answer(text: str) -> bool:
    """Whether `text` may say something as an answer, so that it is worth knowing what was asked. Cheap."""
    return _answers is not None and _answers.may_answer(text)


def check(additions: Additions) -> None:
    """Raises PhraseError in plain words when a line's own phrases cannot be read, for whoever is writing them."""
    if _screen is not None:
        extended(_screen.phrases, additions)


def labels() -> dict[str, str]:
    """What each template of ours and each finding of the model is called, by its id."""
    templates = _screen.phrases.templates if _screen else ()
    return {one.id: one.label for one in templates} | {f"model.{one}": label for one, label in LABELS.items()}


def fault() -> str | None:
    """Why nothing can be screened, for a system check to say; None when all is well. Holds no visitor's words."""
    return _fault


start()
