"""A line whose people can be reached away from their screens, and what calls about a flag come of it."""

from datetime import datetime, timedelta

from django.db.models import Min

from chatline.lines.ladders import Channel
from chatline.people.models import Staff
from routing import called, climbing
from routing.models import Flag, Page
from routing.reaching import Reach, set_contact, set_on_call
from tests.cast import RISKY, Cast

SECOND = timedelta(seconds=1)
ALEX, MARIA = Reach("+12025550111", "alex@example.org"), Reach("+12025550122", "maria@example.org")

Call = tuple[int, str, str]
"""Step, channel, and who or what is called."""


def reached(cast: Cast) -> None:
    """Alex and Maria gave how they are reached, and Alex is on call."""
    set_contact(cast.alex.id, cast.alex.id, ALEX)
    set_contact(cast.maria.id, cast.maria.id, MARIA)
    set_on_call(cast.maria.id, cast.line.id, [cast.alex.id])


def flagged(cast: Cast, who: str = "a visitor") -> Flag:
    """Somebody says something risky."""
    stored = cast.visits(RISKY, who).stored
    assert stored
    return Flag.objects.get(conversation=stored.conversation)


def acknowledge_by_code(number: str, code: str) -> Flag | None:
    """As whoever has this phone does with the code of a text; None if no such text went there."""
    page = called.texted_with(number, code)
    return called.acknowledge_page(page.oid, Channel.TEXT) if page else None


def pass_seconds(since: datetime, seconds: int, *, of: int = 0) -> None:
    """Workers go round all the time from `of` to `seconds` after; what happens, happens at its moment."""
    now, end = since + of * SECOND, since + seconds * SECOND
    while (due := Flag.objects.aggregate(at=Min("next_at"))["at"]) and due <= end:
        if due > now:
            assert not climbing.climb_due(due - SECOND / 10)
        now = max(now, due)
        assert climbing.climb_due(now)


def calls(*people: Staff, climb: int = 1) -> list[Call]:
    """Whom this climb called, in the order in which they are sent."""
    names = {str(one.id): one.name for one in people}
    rows = Page.objects.filter(flag__isnull=False, climb=climb).order_by("made_at", "id")
    return [(one.step, one.channel, names.get(one.target, one.target)) for one in rows]


def moments(flag: Flag) -> list[float]:
    """Seconds after the flag was raised at which its steps called anybody."""
    made = dict(Page.objects.filter(flag=flag).order_by("step").values_list("step", "made_at"))
    return [round((at - flag.raised_at).total_seconds(), 1) for at in made.values()]
