"""What only supervisors may send on the desk's socket. The verbs themselves refuse everybody else."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

from chatline.errors import ChatlineError, NotFound
from chatline.lines import actions as lines
from chatline.lines.models import Line
from consumers import frames, wire
from routing import barring, emergencies, escalation, helping, inbox, overseeing, pages

if TYPE_CHECKING:
    from consumers.volunteer import DeskSocket


async def acknowledge(socket: "DeskSocket", frame: wire.Acknowledge) -> None:
    await socket.hop.run(escalation.acknowledge, socket.staff, frame.flag)
    await _answer(socket, frame.flag)


async def resolve(socket: "DeskSocket", frame: wire.Resolve) -> None:
    await socket.hop.run(escalation.resolve, socket.staff, frame.flag, frame.outcome, frame.reason)
    await _answer(socket, frame.flag)


async def try_again(socket: "DeskSocket", frame: wire.TryAgain) -> None:
    await socket.hop.run(pages.try_again, socket.staff, frame.page)


async def _answer(socket: "DeskSocket", flag: UUID) -> None:
    if flagged := await socket.hop.run(inbox.flag, socket.staff, flag):
        socket.emit(frames.flag_changed(flagged))


# --- in a conversation ------------------------------------------------------------------------------------


async def watch(socket: "DeskSocket", frame: wire.WatchOver) -> None:
    if not frame.on:
        await socket.hop.run(overseeing.unwatch, socket.staff, frame.conversation)
        return
    socket.opens(frame.conversation)
    try:
        await socket.hop.run(overseeing.watch, socket.staff, frame.conversation)
    except ChatlineError:
        socket.opening.discard(frame.conversation)
        raise


async def whisper(socket: "DeskSocket", frame: wire.Whisper) -> None:
    await socket.hop.run(overseeing.whisper, socket.staff, frame.conversation, frame.text)


async def join(socket: "DeskSocket", frame: wire.Join) -> None:
    await socket.hop.run(overseeing.join, socket.staff, frame.conversation)


async def take_over(socket: "DeskSocket", frame: wire.TakeOver) -> None:
    await socket.hop.run(overseeing.take_over, socket.staff, frame.conversation)
    socket.emit(wire.Taken(conversation=frame.conversation))


# --- over the shift ---------------------------------------------------------------------------------------


async def assign(socket: "DeskSocket", frame: wire.Assign) -> None:
    await socket.hop.run(overseeing.assign, socket.staff, frame.conversation, frame.staff)


async def pause(socket: "DeskSocket", frame: wire.Pause) -> None:
    await socket.hop.run(_pause, socket.staff, frame)


def _pause(staff: UUID, frame: wire.Pause) -> None:
    line = Line.objects.filter(slug=frame.line).first()
    if line is None:
        raise NotFound
    if frame.on:
        lines.pause(line.id, frame.words, by=staff)
    else:
        lines.resume(line.id, by=staff)


# --- when a life is in danger -----------------------------------------------------------------------------


async def emergency(socket: "DeskSocket", frame: wire.Emergency) -> None:
    details = {name: getattr(frame, name) for name in emergencies.DETAILS}
    record = emergencies.Record(
        id=frame.id,
        conversation=frame.conversation,
        consent=frame.consent,
        outcome=frame.outcome,
        details=details,
        called_at=frame.called_at,
        reached_at=frame.reached_at,
    )
    await socket.hop.run(emergencies.write, socket.staff, record)


async def sign(socket: "DeskSocket", frame: wire.Sign) -> None:
    await socket.hop.run(emergencies.sign, socket.staff, frame.emergency)


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
    wire.TryAgain: try_again,
    wire.WatchOver: watch,
    wire.Whisper: whisper,
    wire.Join: join,
    wire.TakeOver: take_over,
    wire.Assign: assign,
    wire.Pause: pause,
    wire.Emergency: emergency,
    wire.Sign: sign,
    wire.AnswerHelp: answer_help,
    wire.Bar: bar,
    wire.ReviewBlock: review_block,
}
