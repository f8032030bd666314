"""What a page says: facts for another system, a letter for a person. Never a handle; words for hooks alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings

from chatline.conversations import keys
from chatline.conversations.models import Message
from chatline.conversations.reads import ERASED, words
from chatline.conversations.states import Kind
from chatline.lines.models import Line
from chatline.paging.called import (
    ALARM_CLEARED,
    ALARM_RAISED,
    FLAG_ACKNOWLEDGED,
    FLAG_OPEN,
    FLAG_RESOLVED,
    Called,
)
from routing.grants import ALONE
from routing.models import Flag, FlagState, Page
from routing.nobody import NOBODY_ON_SHIFT
from routing.risk import Level

PRACTICE = "PRACTICE"
"""How every page of a drill begins."""

OF_FLAG = {
    FlagState.OPEN: FLAG_OPEN,
    FlagState.ACKNOWLEDGED: FLAG_ACKNOWLEDGED,
    FlagState.RESOLVED: FLAG_RESOLVED,
}
"""What a page that is tried again says once somebody has its flag: what was open may not be any more."""

_OF_ALARMS = {
    NOBODY_ON_SHIFT: "people wait and nobody is on shift",
    ALONE: "a supervisor looked at what needs two people, alone",
}

_PAGES = {ALONE: "/supervise/grants/"}
"""Where to see to an alarm that is not for supervisors alone."""


@dataclass(frozen=True, slots=True)
class Letter:
    """An e-mail. `oid` is the page's."""

    oid: UUID
    to: str
    subject: str
    body: str


def called(page: Page) -> Called:
    """The facts of a page; the words that raised its flag too, if it goes to a hook that may have them."""
    if page.flag is None:
        return _of_alarm(page)
    flag, row = page.flag, page.flag.conversation
    reason = _worst(flag)
    return Called(
        id=page.oid,
        event=OF_FLAG[FlagState(flag.state)],
        flag=flag.id,
        conversation=row.id,
        line=row.line.slug,
        level=Level(page.level).word,
        category=reason.get("category", ""),
        reason=reason.get("template", flag.kind),
        step=page.step,
        climb=page.climb,
        practice=row.kind != Kind.REAL,
        at=page.made_at,
        quote=_quoted(flag, reason.get("seq", 0)) if page.hook and page.hook.words else None,
    )


def _of_alarm(page: Page) -> Called:
    assert page.alarm
    return Called(
        id=page.oid,
        event=ALARM_RAISED if page.alarm.cleared_at is None else ALARM_CLEARED,
        flag=None,
        conversation=None,
        line=page.alarm.subject,
        level="",
        category="",
        reason=page.alarm.code,
        step=page.step,
        climb=page.climb,
        practice=False,
        at=page.made_at,
    )


def _worst(flag: Flag) -> Mapping[str, Any]:
    """Of what raised it, the gravest, and of those the latest."""
    return max(reversed(flag.reasons), key=lambda reason: int(reason["level"]), default={})


def _quoted(flag: Flag, seq: int) -> str | None:
    """From the first to the last of what was found in this message; None where a person raised it, or after erasure."""
    row, found = flag.conversation, [reason for reason in flag.reasons if reason["seq"] == seq]
    sealed = Message.objects.filter(conversation=row, seq=seq).values_list("text_sealed", flat=True).first()
    if sealed is None:
        return None
    sealer = keys.sealers([row.id], erased=[row.id] if row.erased_at else []).get(row.id)
    said = words(sealer, bytes(sealed), row.id, seq)
    if said == ERASED:
        return None
    return said[min(one["start"] for one in found) : max(one["end"] for one in found)]


def letter(page: Page, to: str) -> Letter:
    """The e-mail to whom this page calls."""
    facts = called(page)
    about = f"{_short_name(facts.line)}: {_what(facts)}"
    subject = f"{PRACTICE}. {about}" if facts.practice else about
    practice = ["This is a drill: nobody is in danger. Please answer all the same."] if facts.practice else []
    ask = [
        f"Please open {settings.PUBLIC_URL}/supervise/ and take it. Whoever takes it first has it.",
        "It goes on calling until somebody does.",
    ]
    see = [f"Please open {settings.PUBLIC_URL}{_PAGES.get(facts.reason, '/supervise/')}"]
    lines = [f"{subject}.", *practice, "", *(ask if facts.flag else see)]
    return Letter(page.oid, to, subject, "\n".join(lines) + "\n")


def _what(facts: Called) -> str:
    if facts.flag:
        return f"a flag is open, level {facts.level}"
    return _OF_ALARMS.get(facts.reason, f"something needs you ({facts.reason})")


def _short_name(slug: str) -> str:
    return Line.objects.filter(slug=slug).values_list("short_name", flat=True).first() or slug
