"""What only supervisors may send on the desk's socket. The verbs themselves refuse everybody else."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING
from uuid import UUID

from consumers import frames, wire
from routing import board, escalation

if TYPE_CHECKING:
    from consumers.volunteer import DeskSocket


async def acknowledge(socket: "DeskSocket", frame: wire.Acknowledge) -> None:
    await socket.hop.run(escalation.acknowledge, socket.staff, frame.flag)
    await _answer(socket, frame.flag)


async def resolve(socket: "DeskSocket", frame: wire.Resolve) -> None:
    await socket.hop.run(escalation.resolve, socket.staff, frame.flag, frame.outcome, frame.reason)
    await _answer(socket, frame.flag)


async def _answer(socket: "DeskSocket", flag: UUID) -> None:
    if flagged := await socket.hop.run(board.flag, socket.staff, flag):
        socket.emit(frames.flag_changed(flagged))


handlers: dict[type, Callable[..., Awaitable[None]]] = {
    wire.Acknowledge: acknowledge,
    wire.Resolve: resolve,
}
