"""Which step of a ladder is due when. Pure; who is on a rung, and that it happens once, is `climbing.py`.

Steps are counted from 0 through all rounds; `began` is when the round of the next one began, or is going to.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from chatline.lines.ladders import Rung

AGAIN = timedelta(seconds=120)
"""How long after its last step a ladder is climbed anew, for as long as nobody answers."""


@dataclass(frozen=True, slots=True)
class Step:
    """What happens at one moment of a ladder: its rungs, `after` the flag opened."""

    after: timedelta
    rungs: tuple[Rung, ...]


Ladder = tuple[Step, ...]


def steps(rungs: Iterable[Rung]) -> Ladder:
    """The rungs by their moments, in order."""
    by_moment = groupby(sorted(rungs), key=lambda rung: rung.after)
    return tuple(Step(timedelta(seconds=after), tuple(same)) for after, same in by_moment)


def left(ladder: Ladder, taken: int) -> Ladder:
    """The steps of the present round that were not taken yet; never none."""
    return ladder[taken % len(ladder) :]


def began(ladder: Ladder, taken: int, before: datetime, now: datetime) -> datetime:
    """When the round of the next step begins, after one that was taken `now` in a round that began `before`.

    A new round is counted from the step that ended the last one, however late that was: so what a pause of all workers
    left undone is made up for in one round, not in as many as would have fitted into it.
    """
    return before if taken % len(ladder) else now + AGAIN


def due(ladder: Ladder, taken: int, began: datetime) -> datetime:
    """When the next step is to be taken."""
    return began + left(ladder, taken)[0].after


def is_climbed(ladder: Ladder, taken: int) -> bool:
    """Whether everybody has been called. A ladder of one step says so at its second, or nobody could have answered."""
    return taken >= max(len(ladder), 2)
