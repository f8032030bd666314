"""Which step of a ladder is due when. Pure; who is on a rung, and that it happens once, is `climbing.py`."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby

from chatline.lines.ladders import Rung

AGAIN = timedelta(seconds=120)
"""How long after its last step a ladder is climbed anew, for as long as nobody answers."""


@dataclass(frozen=True, slots=True)
class Step:
    """What happens at one moment of a ladder: its rungs, `after` the flag opened."""

    after: timedelta
    rungs: tuple[Rung, ...]


def steps(rungs: Iterable[Rung]) -> tuple[Step, ...]:
    """The rungs by their moments, in order."""
    by_moment = groupby(sorted(rungs), key=lambda rung: rung.after)
    return tuple(Step(timedelta(seconds=after), tuple(same)) for after, same in by_moment)


def step_of(ladder: tuple[Step, ...], number: int) -> Step:
    """The step that is taken as the `number`th, counted from 0 through all rounds."""
    return ladder[number % len(ladder)]


def due_after(ladder: tuple[Step, ...], number: int) -> timedelta:
    """How long after the flag opened the `number`th step is due."""
    round_ = ladder[-1].after + AGAIN
    return number // len(ladder) * round_ + step_of(ladder, number).after


def is_climbed(ladder: tuple[Step, ...], taken: int) -> bool:
    """Whether everybody has been called once, after so many steps."""
    return taken >= len(ladder)
