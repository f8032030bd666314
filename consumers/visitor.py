"""The visitor's socket, `/ws/visitor/<line>/`. No cookie, no address: a nonce from the page and a token of the tab."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from chatline import announce
from chatline.conversations import leaving, tokens, visitors
from chatline.conversations.reads import SaidRow, Stretch
from chatline.conversations.states import Medium, State
from chatline.errors import NotFound
from chatline.lines.models import Line, Site
from consumers import frames, hub, wire
from consumers.base import Socket
from routing.intake import Heard


@dataclass(frozen=True, slots=True)
class Greeting:
    """What `hello` found out."""

    line: UUID
    site: int | None
    language: str
    token: str
    known: bool
    visitor: UUID | None
    state: str


def greet(slug: str, hello: wire.VisitorHello) -> Greeting:
    """Runs in the hop. Raises NotFound for no such line, Refused `stale_page`.

    A token of ours finds its conversation; one that is too old or ended is answered with `gone` and a new one.
    """
    line = Line.objects.filter(slug=slug).first()
    if line is None:
        raise NotFound
    site = Site.objects.filter(key=hello.site, line=line, revoked_at=None).first() if hello.site else None
    language = hello.language if hello.language in line.languages else line.languages[0]
    token, visitor, state = _recognise(line, hello)
    return Greeting(line.id, site.id if site else None, language, token, visitor is not None, visitor, state)


def _recognise(line: Line, hello: wire.VisitorHello) -> tuple[str, UUID | None, str]:
    if hello.token and tokens.is_ours(hello.token):
        visitor = visitors.by_token(hello.token)
        if visitor is None:
            return hello.token, None, "new"
        if visitor.line_id == line.id and not visitor.token_dead_at:
            return hello.token, visitor.id, "known"
        return tokens.new_token(), None, "gone"
    if hello.token:
        return tokens.new_token(), None, "gone"
    tokens.check_nonce(hello.nonce, line.slug)
    return tokens.new_token(), None, "new"


class VisitorSocket(Socket):
    def __init__(self, scope: Any, send: Any) -> None:
        super().__init__(scope, send)
        self.conversation: UUID | None = None
        self.volunteer: UUID | None = None
        self.greeting: Greeting | None = None

    def decode(self, text: str) -> wire.FromVisitor:
        return wire.from_visitor(text)

    # --- what a visitor may send ------------------------------------------------------------------------

    async def hello(self, frame: wire.VisitorHello) -> None:
        greeting = await self.hop.run(greet, self.scope["url_route"]["kwargs"]["line"], frame)
        self.hub.leave(self)
        self.greeting, self.visitor, self.conversation = greeting, greeting.visitor, None
        stretches, waits = await self.read_first(
            {frame.conversation: frame.after} if frame.conversation else {}
        )
        self.emit(self._welcome(greeting, stretches[-1] if stretches else None, waits))
        self.deliver(stretches, waits)
        self.hub.join(self)
        if self.visitor:
            self.hub.mark(self)

    def _welcome(self, greeting: Greeting, stretch: Stretch | None, waits: hub.Waits) -> wire.Welcome:
        row = stretch.conversation if stretch else None
        return wire.Welcome(
            token=greeting.token,
            conversation=row.id if row else None,
            state=row.state if row else ("gone" if greeting.state == "gone" else "new"),
            wait=waits.get(row.line_id) if row else None,
            version=row.version if row else 0,
        )

    async def say(self, frame: wire.VisitorSay) -> None:
        assert self.greeting  # hello comes first
        received = await self.hop.receive(
            Heard(
                line=self.greeting.line,
                medium=Medium.WEB,
                key=frame.key,
                text=frame.text,
                language=self.greeting.language,
                token=self.greeting.token,
                site=self.greeting.site,
                visitor=self.visitor,
                conversation=self.conversation,
            )
        )
        stored = received.stored
        assert stored  # only keywords of texts are stored nowhere
        self.emit(wire.Said(key=frame.key, seq=stored.seq, at=stored.at, conversation=stored.conversation))
        if self.visitor is None:
            self.visitor = received.visitor
            self.hub.join(self)
        if stored.conversation != self.conversation:
            self.hub.mark(self)

    async def typed(self, frame: wire.Typing) -> None:
        if self.visitor and self.conversation:
            announce.now(
                [announce.Typing(self.conversation, self.visitor, self.volunteer, "visitor", frame.on)]
            )

    async def end(self, frame: wire.End) -> None:
        await self._leave(leaving.end)

    async def erase(self, frame: wire.Erase) -> None:
        await self._leave(leaving.erase)

    async def _leave(self, verb: Callable[[UUID], object]) -> None:
        if self.visitor:
            await self.hop.run(verb, self.visitor)
            self.hub.mark(self)

    handlers: ClassVar[dict[type, Callable[..., Awaitable[None]]]] = {
        wire.VisitorHello: hello,
        wire.VisitorSay: say,
        wire.Typing: typed,
        wire.End: end,
        wire.Erase: erase,
    }

    # --- what a visitor is shown ------------------------------------------------------------------------

    def deliver(self, stretches: list[Stretch], waits: hub.Waits) -> None:
        super().deliver(stretches, waits)
        if stretches:
            row = stretches[-1].conversation
            self.conversation = row.id if row.state != State.CLOSED else None
            self.volunteer = row.volunteer_id
            self.cursors = {row.id: row.version}

    def message(self, said: SaidRow) -> wire.Message:
        return frames.message_for_visitor(said)

    def state(self, stretch: Stretch, waits: hub.Waits) -> wire.VisitorState:
        row = stretch.conversation
        return frames.visitor_state(row, waits.get(row.line_id))

    def typing(self, hint: announce.Typing) -> wire.TypingNow | None:
        if hint.by == "visitor" or hint.conversation != self.conversation:
            return None
        return wire.TypingNow(sender=hint.by, on=hint.on, conversation=hint.conversation)
