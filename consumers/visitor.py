"""The visitor's socket, `/ws/visitor/<line>/`. No cookie, no address: a nonce from the page and a token of the tab."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar
from uuid import UUID

from django.utils import timezone

from chatline import announce
from chatline.conversations import feelings, leaving, tokens, visitors
from chatline.conversations.models import Conversation
from chatline.conversations.reads import SaidRow, Stretch
from chatline.conversations.states import Medium, State
from chatline.errors import NotFound, Refused
from chatline.lines.models import Line, Site
from chatline.people import policy
from consumers import frames, hub, wire
from consumers.base import Socket
from routing import queue, reception
from routing.intake import Heard
from routing.reception import Outlook
from routing.throttle import throttle


@dataclass(frozen=True, slots=True)
class Greeting:
    """What `hello` found out."""

    line: UUID
    site: int | None
    language: str
    token: str
    visitor: UUID | None
    ended: UUID | None
    state: str


def greet(slug: str, hello: wire.VisitorHello) -> Greeting:
    """Runs in the hop. Raises NotFound for no such line, Refused `site_revoked` or `stale_page`.

    A token of ours finds its conversation; one that is too old or ended is answered with `gone` and a new one.
    """
    line = Line.objects.filter(slug=slug).first()
    if line is None:
        raise NotFound
    site = Site.objects.filter(key=hello.site, line=line, revoked_at=None).first() if hello.site else None
    if hello.site and site is None:
        raise Refused("This website no longer offers this chat.", code="site_revoked")
    language = _language(line, hello.language)
    return Greeting(line.id, site.id if site else None, language, *_recognise(line, hello))


def _language(line: Line, of_page: str) -> str:
    """The line's own code for the language of the page (`es-MX` for `es`), or its first one."""
    same = [one for one in line.languages if one.partition("-")[0] == of_page.partition("-")[0]]
    return of_page if of_page in same else [*same, line.languages[0]][0]


def _recognise(line: Line, hello: wire.VisitorHello) -> tuple[str, UUID | None, UUID | None, str]:
    """The token from now on, whose it is, who ended their side with the one that was shown, and the state."""
    shown = hello.token or ""
    if tokens.is_ours(shown):
        visitor = visitors.by_token(shown)
        if visitor is None:
            return shown, None, None, "new"
        if visitor.line_id == line.id and not visitor.token_dead_at:
            return shown, visitor.id, None, "known"
        return tokens.new_token(shown), None, visitor.id, "gone"
    if tokens.is_ours(shown, lately=False):
        return tokens.new_token(shown), None, None, "gone"
    tokens.check_nonce(hello.nonce, line.slug, hello.site or "")
    return tokens.new_token(hello.nonce), None, None, "gone" if shown else "new"


class VisitorSocket(Socket):
    def __init__(self, scope: Any, send: Any) -> None:
        super().__init__(scope, send)
        self.conversation: UUID | None = None
        self.volunteer: UUID | None = None
        self.greeting: Greeting | None = None
        self.ended: UUID | None = None

    def decode(self, text: str) -> wire.FromVisitor:
        return wire.from_visitor(text)

    def may_send(self, kind: str) -> bool:
        return kind in policy.VISITORS_FRAMES

    # --- what a visitor may send ------------------------------------------------------------------------

    async def hello(self, frame: wire.VisitorHello) -> None:
        greeting = await self.hop.run(greet, self.scope["url_route"]["kwargs"]["line"], frame)
        self.hub.leave(self)
        self.greeting, self.visitor, self.conversation = greeting, greeting.visitor, None
        self.site, self.ended = greeting.site, greeting.ended
        self.session = self.session_of(greeting)
        stretches, outlooks = await self.read_first(
            {frame.conversation: frame.after} if frame.conversation else {}
        )
        latest = stretches[-1].conversation if stretches else None
        expected = outlooks.get(greeting.line, Outlook())
        if latest is None or latest.state == State.CLOSED:
            expected = await self.hop.run(_first_outlook, greeting.line)
        self.emit(_welcome(greeting, latest, expected))
        self.deliver(stretches, outlooks)
        self.hub.join(self)
        if self.visitor:
            self.hub.mark(self)

    def session_of(self, greeting: Greeting) -> str:
        """Whose sockets this is counted with."""
        return greeting.token

    async def say(self, frame: wire.VisitorSay) -> None:
        assert self.greeting  # hello comes first
        if self.visitor is None:
            throttle.arrives(self.greeting.line, self.sender(), self.greeting.token, frame.proof)
        throttle.says(self.visitor or self.greeting.token)
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
        await self._leave(partial(leaving.end, fast=frame.fast))

    async def erase(self, frame: wire.Erase) -> None:
        await self._leave(leaving.erase)

    async def _leave(self, verb: Callable[[UUID], object]) -> None:
        # Also of whoever ended their side with the token that was shown, and was cut off before they asked for this.
        if who := self.visitor or self.ended:
            await self.hop.run(verb, who)
        if self.visitor:
            self.hub.mark(self)

    async def another(self, frame: wire.Another) -> None:
        if self.visitor:
            await self.hop.run(queue.another, self.visitor)

    async def feel(self, frame: wire.Feel) -> None:
        # Whoever has just ended their side may still say how it was, though their token finds nothing any more.
        if who := self.visitor or self.ended:
            await self.hop.run(feelings.tell, who, frame.when, frame.value)

    handlers: ClassVar[dict[type, Callable[..., Awaitable[None]]]] = {
        wire.VisitorHello: hello,
        wire.VisitorSay: say,
        wire.Typing: typed,
        wire.End: end,
        wire.Erase: erase,
        wire.Another: another,
        wire.Feel: feel,
    }

    # --- what a visitor is shown ------------------------------------------------------------------------

    def deliver(self, stretches: list[Stretch], outlooks: hub.Outlooks) -> None:
        super().deliver(stretches, outlooks)
        if stretches:
            row = stretches[-1].conversation
            self.conversation = row.id if row.state != State.CLOSED else None
            self.volunteer = row.volunteer_id
            self.cursors = {row.id: row.version}
            self.ages = row.state == State.WAITING

    def message(self, said: SaidRow) -> wire.Message:
        return frames.message_for_visitor(said)

    def state(self, stretch: Stretch, outlooks: hub.Outlooks) -> wire.VisitorState:
        row = stretch.conversation
        return frames.visitor_state(row, outlooks.get(row.line_id, Outlook()))

    def typing(self, hint: announce.Typing) -> wire.TypingNow | None:
        if hint.by == "visitor" or hint.conversation != self.conversation:
            return None
        return wire.TypingNow(sender=hint.by, on=hint.on, conversation=hint.conversation)


def _first_outlook(line: UUID) -> Outlook:
    """Runs in the hop, for whoever does not wait yet."""
    return Outlook(service=reception.service_to_newcomers(Line.objects.get(id=line), timezone.now()))


def _welcome(greeting: Greeting, latest: Conversation | None, outlook: Outlook) -> wire.Welcome:
    state = latest.state if latest else ("gone" if greeting.state == "gone" else "new")
    return wire.Welcome(
        token=greeting.token,
        conversation=latest.id if latest else None,
        state=state,
        wait=outlook.wait if state == State.WAITING else None,
        version=latest.version if latest else 0,
        service=outlook.service.kind,
        opens_at=outlook.service.opens_at,
        paused_words=outlook.service.words,
    )
