"""Each protection of the phrase layer, taken away: the verdict that depends on it changes."""

from collections.abc import Callable

import pytest

from routing.risk import normalise, screen
from routing.risk.fold import Folded, Folder
from routing.risk.normalise import Normaliser
from routing.risk.scope import Reading
from routing.risk.screen import Screen
from routing.risk.templates import load
from routing.risk.verdict import Earlier, Level

Break = Callable[[pytest.MonkeyPatch], None]


def denies_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Reading, "_denied", lambda self, start: False)


def knows_no_past(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Reading, "_past", lambda self, found: False)


def sees_only_the_writer(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Reading, "_subject", lambda self, template, hit: "self")


def takes_laughter_for_earnest(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Reading, "laughs", lambda self: False)


def adds_nothing_up(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(screen, "_composed", lambda phrases, findings: list(findings))


def reads_letters_as_they_look(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Folder, "__call__", lambda self, text: Folded(text.lower()))


def leaves_letters_apart(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Normaliser, "_closed_up", lambda self, folded: folded)


def repairs_no_spelling(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(normalise, "_repairs", lambda stems, common: {})


def verdict(text: str) -> Level:
    return Screen(load()).assess(text, Earlier()).level


@pytest.mark.parametrize(
    ("broken", "text"),
    [
        (denies_nothing, "i don't want to kill myself"),
        (knows_no_past, "i used to want to die years ago"),
        (sees_only_the_writer, "people want to die"),
        (takes_laughter_for_earnest, "i want to die lol"),
        (adds_nothing_up, "i have the pills here and im going to do it tonight"),
        (reads_letters_as_they_look, "i want to ｄｉｅ"),
        (leaves_letters_apart, "i want to d i e"),
        (repairs_no_spelling, "thinking of suicdie"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_without_one_protection_the_verdict_is_another(
    broken: Break, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = verdict(text)
    broken(monkeypatch)
    assert verdict(text) is not whole
