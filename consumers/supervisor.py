"""What only supervisors may send on the desk's socket. The verbs themselves refuse everybody else."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

from consumers import frames, wire
from routing import barring, escalation, helping, inbox

if TYPE_CHECKING:
    from consumers.volunteer import DeskSocket


async def acknowledge(socket: "DeskSocket", frame: wire.Acknowledge) -> None:
    await socket.hop.run(escalation.acknowledge, socket.staff, frame.flag)
    await _answer(socket, frame.flag)


async def resolve(socket: "DeskSocket", frame: wire.Resolve) -> None:
    await socket.hop.run(escalation.resolve, socket.staff, frame.flag, frame.outcome, frame.reason)
    await _answer(socket, frame.flag)


async def _answer(socket: "DeskSocket", flag: UUID) -> None:
    if flagged := await socket.hop.run(inbox.flag, socket.staff, flag):
        socket.emit(frames.flag_changed(flagged))


async def answer_help(socket: "DeskSocket", frame: wire.AnswerHelp) -> None:
    verb = helping.settle if frame.over else helping.answer
    await socket.hop.run(verb, socket.staff, frame.help)


async def bar(socket: "DeskSocket", frame: wire.Bar) -> None:
    await socket.hop.run(barring.bar, socket.staff, frame.conversation, frame.hours, frame.reason)


async def review_block(socket: "DeskSocket", frame: wire.ReviewBlock) -> None:
    await socket.hop.run(partial(barring.review, lift=frame.lift), socket.staff, frame.block)


handlers: dict[type, Callable[..., Awaitable[None]]] = {
    wire.Acknowledge: acknowledge,
    wire.Resolve: resolve,
    wire.AnswerHelp: answer_help,
    wire.Bar: bar,
    wire.ReviewBlock: review_block,
}
