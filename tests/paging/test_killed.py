"""kill -9 of a sender between the answer and writing it down: told again, as the same page."""

import signal
import subprocess
import sys
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from chatline.paging.caller import Caller
from routing import pages
from routing.models import Page
from tests import servers
from tests.cast import Cast
from tests.flows.forking import database_url
from tests.paging.conftest import flagged, hook, settle
from tests.paging.receivers import receiver


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_what_a_killed_sender_had_under_way_is_told_again_with_the_same_id(cast: Cast) -> None:
    with receiver() as system:
        hook(cast, system.url)
        flagged(cast)
        assert dies() == -signal.SIGKILL
        assert (Page.objects.get(channel="hook").state, len(system.got)) == ("sending", 1)
        settle(Caller())
        assert len(system.got) == 1
        pages.sweep(timezone.now() + pages.HALF_SENT + timedelta(seconds=1))
        settle(Caller())
    page = Page.objects.get(channel="hook")
    assert system.ids() == [str(page.oid)] * 2
    assert (page.state, page.attempts) == ("sent", 2)


def dies() -> int:
    environment = {
        **servers.inherited(),
        "DJANGO_SETTINGS_MODULE": "chatline.settings",
        "CHATLINE_DEMO": "1",
        "CHATLINE_DATA": str(settings.DATA),
        "DATABASE_URL": database_url(),
    }
    command = [sys.executable, "-m", "tests.paging.dying"]
    return subprocess.run(command, cwd=servers.ROOT, env=environment, timeout=60, check=False).returncode
