"""`chatline <command>` with something changed: for tests that need a real process to be watched, broken or killed.

python -m tests.flows.changed plain-bus,killed-after-commit=/tmp/armed serve --port 8001
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Self

from tests import servers
from tests.ports import free_port


class Changed(servers.Process):
    """A `servers.Process` that runs through this file."""

    def __init__(
        self,
        changes: Sequence[str],
        *arguments: str,
        environment: Mapping[str, str],
        log: Path,
        url: str = "",
    ) -> None:
        super().__init__(*arguments, environment=environment, log=log, url=url)
        self.changes = changes

    def start(self) -> Self:
        command = [sys.executable, "-m", "tests.flows.changed", ",".join(self.changes), *self.arguments]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", *command],
                cwd=servers.ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return self


def demo(data: Path, *changes: str) -> Changed:
    """`chatline demo` with changes; more of them may follow one another on the same `data`."""
    port = free_port()
    data.mkdir(exist_ok=True)
    return Changed(
        changes,
        "demo",
        "--port",
        str(port),
        environment={
            **servers.inherited(),
            "CHATLINE_DATA": str(data),
            "CHATLINE_DEMO": "1",
            "CHATLINE_PUBLIC_URL": f"http://127.0.0.1:{port}",
        },
        log=data / "demo.log",
        url=f"http://127.0.0.1:{port}",
    )


# --- what may be changed ----------------------------------------------------------------------------------


def plain_bus(_: str) -> None:
    """What travels on the bus is not encrypted, so that a search of it means something."""
    from chatline import settings

    settings.CHANNEL_LAYERS["default"]["CONFIG"].pop("symmetric_encryption_keys")


def killed_after_commit(armed: str) -> None:
    """Once the file `armed` exists, the process kills itself after the next commit, before anybody is answered."""
    from chatline import announce

    now = announce.now

    def die_or_go_on(hints: Sequence[announce.Hint]) -> None:
        if Path(armed).exists():
            os.kill(os.getpid(), signal.SIGKILL)
        now(hints)

    announce.now = die_or_go_on


def forgetful_of_keys(_: str) -> None:
    """Nobody looks whether something was said before."""
    import routing.intake

    vars(routing.intake)["stored_before"] = lambda pairs: {}


def words_in_clear(_: str) -> None:
    """Sealing does nothing."""
    from chatline.vault import Sealer

    setattr(Sealer, "seal", lambda sealer, words, place: words.encode())  # noqa: B010  # a break on purpose
    setattr(Sealer, "unseal", lambda sealer, sealed, place: bytes(sealed).decode())  # noqa: B010  # the same


def words_on_the_bus(_: str) -> None:
    """A hint takes along what was said."""
    from chatline import announce

    encode: Callable[[announce.Hint], list[Any]] = announce._encode

    def tell_all(hint: announce.Hint) -> list[Any]:
        said = getattr(hint, "said", None)
        return [*encode(hint), *([said.text] if said else [])]

    announce._encode = tell_all
    decode = announce.decode
    announce.decode = lambda parts: decode(parts[:5] if parts[0] == "c" else parts)


def unredacted(_: str) -> None:
    """Log lines go out as they were written."""
    from chatline import settings

    handlers: Any = settings.LOGGING["handlers"]
    handlers["stderr"]["filters"].clear()


def fails_when_asked(_: str) -> None:
    """Whatever page is asked for with `?fail` breaks, and so does the first frame that says `PLEASE FAIL`."""
    page, say = (
        import_module("chatline.web.admission").Admission,
        import_module("consumers.visitor").VisitorSocket,
    )
    kind = import_module("consumers.wire").VisitorSay
    admit, hear = page.process_view, say.handlers[kind]
    failed: set[str] = set()

    def fail_page(door: Any, request: Any, *arguments: Any) -> Any:
        if "fail" in request.GET:
            raise ValueError(f"{request.GET} {request.POST} {request.META}")
        return admit(door, request, *arguments)

    async def fail_frame(socket: Any, frame: Any) -> None:
        if "PLEASE FAIL" in frame.text and frame.key not in failed:
            failed.add(frame.key)
            raise ValueError(f"{frame.text} {socket.sender()} {socket.scope['headers']}")
        await hear(socket, frame)

    page.process_view = fail_page
    say.handlers[kind] = fail_frame


def logs_what_is_said(_: str) -> None:
    """Somebody forgets that words belong into no log."""
    intake: Any = import_module("routing.intake")
    screen = intake.append

    def tell(conversation: Any, *arguments: Any, **more: Any) -> Any:
        intake.log.warning("stored %s %s", arguments, more)
        return screen(conversation, *arguments, **more)

    intake.append = tell


def deaf_to_reports(_: str) -> None:
    """What the provider says became of a text is answered and not written down."""
    from chatline.sms import webhook

    vars(webhook)["report"] = lambda *_, **__: None


def closes_at_once(_: str) -> None:
    """The ten seconds in which a close can be undone are over at once."""
    from datetime import timedelta

    vars(import_module("routing.queue"))["UNDO"] = timedelta(0)


def endless_seats(_: str) -> None:
    """Nobody counts how many people a volunteer has already."""
    vars(import_module("routing.queue"))["check_seat"] = lambda staff: None


def pages_at_once(_: str) -> None:
    """Whoever is on call is texted and called as soon as a flag opens."""
    from chatline.lines.ladders import Channel, Rung, Whom

    rungs = (Rung(0, Whom.ON_CALL, Channel.TEXT), Rung(0, Whom.ON_CALL, Channel.VOICE))
    vars(import_module("chatline.lines.ladders"))["DEFAULT"] = rungs


def frames_of_any_size(_: str) -> None:
    """The server takes whatever is sent, as it comes out of its box and further."""
    vars(import_module("consumers.wire"))["MAX_FRAME"] = 1 << 30


EARLY = {
    "frames-of-any-size": frames_of_any_size,
    "plain-bus": plain_bus,
    "killed-after-commit": killed_after_commit,
    "words-on-the-bus": words_on_the_bus,
    "unredacted": unredacted,
}
"""Changes that need no models; the others are made once Django is set up."""

LATE = {
    "forgetful-of-keys": forgetful_of_keys,
    "words-in-clear": words_in_clear,
    "deaf-to-reports": deaf_to_reports,
    "fails-when-asked": fails_when_asked,
    "logs-what-is-said": logs_what_is_said,
    "closes-at-once": closes_at_once,
    "endless-seats": endless_seats,
    "pages-at-once": pages_at_once,
}


def make(changes: Sequence[str], of: Mapping[str, Callable[[str], None]]) -> None:
    for change in changes:
        name, _, argument = change.partition("=")
        if name in of:
            of[name](argument)


def main() -> None:
    changes = sys.argv.pop(1).split(",")
    from chatline import cli

    # What `cli.main` hands on to the settings, which are read here before it.
    os.environ.setdefault("CHATLINE_ROLE", sys.argv[1])
    make(changes, EARLY)
    from django.core import management

    run = management.execute_from_command_line

    def run_changed(argv: list[str] | None = None) -> None:
        import django

        django.setup()
        make(changes, LATE)
        run(argv)

    management.execute_from_command_line = run_changed
    cli.main()


if __name__ == "__main__":
    main()
