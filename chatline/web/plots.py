"""Plots as SVG made here: shapes and numbers, no script and no style; colours are classes of `reports.css`.

Widths are shares of whatever room there is and letters keep their size, so that a plot is read on a phone as well. Each
has a title and a description for who does not see it, and stands beside a table that says the same in numbers.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

ROW, BAR = 48, 16
"""Pixels: the height of a bar with its words above it, and of the bar alone."""

LONGEST, UNKNOWN = 54, 10
"""Hundredths of the room: the longest bar, which leaves some for its number, and one of unknown length."""

STEPS = 5
"""Shades of a heat map besides none."""


@dataclass(frozen=True, slots=True)
class Words:
    """What a plot is called by its page (`name`, unique there), by people, and what is to be seen in it."""

    name: str
    title: str
    description: str


def _plot(words: Words, height: int, shapes: SafeString) -> SafeString:
    return format_html(
        '<svg class="plot" role="img" width="100%" height="{}" aria-labelledby="plot-{}-title plot-{}-desc">'
        '<title id="plot-{}-title">{}</title><desc id="plot-{}-desc">{}</desc>{}</svg>',
        height,
        *[words.name] * 3,
        words.title,
        words.name,
        words.description,
        shapes,
    )


def _joined(shapes: Iterable[SafeString]) -> SafeString:
    return format_html_join("", "{}", ((shape,) for shape in shapes))


def bars(words: Words, rows: Sequence[tuple[str, int | None, str]]) -> SafeString:
    """One bar a row: its name, its count (None where it is not shown), and how that is written at the bar's end."""
    most = max((count or 0 for _, count, _ in rows), default=0) or 1

    def bar(place: int, name: str, count: int | None, written: str) -> SafeString:
        top = place * ROW
        width = UNKNOWN if count is None else round(LONGEST * count / most, 2)
        return format_html(
            '<text class="name" x="0" y="{}">{}</text><rect class="{}" x="0" y="{}" width="{}%" height="{}"/>'
            '<text class="value" x="{}%" dx="8" y="{}">{}</text>',
            top + 14,
            name,
            "hidden-count" if count is None else "bar",
            top + 22,
            width,
            BAR,
            width,
            top + 35,
            written,
        )

    return _plot(words, ROW * len(rows), _joined(bar(place, *row) for place, row in enumerate(rows)))


def heat(words: Words, names: Sequence[str], cells: Sequence[Sequence[int | None]], hours: int) -> SafeString:
    """A row for each name, a cell for so many hours of the day; the darker the more."""
    most = max((cell or 0 for row in cells for cell in row), default=0) or 1
    left, high = 14.0, 26
    width = (100 - left) / (24 // hours)

    def square(row: int, column: int, cell: int | None) -> SafeString:
        shade = "hidden-count" if cell is None else f"shade-{-(-STEPS * cell // most)}"
        return format_html(
            '<rect class="{}" x="{}%" y="{}" width="{}%" height="{}"/>',
            shade,
            round(left + column * width, 3),
            row * high,
            round(width, 3),
            high,
        )

    squares = (
        square(row, column, cell) for row, of_row in enumerate(cells) for column, cell in enumerate(of_row)
    )
    days = (
        format_html('<text class="name" x="0" y="{}">{}</text>', row * high + 18, name)
        for row, name in enumerate(names)
    )
    bottom = len(cells) * high + 16
    times = (
        format_html(
            '<text class="time" x="{}%" y="{}">{}</text>',
            round(left + hour * (100 - left) / 24, 3),
            bottom,
            f"{hour:02}",
        )
        for hour in range(0, 24, 6)
    )
    return _plot(words, bottom + 6, _joined([*squares, *days, *times]))


def slope(
    words: Words,
    ends: tuple[str, str],
    before: Sequence[int | None],
    after: Sequence[int | None],
    scale: tuple[int, int],
) -> SafeString:
    """From one median to another on a scale, the quartiles around each as a band; unknown ones are left out."""
    low, high = scale
    step, top, left, right = 26, 30, "30%", "80%"

    def y(value: int) -> int:
        return top + (high - value) * step

    lines = (
        format_html(
            '<line class="rule" x1="18%" x2="92%" y1="{}" y2="{}"/><text class="name" x="0" y="{}">{}</text>',
            y(value),
            y(value),
            y(value) + 5,
            value,
        )
        for value in range(low, high + 1)
    )
    bands = (
        format_html('<line class="band-of" x1="{}" x2="{}" y1="{}" y2="{}"/>', x, x, y(most), y(least))
        for x, (least, _, most) in ((left, before), (right, after))
        if least is not None and most is not None
    )
    heads = (
        format_html('<text class="end" x="{}" y="14">{}</text>', x, name)
        for x, name in zip((left, right), ends, strict=True)
    )
    shapes = [*lines, *bands, *heads]
    if before[1] is not None and after[1] is not None:
        line = '<line class="slope" x1="{}" x2="{}" y1="{}" y2="{}"/>'
        shapes.append(format_html(line, left, right, y(before[1]), y(after[1])))
        dot = '<circle class="dot" cx="{}" cy="{}" r="7"/>'
        shapes += [format_html(dot, x, y(value)) for x, value in ((left, before[1]), (right, after[1]))]
    return _plot(words, y(low) + 16, _joined(shapes))
