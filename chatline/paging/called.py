"""What another system is told about a page: the payload of a hook, the argument of a plug-in. Knows no Django."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

FLAG_OPEN, FLAG_ACKNOWLEDGED, FLAG_RESOLVED = "flag.open", "flag.acknowledged", "flag.resolved"
ALARM_RAISED, ALARM_CLEARED = "alarm.raised", "alarm.cleared"


@dataclass(frozen=True, slots=True)
class Called:
    """A call for somebody. The same `id` may come more than once, and means the same call then.

    `event` is `flag.open` or `alarm.raised`; where it is another try and that is over meanwhile, `flag.acknowledged`,
    `flag.resolved` or `alarm.cleared`. An alarm has no flag, conversation, level or category. `line` is a slug.
    `level` is high or imminent; `reason` is the id of what was found, or the code of an alarm, and `category` what
    that is about, empty where a person raised the flag. `step` counts the steps of the flag's ladder, `climb` how
    often it was climbed from the bottom. `practice` is a drill: nobody is in danger. `at` is when this step was
    taken. `quote` is what was said, only where the line's managers allow it.
    """

    id: UUID
    event: str
    flag: UUID | None
    conversation: UUID | None
    line: str
    level: str
    category: str
    reason: str
    step: int
    climb: int
    practice: bool
    at: datetime
    quote: str | None = None

    def as_json(self) -> bytes:
        """One JSON object in UTF-8; ids and times as strings, and no `quote` at all where there is none."""
        told = {name: _plain(value) for name, value in asdict(self).items()}
        if self.quote is None:
            del told["quote"]
        return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value
