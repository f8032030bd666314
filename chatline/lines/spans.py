"""Opening times as they are written: `09:00-17:00`, several a day, days by name or date. Pure."""

import re
from collections.abc import Iterable
from datetime import date, time
from typing import Any
from zoneinfo import available_timezones

from chatline.errors import BadInput
from chatline.lines.hours import Span

DAYS = "monday tuesday wednesday thursday friday saturday sunday".split()
MOST = 6
"""Stretches of one day."""

_WRITTEN = re.compile(r"(\d{1,2})(?:[:.](\d\d))?\s*(am|pm)?", re.IGNORECASE)
_SPAN = re.compile(r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d")


def to_text(span: Span) -> str:
    return f"{span[0]:%H:%M}-{span[1]:%H:%M}"


def to_span(text: str) -> Span:
    opens, closes = text.split("-")
    return time.fromisoformat(opens), time.fromisoformat(closes)


def read(written: str) -> list[str]:
    """What somebody typed, `9-17, 18:30 - 22:00` or `9am-5pm`, as it is kept; empty for a closed day.

    24:00 is 00:00, the end of the day. Raises BadInput `not_a_span`.
    """
    written = written.strip()
    if not written or written.lower() == "closed":
        return []
    return sorted(_one(part) for part in re.split(r"[,;]", written) if part.strip())


def _one(written: str) -> str:
    ends = [_time(end) for end in re.split(r"\s*(?:-|\u2013|\u2014|to)\s*", written.strip())]
    if len(ends) != 2 or None in ends:
        raise BadInput(f"{written.strip()} is no time of opening; write 09:00-17:00.", code="not_a_span")
    return f"{ends[0]}-{ends[1]}"


def _time(written: str) -> str | None:
    found = _WRITTEN.fullmatch(written.strip())
    if found is None:
        return None
    hour, minute, half = int(found[1]), int(found[2] or 0), (found[3] or "").lower()
    if half and not 1 <= hour <= 12:
        return None
    hour = hour % 12 + (12 if half == "pm" else 0) if half else hour
    if hour == 24 and minute == 0:
        hour = 0
    return f"{hour:02}:{minute:02}" if hour < 24 and minute < 60 else None


# --- rules (`rules.py`): the code and words of what is wrong, or None --------------------------------------


def zone(value: Any) -> tuple[str, str] | None:
    if value in available_timezones():
        return None
    return "zone_unknown", "There is no such time zone; write it as Europe/Madrid."


def weekday(value: Any) -> tuple[str, str] | None:
    return None if value in DAYS else ("not_a_day", f"One of: {', '.join(DAYS)}.")


def date_(value: Any) -> tuple[str, str] | None:
    try:
        is_one = date.fromisoformat(value).isoformat() == value
    except (TypeError, ValueError):
        is_one = False
    return None if is_one else ("not_a_day", "A day is written 2026-12-25.")


def opening(value: Any) -> tuple[str, str] | None:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        return "wrong_type", "This is a list of times."
    if len(value) > MOST:
        return "too_many", f"At most {MOST} stretches a day."
    wrong = [one for one in value if not _SPAN.fullmatch(one)]
    if wrong:
        return "not_a_span", f"{wrong[0]} is no time of opening; write 09:00-17:00."
    return ("overlap", "Two of these overlap.") if _overlap(to_span(one) for one in value) else None


def _overlap(stretches: Iterable[Span]) -> bool:
    latest = -1
    for opens, closes in sorted((_minutes(opens), _minutes(closes)) for opens, closes in stretches):
        if opens < latest:
            return True
        latest = closes if closes > opens else closes + 24 * 60
    return False


def _minutes(at: time) -> int:
    return at.hour * 60 + at.minute
