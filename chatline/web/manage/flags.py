"""What stands beside the lists about flags: a ladder as a manager reads it, secrets of hooks, what phrases found."""

from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from chatline.lines import sheet
from chatline.lines.difference import CHANNELS, WHOM
from chatline.lines.hooks import secret_of
from chatline.lines.ladders import Channel, Whom
from chatline.lines.models import Hook, Line
from chatline.web.manage.forms import TryForm
from routing import found, pages, phrasing, reaching
from routing.ladder import AGAIN

Items = list[dict[str, Any]]

FEW = 5
"""Fewer than this are not told to managers, who read nobody's words: a phrase with a name in it would be a question
about somebody."""


# --- the ladder -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Told:
    """A rung in words, and its `place` in the list, from 1."""

    place: int
    how: str
    whom: str


def beside_ladder(line: Line, rungs: Items) -> dict[str, Any]:
    placed = [
        (one["after"], Told(n, CHANNELS[one["channel"]], WHOM[one["whom"]])) for n, one in enumerate(rungs, 1)
    ]
    moments = [
        (moment(after), [told for _after, told in same])
        for after, same in groupby(placed, lambda one: one[0])
    ]
    return {
        "moments": moments,
        "again": moment(rungs[-1]["after"] + int(AGAIN.total_seconds())),
        "gaps": _gaps(line, rungs),
        "on_call": reaching.on_call(line.id),
    }


def moment(after: int) -> str:
    """In words, as a heading."""
    minutes, seconds = divmod(after, 60)
    parts = [_("%d min") % minutes] if minutes else []
    parts += [_("%d s") % seconds] if seconds else []
    return _("After %s") % " ".join(parts) if parts else _("At once")


def _gaps(line: Line, rungs: Items) -> list[str]:
    """Whom the ladder calls in vain, as codes of `manage/ladder.html`."""
    called = {(one["whom"], one["channel"]) for one in rungs}
    listed = [one.id for one in reaching.on_call(line.id)]
    given = reaching.given(listed)
    phones = {(Whom.ON_CALL, Channel.TEXT), (Whom.ON_CALL, Channel.VOICE)} & called
    wanted = any(whom == Whom.ON_CALL for whom, _channel in called)
    found = {
        "nobody_on_call": wanted and not listed,
        "no_phone": bool(phones and listed) and not any(one.phone for one in given.values()),
        "no_hook": (Whom.SYSTEMS, Channel.HOOK) not in called and line.hooks.exists(),
    }
    return [code for code, is_so in found.items() if is_so]


# --- hooks ------------------------------------------------------------------------------------------------


def beside_hooks(line: Line, hooks: Items) -> dict[str, Any]:
    oids = dict(Hook.objects.filter(line=line).values_list("name", "oid"))
    return {
        "secrets": [(one, secret_of(oids[one["name"]])) for one in hooks],
        "dead": pages.dead([line.id]),
    }


# --- phrases ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Marked:
    """A match, and the message around what it found."""

    match: phrasing.Match
    before: str
    words: str
    after: str


def beside_phrases(line: Line, phrases: Items) -> dict[str, Any]:
    told = {one.template: one for one in found.found(line.id, timezone.now())}
    return {
        "own": [(one, told.get(phrasing.template_of(one))) for one in phrases],
        "found": sorted(told.values(), key=lambda one: (-one.false_flags, -one.messages, one.template)),
        "few": FEW,
        "spans": {"days": found.DAYS, "flag_days": found.FLAG_DAYS},
        "try_form": TryForm(),
    }


def tried(line: Line, message: str) -> list[Marked]:
    matches = phrasing.tried(sheet.read_section(line, "phrases"), message)
    return [
        Marked(one, message[: one.start], message[one.start : one.end], message[one.end :]) for one in matches
    ]
