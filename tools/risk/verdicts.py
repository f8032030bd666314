"""What every reader says of every text, asked once: the screen, its phrases alone, and the two baselines."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from routing.risk.screen import Screen
from routing.risk.verdict import Earlier, Level
from tools.risk import baselines
from tools.risk.cases import Case
from tools.risk.figures import Share

NOTHING_EARLIER = Earlier()
Flag = Callable[[Case], bool]


@dataclass(slots=True)
class Verdicts:
    """Levels by text for the whole screen and for the phrases alone, and which texts the baselines flag.

    `tfidf` is None where there was nothing to train it on.
    """

    screen: dict[str, Level] = field(default_factory=dict)
    phrases: dict[str, Level] = field(default_factory=dict)
    listed: set[str] = field(default_factory=set)
    tfidf: set[str] | None = None

    def hear(self, texts: Iterable[Case], whole: Screen, alone: Screen) -> None:
        """Ask the screen with and without its model, and the red list."""
        for case in texts:
            self.screen[case.text] = whole.assess(case.text, NOTHING_EARLIER).level
            self.phrases[case.text] = alone.assess(case.text, NOTHING_EARLIER).level
            if baselines.red_listed(case.text):
                self.listed.add(case.text)

    def hear_tfidf(self, texts: Sequence[Case], model: baselines.TfIdf) -> None:
        self.tfidf = {case.text for case, flagged in zip(texts, model.flagged(texts), strict=True) if flagged}

    def flags(self) -> dict[str, Flag]:
        """Every way of flagging, by the name that the tables give it."""
        found: dict[str, Flag] = {
            "screen >= concern": lambda case: self.screen[case.text] >= Level.CONCERN,
            "screen >= high": lambda case: self.screen[case.text] >= Level.HIGH,
            "phrases >= concern": lambda case: self.phrases[case.text] >= Level.CONCERN,
            "red list": lambda case: case.text in self.listed,
        }
        if (tfidf := self.tfidf) is not None:
            found["TF-IDF"] = lambda case: case.text in tfidf
        return found


@dataclass(frozen=True, slots=True)
class Score:
    """How one way of flagging did on some texts."""

    recall: Share
    false_alarms: Share
    precision: Share

    @classmethod
    def of(cls, texts: Iterable[Case], flag: Flag) -> Score:
        seen = [(case.risk, flag(case)) for case in texts]
        return cls(
            Share.of(flagged for risk, flagged in seen if risk),
            Share.of(flagged for risk, flagged in seen if not risk),
            Share.of(risk for risk, flagged in seen if flagged),
        )

    def cells(self) -> tuple[str, str, str]:
        return str(self.recall), str(self.false_alarms), str(self.precision)

    def as_json(self) -> dict[str, object]:
        return {
            "recall": self.recall.as_json(),
            "false_alarms": self.false_alarms.as_json(),
            "precision": self.precision.as_json(),
        }
