"""A page handed to a plug-in: an installed package that offers a callable under `chatline.escalation`.

It runs in this process, in a thread of its own (`caller.py`): what an operator installs is trusted, but may break.
"""

import logging
from collections.abc import Callable
from functools import cache
from importlib.metadata import entry_points
from typing import Any

from chatline.paging.called import Called
from chatline.paging.outcomes import NotTaken, Outcome, Refused, Taken
from routing.climbing import PLUGINS

log = logging.getLogger(__name__)


def call(name: str, called: Called) -> Outcome:
    """Calls it; it has taken the page unless it raises."""
    try:
        _loaded(name)(called)
    except _NotInstalled:
        return Refused("not_installed")
    except BaseException as fault:  # whatever it raises, SystemExit too, is its own affair
        log.error("plugin_failed name=%s", name, exc_info=fault)
        return NotTaken("plugin_failed")
    return Taken()


class _NotInstalled(Exception):
    pass


@cache
def _loaded(name: str) -> Callable[[Called], Any]:
    for one in entry_points(group=PLUGINS, name=name):
        found: Callable[[Called], Any] = one.load()
        return found
    raise _NotInstalled
