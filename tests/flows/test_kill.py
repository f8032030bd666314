"""A web process is killed between commit and answer: what it stored is there, once, however late it is sent again."""

import contextlib
from pathlib import Path

from tests import servers
from tests.clients import Ended, Visitor
from tests.doors import open_wire
from tests.flows.changed import demo

CLOSE = """
from datetime import timedelta
from django.utils import timezone
from chatline.conversations import actions
from chatline.conversations.wrapping_up import Wrapped
from chatline.people.models import Staff
from routing import presence, queue
sam = Staff.objects.get(username="sam").id
presence.set_ready(sam, True)
one = queue.take(sam).id
queue.close(sam, one, "done", Wrapped(not_asked="They were gone."))
assert actions.close_due(one, timezone.now() + timedelta(seconds=11))
"""


async def killed(data: Path) -> tuple[str, str]:
    """A visitor's second message is stored and the process is dead; returns their token and conversation."""
    armed = data / "armed"
    with demo(data, f"killed-after-commit={armed}") as line:
        line.wait_until_healthy()
        async with open_wire(line.url) as wire:
            visitor = await wire.visitor()
            assert (await visitor.say("hello"))["seq"] == 1
            armed.touch()
            await visitor.send_say("mine", text="is anybody there")
            with contextlib.suppress(Ended):
                await visitor.said("mine")
        assert "mine" not in visitor.shown.said, "it was answered before the process died"
        assert line.process.wait(10) == -9
    return visitor.token or "", visitor.conversation or ""


async def sent_again(line: servers.Process, token: str, conversation: str) -> Visitor:
    """After the conversation was closed, the visitor comes back and their page sends it again."""
    environment = {**line.environment, "CHATLINE_ROLE": "shell"}
    servers.run("shell", "-c", CLOSE, environment=environment)
    async with open_wire(line.url) as wire:
        visitor = await wire.visitor(token=token, conversation=conversation, after=1)
        await visitor.sees(lambda: conversation in visitor.shown.states)
        await visitor.say("is anybody there", key="mine")
        await visitor.quiet()
    return visitor


async def test_what_was_committed_is_there_once_although_nobody_was_told(tmp_path: Path) -> None:
    token, conversation = await killed(tmp_path / "line")
    with demo(tmp_path / "line") as line:
        line.wait_until_healthy()
        visitor = await sent_again(line, token, conversation)
    answer = visitor.shown.said["mine"]
    assert (answer["seq"], answer["conversation"]) == (2, conversation)
    assert visitor.shown.texts() == ["is anybody there"]
    assert visitor.shown.states[conversation]["state"] == "closed"
    print("1 process killed between commit and answer; sent again after the close: stored once")


async def test_not_remembering_keys_would_be_noticed(tmp_path: Path) -> None:
    """The break: the process that comes after does not look whether it was said before."""
    token, conversation = await killed(tmp_path / "line")
    with demo(tmp_path / "line", "forgetful-of-keys") as line:
        line.wait_until_healthy()
        visitor = await sent_again(line, token, conversation)
    assert "mine" not in visitor.shown.said
    assert [refusal["code"] for refusal in visitor.shown.refused] == ["try_again"]
    print("1 process killed, the next one with the break: the visitor is never answered")
