"""How often each risk phrase was found on a line, and how often a supervisor said that it was no risk. Reads no words.

For whoever edits phrases; nothing is changed by it.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from chatline.conversations.models import Message
from chatline.conversations.states import Kind
from chatline.lines.models import Phrase
from routing import phrasing, risk
from routing.models import Flag, FlagState, Outcome

DAYS, FLAG_DAYS = 30, 90
"""Over how long messages are counted, and resolved flags, of which there are fewer."""


@dataclass(frozen=True, slots=True)
class Found:
    """`messages` in which it was found in the last `DAYS`; of the `flags` it raised or joined that were resolved in the
    last `FLAG_DAYS`, `false_flags` were no risk. `own` is a phrase of the line's."""

    template: str
    label: str
    own: bool
    messages: int
    flags: int
    false_flags: int


def found(line: UUID, now: datetime) -> list[Found]:
    """Of every phrase that was found at all, in no order."""
    messages, (flags, false, labels) = _in_messages(line, now), _in_flags(line, now)
    known = labels | risk.labels() | _own_labels(line)
    return [
        Found(one, known[one], phrasing.is_own(one), messages[one], flags[one], false[one])
        for one in known.keys() & (messages.keys() | flags.keys())
    ]


def _own_labels(line: UUID) -> dict[str, str]:
    rows = Phrase.objects.filter(line=line).values("language", "text")
    return {phrasing.template_of(row): row["text"] for row in rows}


def _in_messages(line: UUID, now: datetime) -> Counter[str]:
    rows = Message.objects.filter(
        conversation__line=line,
        conversation__kind=Kind.REAL,
        level__gt=0,
        at__gte=now - timedelta(days=DAYS),
    )
    return Counter(
        one for reasons in rows.values_list("reasons", flat=True) for one in {row[0] for row in reasons}
    )


def _in_flags(line: UUID, now: datetime) -> tuple[Counter[str], Counter[str], dict[str, str]]:
    """By template: in how many, in how many that were no risk, and how it was called there."""
    rows = Flag.objects.filter(
        conversation__line=line,
        conversation__kind=Kind.REAL,
        state=FlagState.RESOLVED,
        raised_at__gte=now - timedelta(days=FLAG_DAYS),
    )
    every: Counter[str] = Counter()
    false: Counter[str] = Counter()
    labels: dict[str, str] = {}
    for reasons, outcome in rows.values_list("reasons", "outcome"):
        # What was judged by a person, or is about what happened, quotes nothing.
        named = {row["template"]: row["label"] for row in reasons if row["end"]}
        labels |= named
        every.update(named.keys())
        if outcome == Outcome.FALSE_FLAG:
            false.update(named.keys())
    return every, false, labels
