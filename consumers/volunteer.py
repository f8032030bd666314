"""The desk's socket, `/ws/desk/`, for everybody who answers. What only supervisors may send is in `supervisor.py`."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, ClassVar
from uuid import UUID

import msgspec
from django.utils import timezone

from chatline import announce
from chatline.conversations import actions, noting, planning
from chatline.conversations.actions import Saying
from chatline.conversations.reads import SaidRow, Stretch
from chatline.conversations.wrapping_up import Wrapped
from chatline.errors import NotFound
from chatline.people import policy
from chatline.people.policy import Who
from consumers import frames, hub, supervisor, wire
from consumers.base import SIGNED_OUT, Closed, Socket
from consumers.screens import Rights, rights_of
from routing import asking, escalation, helping, passing, presence, queue
from routing.throttle import throttle


def greet(staff: UUID) -> tuple[Rights, presence.DeskNow]:
    """Runs in the hop. Raises NotFound for somebody who was removed."""
    rights = rights_of({staff}).get(staff)
    if rights is None:
        raise NotFound
    presence.desk_of(staff)
    presence.seen({staff})
    return rights, presence.desks({staff})[staff]


class DeskSocket(Socket):
    staff: UUID

    def __init__(self, scope: Any, send: Any) -> None:
        super().__init__(scope, send)
        self._acted = False
        self._visitors: dict[UUID, UUID] = {}
        self._shown_as_theirs: set[UUID] = set()
        # About to be watched, and not read yet: the hub has to tell of it from before on, or a change would be missed.
        self.opening: set[UUID] = set()

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
        frame = wire.from_desk(text)
        # Hello is what a page says by itself.
        self._acted = self._acted or not isinstance(frame, wire.DeskHello)
        return frame

    def has_acted(self) -> bool:
        """Whether anybody did anything here since this was asked last."""
        acted, self._acted = self._acted, False
        return acted

    def may_send(self, kind: str) -> bool:
        who = policy.DESK_FRAMES.get(kind)
        rights = self.hub.screens.desks().get(self)
        return who is Who.STAFF or (
            who is not None and rights is not None and not who.roles.isdisjoint(rights.roles)
        )

    # --- what a volunteer may send ----------------------------------------------------------------------

    async def hello(self, frame: wire.DeskHello) -> None:
        try:
            rights, desk = await self.hop.run(greet, self.staff)
        except NotFound:
            raise Closed(SIGNED_OUT) from None
        self.hub.join(self)
        self.hub.screens.join(self, rights)
        self.hub.screens.shift_changed()
        self.show_desk(desk, rights)
        self.deliver(*await self.read_first(frame.cursors))
        await self.hub.screens.show_all(self)

    async def begin(self, frame: wire.Begin) -> None:
        await self.hop.run(presence.begin if frame.on else presence.end, self.staff)

    async def ready(self, frame: wire.Ready) -> None:
        await self.hop.run(presence.set_ready, self.staff, frame.on, frame.seats)

    async def take(self, frame: wire.Take) -> None:
        row = await self.hop.run(queue.take, self.staff, frame.conversation)
        self.emit(wire.Taken(conversation=row.id))

    async def say(self, frame: wire.DeskSay) -> None:
        throttle.staff_says(self.staff)
        stored = await self.hop.say(Saying(self.staff, frame.conversation, frame.key, frame.text))
        self.emit(wire.Said(key=frame.key, seq=stored.seq, at=stored.at, conversation=stored.conversation))

    async def resend(self, frame: wire.Resend) -> None:
        await self.hop.run(actions.resend, self.staff, frame.conversation, frame.seq)

    async def typed(self, frame: wire.DeskTyping) -> None:
        """Whoever only watches does not type to anybody."""
        visitor, told = self._visitors.get(frame.conversation), self._told.get(frame.conversation)
        part = told.part if isinstance(told, wire.DeskState) else "watches"
        if visitor and part != "watches":
            by = "volunteer" if part == "holds" else "supervisor"
            announce.now([announce.Typing(frame.conversation, visitor, self.staff, by, frame.on)])

    async def release(self, frame: wire.Release) -> None:
        await self.hop.run(queue.release, self.staff, frame.conversation)

    async def transfer(self, frame: wire.Transfer) -> None:
        if frame.to:
            await self.hop.run(passing.offer, self.staff, frame.conversation, frame.to)
        elif frame.line is not None:
            to_line = partial(passing.pass_to_line, consent=frame.consent)
            await self.hop.run(to_line, self.staff, frame.conversation, frame.line)
        else:
            await self.hop.run(passing.withdraw, self.staff, frame.conversation)

    async def accept(self, frame: wire.Accept) -> None:
        if not frame.yes:
            await self.hop.run(passing.decline, self.staff, frame.conversation)
            return
        await self.hop.run(passing.accept, self.staff, frame.conversation)
        self.emit(wire.Taken(conversation=frame.conversation))

    async def help(self, frame: wire.AskHelp) -> None:
        if frame.over:
            await self.hop.run(helping.take_back, self.staff, frame.conversation)
        else:
            await self.hop.run(helping.ask, self.staff, frame.conversation, frame.kind, frame.note)

    async def close_conversation(self, frame: wire.Close) -> None:
        if frame.undo:
            await self.hop.run(queue.undo_close, self.staff, frame.conversation)
        else:
            wrapped = Wrapped(**msgspec.structs.asdict(frame.wrap_up)) if frame.wrap_up else None
            await self.hop.run(queue.close, self.staff, frame.conversation, frame.reason, wrapped)

    async def flag(self, frame: wire.RaiseFlag) -> None:
        await self.hop.run(escalation.raise_by_hand, self.staff, frame.conversation, frame.note)

    async def note(self, frame: wire.WriteNote) -> None:
        await self.hop.run(noting.write_note, self.staff, frame.conversation, frame.text)

    async def answer(self, frame: wire.Answer) -> None:
        await self.hop.run(asking.answer, self.staff, frame.conversation, frame.question, frame.reply)

    async def plan(self, frame: wire.WritePlan) -> None:
        parts = msgspec.structs.asdict(frame.parts)
        said = await self.hop.run(planning.write_plan, self.staff, frame.conversation, parts, frame.key)
        if said and frame.key:
            self.emit(wire.Said(key=frame.key, seq=said.seq, at=said.at, conversation=said.conversation))

    handlers: ClassVar[dict[type, Callable[..., Awaitable[None]]]] = {
        wire.DeskHello: hello,
        wire.Begin: begin,
        wire.Ready: ready,
        wire.Take: take,
        wire.DeskSay: say,
        wire.Resend: resend,
        wire.DeskTyping: typed,
        wire.Release: release,
        wire.Transfer: transfer,
        wire.Accept: accept,
        wire.AskHelp: help,
        wire.Close: close_conversation,
        wire.RaiseFlag: flag,
        wire.WriteNote: note,
        wire.Answer: answer,
        wire.WritePlan: plan,
        **supervisor.handlers,
    }

    def opens(self, conversation: UUID) -> None:
        """It is about to be watched here."""
        self.opening.add(conversation)
        self.hub.reads_along(self, self.open_conversations | {conversation})

    # --- what a desk is shown ---------------------------------------------------------------------------

    def deliver(self, stretches: list[Stretch], outlooks: hub.Outlooks) -> None:
        theirs = {stretch.conversation.id: stretch.conversation.visitor_id for stretch in stretches}
        if theirs.keys() != self._shown_as_theirs:
            self.hub.screens.desk_changed(self)
        self._visitors, self.ages = theirs, bool(theirs)
        self.opening -= theirs.keys()
        self.hub.reads_along(self, theirs.keys() | self.opening)
        self.cursors = {one: version for one, version in self.cursors.items() if one in theirs}
        super().deliver(stretches, outlooks)

    def show_desk(self, desk: presence.DeskNow, rights: Rights) -> None:
        if self.is_full():
            return
        self._shown_as_theirs = {*desk.conversations, *desk.watching}
        self.emit(frames.desk(desk, rights.name, supervises=bool(rights.supervises)))

    def show(self, text: str) -> bool:
        """A shared frame, already encoded; false while the client takes no more."""
        if self.is_full():
            return False
        self.emit_text(text)
        return True

    def catch_up(self) -> None:
        super().catch_up()
        self.hub.screens.desk_changed(self)
        self.hub.screens.board_changed()

    def message(self, said: SaidRow) -> wire.Message:
        return frames.message_for_desk(said, self.staff)

    def state(self, stretch: Stretch, outlooks: hub.Outlooks) -> wire.DeskState:
        return frames.desk_state(stretch.conversation, self.staff, timezone.now())

    def beside(self, stretch: Stretch) -> list[wire.Frame]:
        told: list[wire.Frame] = [frames.noted(stretch.conversation.id, one) for one in stretch.noted]
        return [*told, frames.guide(stretch.conversation, stretch.guide)] if stretch.guide else told

    def typing(self, hint: announce.Typing) -> wire.TypingNow | None:
        if hint.by != "visitor" and hint.staff == self.staff:
            return None
        return wire.TypingNow(sender=hint.by, on=hint.on, conversation=hint.conversation)
