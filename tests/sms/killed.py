"""The spool, killed before every step that it takes on the disk or in the database. Prints what became of the texts.

python -m tests.sms.killed [break]
"""

import json
import os
import signal
import sys
from collections import Counter
from collections.abc import Callable
from itertools import count
from pathlib import Path
from types import FrameType
from typing import Any

STEPS = {
    *("open", "write", "flush", "close", "fsync", "mkdir", "rename", "unlink", "read", "scandir"),
    *("execute", "executemany", "commit", "rollback"),
}
"""Functions of C by which files and rows change; a process dies as it calls one."""


def dies(verb: Callable[[], object], at: int) -> bool:
    """Runs the verb in a process of its own, which kills itself before its step number `at`; False if it had fewer."""
    if child := os.fork():
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        assert status in {0, -signal.SIGKILL}, status
        return status != 0
    taken = count(1)

    def watch(frame: FrameType, event: str, called: Any) -> None:
        if event == "c_call" and called.__name__ in STEPS and next(taken) == at:
            os.kill(os.getpid(), signal.SIGKILL)

    try:
        sys.setprofile(watch)
        verb()
        sys.setprofile(None)
        os._exit(0)
    finally:
        os._exit(1)


def main(broken: str) -> dict[str, int]:
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connections

    from chatline.conversations.models import Message
    from chatline.lines.actions import add_line, add_number
    from chatline.sms import spool
    from chatline.sms.inbound import Text
    from tests.cast import A_NUMBER, SHORT_CODE

    settings.FINGERPRINT_MEMORY_KIB = 8
    call_command("migrate", verbosity=0)
    add_number(add_line("Demo line"), SHORT_CODE)

    def append(sid: str) -> None:
        spool.append(Text(sid, A_NUMBER, SHORT_CODE, f"the words of {sid}"))

    def drain() -> None:
        while spool.drain():
            pass

    def everything() -> None:
        drain()
        connections.close_all()  # what is open now must not be shared with a child

    breaks(broken)
    acknowledged, deaths = set(), Counter[str]()
    for step in count(1):
        if not dies(lambda sid=f"SMa{step}": append(sid), step):  # type: ignore[misc]  # bound at once
            acknowledged.add(f"SMa{step}")
            break
        deaths["append"] += 1
    everything()
    for step in count(1):
        append(f"SMd{step}")
        acknowledged.add(f"SMd{step}")
        killed = dies(drain, step)
        everything()
        if not killed:
            break
        deaths["drain"] += 1
    stored = Counter(Message.objects.filter(sender_kind="visitor").values_list("key", flat=True))
    return {
        "killed in append": deaths["append"],
        "killed in drain": deaths["drain"],
        "acknowledged": len(acknowledged),
        "lost": len(acknowledged - stored.keys()),
        "doubled": sum(times > 1 for times in stored.values()),
        "torn": len(spool.bad()),
    }


def breaks(name: str) -> None:
    """What must be noticed: a text that is written where it is looked for, and one deleted before it is stored."""
    from chatline.sms import spool, strays

    if name == "in place":
        folder = spool.folder
        spool.folder = lambda name: folder("new" if name == "tmp" else name)
    if name == "deletes first":

        def receive(path: Path) -> bool:
            text = spool._opened(path)
            path.unlink()
            strays.receive(text)
            return True

        spool._receive = receive


if __name__ == "__main__":
    print(json.dumps(main(" ".join(sys.argv[1:]))))
