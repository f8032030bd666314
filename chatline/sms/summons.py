"""A page opened for sending, as a text or as a call: to which phone, from which number of ours, in which words.

The words say that a flag is open and how grave it is, and nothing of the person it is about. Staff read English.
"""

from dataclasses import dataclass

from chatline.conversations.models import OptOut
from chatline.conversations.states import Kind
from chatline.conversations.texts import automatic
from chatline.lines.ladders import Channel
from chatline.lines.models import Line, Number
from chatline.sms.fingerprints import fingerprints_of
from routing.models import Page
from routing.reaching import reach_of
from routing.risk import Level

LANGUAGE = "en"

NO_LINE, NO_NUMBER, NO_VOICE_NUMBER, NO_PHONE, STOPPED = (
    "no_line",
    "no_number",
    "no_voice_number",
    "no_phone",
    "stopped",
)
"""Why a page could not even be tried."""


@dataclass(frozen=True, slots=True)
class Summons:
    """What the provider must be told of a claimed page; it never leaves this process."""

    page: Page
    number: str
    sender: str
    words: str


def opened(page: Page) -> Summons | str:
    """The page ready to go, or why it cannot."""
    line = line_of(page)
    if line is None:
        return NO_LINE
    sender = _sender(page, line)
    if sender is None:
        return NO_VOICE_NUMBER if page.channel == Channel.VOICE else NO_NUMBER
    assert page.staff_id
    number = reach_of(page.staff_id).phone
    if not number:
        return NO_PHONE
    if page.channel == Channel.TEXT and has_stopped(line, number):
        return STOPPED
    return Summons(page, number, sender, words(page, line))


def line_of(page: Page) -> Line | None:
    """The line of the flag, or the one that the alarm is about."""
    if page.flag:
        return page.flag.conversation.line
    return Line.objects.filter(slug=page.alarm.subject).first() if page.alarm else None


def numbers(line: Line, channel: str) -> list[str]:
    """The line's numbers from which this can go out; a short code cannot call."""
    known = Number.objects.filter(line=line).order_by("id").values_list("number", flat=True)
    return [one for one in known if channel == Channel.TEXT or one.startswith("+")]


def words(page: Page, line: Line) -> str:
    """What the page says, whoever reads it."""
    if page.flag is None:
        assert page.alarm
        return automatic(line, f"staff/{page.alarm.code}", LANGUAGE)
    return automatic(
        line,
        "staff/flag_spoken" if page.channel == Channel.VOICE else "staff/flag",
        LANGUAGE,
        practice=page.flag.conversation.kind != Kind.REAL,
        level=Level(page.level).word,
        code=page.code,
    )


def _sender(page: Page, line: Line) -> str | None:
    """After a number that the provider refused, the next one."""
    ours = numbers(line, page.channel)
    return ours[(page.attempts - 1) % len(ours)] if ours else None


def has_stopped(line: Line, number: str) -> bool:
    """Who told a line to stop gets no text from it, staff or not: for a short code nobody else sees to that."""
    known_by = fingerprints_of(number, line.id)
    return OptOut.objects.filter(line=line, fingerprint__in=known_by, lifted_at=None).exists()
