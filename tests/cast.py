"""The people whom every test knows. Sam and Robin answer on the demo line, Alex supervises it, Maria manages it.

Olive answers on another line and must see nothing of this one. Visitors have no names: `A_NUMBER` is a phone of the
range that is kept free for fiction. These lines let a conversation close without the question about suicide, which
`tests/routing/test_wrapping_up.py` is about.
"""

import hashlib
from dataclasses import dataclass, field
from itertools import count
from uuid import UUID, uuid4

from chatline.conversations import actions, tokens, visitors
from chatline.conversations.actions import Saying
from chatline.conversations.models import Conversation
from chatline.conversations.saying import Stored
from chatline.conversations.states import Medium
from chatline.lines.actions import add_line, add_number, add_site
from chatline.lines.models import Line, Number, Site
from chatline.people.actions import add_staff
from chatline.people.models import Role, Staff
from routing import intake, presence, queue
from routing.intake import Heard, Received

SHORT_CODE = "57230"
A_NUMBER, ANOTHER_NUMBER = "+12025550143", "+12025550178"
RISKY = "i have the pills here and im going to do it tonight"
_keys = count(1)


@dataclass
class Cast:
    """Made anew by the `cast` fixture for each test."""

    line: Line
    number: Number
    site: Site
    sam: Staff
    robin: Staff
    alex: Staff
    maria: Staff
    other_line: Line
    olive: Staff
    tokens: dict[str, str] = field(default_factory=dict)

    def ready(self, *people: Staff, seats: int = 2) -> None:
        for one in people:
            presence.set_ready(one.id, True, seats)

    def visits(self, text: str, who: str = "a visitor", key: str | None = None) -> Received:
        """Somebody says something in the web chat; the same `who` is the same tab."""
        token = self.tokens.setdefault(who, tokens.new_token())
        return intake.receive(
            Heard(line=self.line.id, medium=Medium.WEB, key=key or new_key(), text=text, token=token)
        )

    def texts(self, text: str, number: str = A_NUMBER, sid: str | None = None, **more: object) -> Received:
        """Somebody texts the line's short code, past the webhook."""
        return intake.receive(
            Heard(
                line=self.line.id,
                medium=Medium.SMS,
                key=sid or f"SM{uuid4().hex}",
                text=text,
                fingerprint=fingerprint(number),
                number=number,
                to=SHORT_CODE,
                **more,  # type: ignore[arg-type]  # the few fields a test adds
            )
        )

    def talks(self, staff: Staff | None = None, medium: Medium = Medium.WEB) -> Conversation:
        """A conversation that is held by Sam, or whoever is given."""
        staff = staff or self.sam
        self.ready(staff, seats=4)
        self.visits("hello") if medium == Medium.WEB else self.texts("hello")
        return queue.take(staff.id)

    def answers(self, conversation: Conversation, text: str, staff: Staff | None = None) -> Stored:
        """Sam, or whoever holds it, says something."""
        return actions.say(Saying((staff or self.sam).id, conversation.id, new_key(), text))

    def visitor_of(self, who: str = "a visitor") -> UUID:
        visitor = visitors.by_token(self.tokens[who])
        assert visitor
        return visitor.id


def new_key() -> str:
    return f"key-{next(_keys)}"


def fingerprint(number: str) -> bytes:
    """Tests of routing need somebody to be found again, not the real cost of it."""
    return hashlib.sha256(number.encode()).digest()


def make_cast() -> Cast:
    line = add_line("Demo line", slug="demo", languages=["en", "es"])
    other = add_line("Other line", slug="other")
    Line.objects.update(asks_risk=False)
    line.refresh_from_db()
    return Cast(
        line=line,
        number=add_number(line, SHORT_CODE),
        site=add_site(line, "The other website", ["http://127.0.0.1:8000"]),
        sam=add_staff("sam", "Sam", line.id, Role.VOLUNTEER, password="sam-answers-here"),
        robin=add_staff("robin", "Robin", line.id, Role.VOLUNTEER, password="robin-answers-here"),
        alex=add_staff("alex", "Alex", line.id, Role.SUPERVISOR, password="alex-supervises-here"),
        maria=add_staff("maria", "Maria", line.id, Role.MANAGER, password="maria-manages-here"),
        other_line=other,
        olive=add_staff("olive", "Olive", other.id, Role.VOLUNTEER, password="olive-answers-there"),
    )
