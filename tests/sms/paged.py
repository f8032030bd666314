"""Staff with phones, and pages to them, for tests of paging by text and call."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from chatline.lines.actions import add_number
from chatline.lines.ladders import Channel
from chatline.people.models import Staff
from routing.models import Flag, Page
from routing.reaching import Reach, set_contact
from tests.cast import RISKY, Cast
from tests.sms.network import Network

ALEX, MARIA = "+12025550104", "+12025550105"
LONG = "+12025550150"
"""A number of the line that can call."""

CODE = "48213"


def give_phones(cast: Cast) -> None:
    for staff, phone in ((cast.alex, ALEX), (cast.maria, MARIA)):
        set_contact(staff.id, staff.id, Reach(phone))


def give_long_number(cast: Cast, network: Network) -> None:
    add_number(cast.line, LONG)
    network.carrier.configure(LONG)


def flagged(cast: Cast) -> Flag:
    """An open flag, of which nobody is paged by itself."""
    cast.visits(RISKY)
    flag = Flag.objects.get()
    flag.next_at = None
    flag.save()
    Page.objects.all().delete()
    return flag


def page(flag: Flag, staff: Staff, channel: str = Channel.TEXT, code: str = CODE, **more: Any) -> Page:
    """A page that is due; none takes the place of another."""
    now = timezone.now() - timedelta(milliseconds=1)
    n = Page.objects.count()
    return Page.objects.create(
        flag=flag,
        climb=flag.climb,
        step=1,
        channel=channel,
        staff=staff,
        target=f"{staff.id} {n}",
        code=code,
        level=flag.level,
        **{"made_at": now, "not_before": now, **more},
    )


def stands(one: Page) -> tuple[str, str]:
    """Its state, and why."""
    one.refresh_from_db()
    return one.state, one.error


def work(network: Network) -> None:
    """Whatever is due goes out, and everything reaches its handset."""
    while network.pager.step():
        pass
    network.settle(5.0)
