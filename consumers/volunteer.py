"""The desk's socket, `/ws/desk/`, for everybody who answers. What only supervisors may send is in `supervisor.py`."""

from collections.abc import Awaitable, Callable
from typing import Any, ClassVar
from uuid import UUID

from django.utils import timezone

from chatline import announce
from chatline.conversations import actions
from chatline.conversations.actions import Saying
from chatline.conversations.reads import SaidRow, Stretch
from chatline.errors import NotFound
from consumers import frames, hub, supervisor, wire
from consumers.base import SIGNED_OUT, Closed, Socket
from consumers.screens import Rights, rights_of
from routing import escalation, presence, queue


def greet(staff: UUID) -> tuple[Rights, presence.DeskNow]:
    """Runs in the hop. Raises NotFound for somebody who was removed."""
    rights = rights_of({staff}).get(staff)
    if rights is None:
        raise NotFound
    presence.desk_of(staff)
    return rights, presence.desks({staff})[staff]


class DeskSocket(Socket):
    staff: UUID

    def __init__(self, scope: Any, send: Any) -> None:
        super().__init__(scope, send)
        self.session = ""
        self._visitors: dict[UUID, UUID] = {}
        self._shown_as_held: set[UUID] = set()

    def check_in(self) -> None:
        """Whoever is not signed in is told so by the close code."""
        user = self.scope.get("user")
        if user is None or not user.is_authenticated:
            raise Closed(SIGNED_OUT)
        self.staff = user.pk
        self.session = self.scope["session"].session_key

    def sign_out(self) -> None:
        self.hub.leave(self)
        self.close(SIGNED_OUT)

    def decode(self, text: str) -> wire.FromDesk:
        return wire.from_desk(text)

    # --- what a volunteer may send ----------------------------------------------------------------------

    async def hello(self, frame: wire.DeskHello) -> None:
        try:
            rights, desk = await self.hop.run(greet, self.staff)
        except NotFound:
            raise Closed(SIGNED_OUT) from None
        self.hub.join(self)
        self.hub.screens.join(self, rights)
        self.show_desk(desk, rights)
        self.deliver(*await self.read_first(frame.cursors))
        await self.hub.screens.show_all(self)

    async def ready(self, frame: wire.Ready) -> None:
        await self.hop.run(presence.set_ready, self.staff, frame.on, frame.seats)

    async def take(self, frame: wire.Take) -> None:
        row = await self.hop.run(queue.take, self.staff, frame.conversation)
        self.emit(wire.Taken(conversation=row.id))

    async def say(self, frame: wire.DeskSay) -> None:
        stored = await self.hop.say(Saying(self.staff, frame.conversation, frame.key, frame.text))
        self.emit(wire.Said(key=frame.key, seq=stored.seq, at=stored.at, conversation=stored.conversation))

    async def resend(self, frame: wire.Resend) -> None:
        await self.hop.run(actions.resend, self.staff, frame.conversation, frame.seq)

    async def typed(self, frame: wire.DeskTyping) -> None:
        visitor = self._visitors.get(frame.conversation)
        if visitor:
            announce.now([announce.Typing(frame.conversation, visitor, self.staff, "volunteer", frame.on)])

    async def release(self, frame: wire.Release) -> None:
        await self.hop.run(queue.release, self.staff, frame.conversation)

    async def close_conversation(self, frame: wire.Close) -> None:
        if frame.undo:
            await self.hop.run(queue.undo_close, self.staff, frame.conversation)
        else:
            await self.hop.run(queue.close, self.staff, frame.conversation, frame.reason)

    async def flag(self, frame: wire.RaiseFlag) -> None:
        await self.hop.run(escalation.raise_by_hand, self.staff, frame.conversation, frame.note)

    handlers: ClassVar[dict[type, Callable[..., Awaitable[None]]]] = {
        wire.DeskHello: hello,
        wire.Ready: ready,
        wire.Take: take,
        wire.DeskSay: say,
        wire.Resend: resend,
        wire.DeskTyping: typed,
        wire.Release: release,
        wire.Close: close_conversation,
        wire.RaiseFlag: flag,
        **supervisor.handlers,
    }

    # --- what a desk is shown ---------------------------------------------------------------------------

    def deliver(self, stretches: list[Stretch], outlooks: hub.Outlooks) -> None:
        held = {stretch.conversation.id: stretch.conversation.visitor_id for stretch in stretches}
        if held.keys() != self._shown_as_held:
            self.hub.screens.desk_changed(self)
        self._visitors, self.ages = held, bool(held)
        self.cursors = {one: version for one, version in self.cursors.items() if one in held}
        super().deliver(stretches, outlooks)

    def show_desk(self, desk: presence.DeskNow, rights: Rights) -> None:
        if self.is_full():
            return
        self._shown_as_held = set(desk.conversations)
        frame = wire.Desk(
            name=rights.name,
            supervises=bool(rights.supervises),
            ready=desk.ready,
            seats=desk.seats,
            conversations=desk.conversations,
            now=desk.now,
        )
        self.emit(frame)

    def show(self, kind: str, text: str) -> None:
        """A shared frame, already encoded."""
        if not self.is_full():
            self.emit_text(text)

    def catch_up(self) -> None:
        super().catch_up()
        self.hub.screens.desk_changed(self)
        self.hub.screens.board_changed()

    def message(self, said: SaidRow) -> wire.Message:
        return frames.message_for_desk(said)

    def state(self, stretch: Stretch, outlooks: hub.Outlooks) -> wire.DeskState:
        return frames.desk_state(stretch.conversation, timezone.now())

    def typing(self, hint: announce.Typing) -> wire.TypingNow | None:
        if hint.by == "volunteer":
            return None
        return wire.TypingNow(sender=hint.by, on=hint.on, conversation=hint.conversation)
