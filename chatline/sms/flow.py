"""How many texts a worker may have under way at once, and whether any: told to slow down, or the provider is down.

Two simple machines in one place, both in memory, because each worker finds out by itself within seconds. Pure but for
the dice.

- **Told to slow down** (429): half as many hands, and a pause that doubles up to `LONGEST_SLOW`. Texts that go through
  bring the hands back one by one. It is no failure of any text.
- **Down** (a breaker): after `TRIP` texts in a row that ended in nothing or in doubt, no more are risked. After a pause
  that doubles up to `LONGEST_DOWN` the provider is asked something harmless; once it answers, one text is tried.
"""

import random
from enum import Enum, auto

HANDS = 64
TRIP = 3
FIRST_SLOW, LONGEST_SLOW = 0.5, 15.0
FIRST_DOWN, LONGEST_DOWN = 2.0, 60.0


class _Link(Enum):
    UP = auto()
    DOWN = auto()
    ON_TRIAL = auto()


class Flow:
    def __init__(self, hands: int = HANDS) -> None:
        self._most = hands
        self._hands = float(hands)
        self._link = _Link.UP
        self._known_up = False
        self._failed = 0
        self._slow = self._down = 0.0
        self._not_before = 0.0

    @property
    def is_down(self) -> bool:
        return self._link is not _Link.UP

    def may_send(self, now: float, under_way: int) -> int:
        """How many more texts may leave now (seconds since 1970), with so many under way."""
        if now < self._not_before or self._link is _Link.DOWN:
            return 0
        most = 1 if self._link is _Link.ON_TRIAL else int(self._hands)
        return max(0, most - under_way)

    def should_ask(self, now: float) -> bool:
        """True when it is down and time to ask the provider whether it is back; answer by `answers`."""
        return self._link is _Link.DOWN and now >= self._not_before

    def answers(self, is_up: bool, now: float) -> None:
        """What came of asking."""
        if is_up:
            self._link = _Link.ON_TRIAL
        else:
            self._fall(now)

    def went_through(self, now: float) -> bool:
        """A text was answered properly, whatever the answer. True if that was not known of the provider before."""
        is_news, self._known_up = not self._known_up, True
        self._link, self._failed, self._down = _Link.UP, 0, 0.0
        if now >= self._not_before:
            self._slow = 0.0
            # One hand more for each round of texts, as TCP opens its window.
            self._hands = min(float(self._most), self._hands + 1 / self._hands)
        return is_news

    def slow_down(self, now: float) -> float:
        """We were told to. Returns the seconds after which the same text may be tried again."""
        self._slow = min(LONGEST_SLOW, max(FIRST_SLOW, self._slow * 2))
        self._hands = max(1.0, self._hands / 2)
        pause = self._slow * random.uniform(0.5, 1.0)  # noqa: S311  # no secret
        self._not_before = max(self._not_before, now + pause)
        return pause

    def failed(self, now: float) -> bool:
        """A text ended in nothing or in doubt. True if that is one too many: the provider counts as down."""
        self._failed += 1
        if self._link is _Link.UP and self._failed < TRIP:
            return False
        self._fall(now)
        return True

    def _fall(self, now: float) -> None:
        self._link, self._known_up = _Link.DOWN, False
        self._down = min(LONGEST_DOWN, max(FIRST_DOWN, self._down * 2))
        self._not_before = now + self._down * random.uniform(0.5, 1.0)  # noqa: S311  # no secret
