"""How long somebody waited while the line was open: nobody expects an answer from a line that is closed. Pure."""

from bisect import bisect_right
from datetime import datetime
from itertools import accumulate

from chatline.lines.hours import Timetable, openings


def milliseconds(at: datetime) -> int:
    """Since 1970."""
    return round(at.timestamp() * 1000)


class OpenClock:
    """A clock that stands still while the line is closed, for moments from `since` to `until`, in milliseconds.

    It goes by the hours of today, because those of before are not kept, and through pauses.
    """

    def __init__(self, table: Timetable, since: datetime, until: datetime) -> None:
        stretches = [(milliseconds(a), milliseconds(b)) for a, b in openings(table, since, until)]
        self._opens = [opens for opens, _ in stretches]
        self._closes = [closes for _, closes in stretches]
        self._before = [0, *accumulate(closes - opens for opens, closes in stretches)]

    def waited(self, since: int, until: int) -> int:
        """From one to the other. Where it was closed all along and somebody answered, the clock on the wall counts."""
        return self._reading(until) - self._reading(since) or until - since

    def _reading(self, at: int) -> int:
        place = bisect_right(self._opens, at) - 1
        if place < 0:
            return 0
        return self._before[place] + min(at, self._closes[place]) - self._opens[place]
