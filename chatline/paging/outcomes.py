"""What may become of a page that was sent. `error` is a stable code, never what somebody answered."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Taken:
    """The other end has it."""


@dataclass(frozen=True, slots=True)
class NotTaken:
    """It has not, or one cannot know and it would know the page again: may be tried again."""

    error: str


@dataclass(frozen=True, slots=True)
class Refused:
    """It never will."""

    error: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """It may have it, and would not know it again."""

    error: str


Outcome = Taken | NotTaken | Refused | Unknown
