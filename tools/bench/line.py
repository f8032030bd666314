"""Our side: conversations made by the line's own verbs, the line served, what visitors said counted.

python -m tools.bench.line prepare 50 5     prints a Plan of 50 conversations, 5 held by each volunteer
python -m tools.bench.line shift 500 30 90  prints a Shift: so many desks, people who wait, people who will come
python -m tools.bench.line serve 8123       what `chatline serve` runs, which by itself insists on Redis
python -m tools.bench.line count            prints how many things visitors have said
python -m tools.bench.line demo             makes the demo line in an empty database, and nothing else
python -m tools.bench.line texts 1000       as many people text, and one answer to each waits to be sent
"""

import hashlib
import os
import sys

import django
import msgspec

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatline.settings")
django.setup()

# These need Django to be set up.
from django.conf import settings  # noqa: E402
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: E402
from django.core.management import call_command  # noqa: E402

from chatline.conversations import actions, tokens  # noqa: E402
from chatline.conversations.actions import Saying  # noqa: E402
from chatline.conversations.models import Delivery, Message  # noqa: E402
from chatline.conversations.states import Medium, Sender  # noqa: E402
from chatline.demo import data  # noqa: E402
from chatline.lines.models import Line, Number  # noqa: E402
from chatline.management import run  # noqa: E402
from chatline.people.actions import add_staff  # noqa: E402
from chatline.people.models import Role, Staff  # noqa: E402
from chatline.people.session_store import SessionStore  # noqa: E402
from routing import intake, presence, queue  # noqa: E402
from routing.intake import Heard  # noqa: E402
from routing.models import Desk  # noqa: E402
from tools.bench.plan import Plan, Seat, Shift  # noqa: E402


def prepare(pairs: int, hold: int) -> Plan:
    """An empty database becomes a line with this many conversations under way."""
    demo()
    line = Line.objects.get(slug=data.SLUG)
    plan = Plan(visitors=[], desks=[], relayed=False)
    for first in range(0, pairs, hold):
        staff = add_staff(f"volunteer-{first}", f"Volunteer {first}", line.id, Role.VOLUNTEER)
        presence.set_ready(staff.id, True)
        # More than any person is given, so that the sockets are as many as on a shift of this size.
        Desk.objects.filter(staff=staff).update(seats=hold)
        seats = [visit(line, staff, number) for number in range(first, min(first + hold, pairs))]
        plan.visitors += seats
        plan.desks.append(desk(staff, [seat.conversations[0] for seat in seats]))
    return plan


def visit(line: Line, staff: Staff, number: int) -> Seat:
    """Somebody says hello and is taken; their tab comes back with its token."""
    token = tokens.new_token()
    intake.receive(Heard(line=line.id, medium=Medium.WEB, key=f"hello-{number}", text="hello", token=token))
    row = queue.take(staff.id)
    hello = {"type": "hello", "token": token, "conversation": str(row.id), "after": row.version}
    return Seat(f"/ws/visitor/{line.slug}/", [str(row.id)], hello, {"Origin": settings.PUBLIC_URL})


def desk(staff: Staff, conversations: list[str]) -> Seat:
    cookie = f"{settings.SESSION_COOKIE_NAME}={sign_in(staff)}"
    headers = {"Origin": settings.PUBLIC_URL, "Cookie": cookie}
    return Seat("/ws/desk/", conversations, {"type": "hello", "cursors": {}}, headers)


def sign_in(staff: Staff) -> str:
    """The session that the sign-in page would make, without the time that checking a password takes on purpose."""
    session = SessionStore()
    session[SESSION_KEY] = str(staff.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = staff.get_session_auth_hash()
    session.create()
    return str(session.session_key)


def shift(desks: int, waiting: int, comers: int) -> Shift:
    """Volunteers with one supervisor, all ready, and people who wait with forty things said."""
    demo()
    line = Line.objects.get(slug=data.SLUG)
    staff = [add_staff("supervisor", "Supervisor", line.id, Role.SUPERVISOR)]
    staff += [
        add_staff(f"volunteer-{one}", f"Volunteer {one}", line.id, Role.VOLUNTEER) for one in range(1, desks)
    ]
    for one in staff:
        presence.set_ready(one.id, True)
    for number in range(waiting):
        told(line, number)
    origin = {"Origin": settings.PUBLIC_URL}
    comers_hello = [{"type": "hello", "nonce": tokens.new_nonce(line.slug)} for _ in range(comers)]
    people = [Seat(f"/ws/visitor/{line.slug}/", [], hello, origin) for hello in comers_hello]
    return Shift([desk(one, []) for one in staff], people, LAST_WORDS)


LAST_WORDS = "that is all, i think"


def told(line: Line, number: int) -> None:
    """Somebody has said forty things and waits."""
    token = tokens.new_token()
    for n in range(1, 41):
        text = LAST_WORDS if n == 40 else f"this is the thing number {n} that i wanted to say"
        key = f"told-{number}-{n}"
        intake.receive(Heard(line=line.id, medium=Medium.WEB, key=key, text=text, token=token))


def demo() -> None:
    call_command("migrate", verbosity=0)
    data.make()


def texts(people: int) -> None:
    """Our number is made so fast that its rate is not what limits."""
    demo()
    line = Line.objects.get(slug=data.SLUG)
    Number.objects.update(per_second=100_000)
    staff = add_staff("volunteer", "Volunteer", line.id, Role.VOLUNTEER)
    presence.set_ready(staff.id, True)
    Desk.objects.filter(staff=staff).update(seats=30_000)
    for number in range(people):
        intake.receive(texter(line, number))
    Delivery.objects.all().delete()
    for number in range(people):
        row = queue.take(staff.id)
        actions.say(Saying(staff.id, row.id, f"answer-{number}", f"This is the answer number {number}."))


def texter(line: Line, number: int) -> Heard:
    """A first text of somebody's, past the webhook."""
    phone = f"+1202{number + 2_000_000:07}"
    return Heard(
        line=line.id,
        medium=Medium.SMS,
        key=f"SM{number:032}",
        text="hello",
        fingerprint=hashlib.sha256(phone.encode()).digest(),
        number=phone,
        to=data.SHORT_CODE,
    )


def count() -> int:
    hellos = Message.objects.filter(key__startswith="hello-")
    return Message.objects.filter(sender_kind=Sender.VISITOR).count() - hellos.count()


if __name__ == "__main__":
    command, *numbers = sys.argv[1:]
    if command == "prepare":
        print(msgspec.json.encode(prepare(*map(int, numbers))).decode())
    elif command == "shift":
        print(msgspec.json.encode(shift(*map(int, numbers))).decode())
    elif command == "serve":
        run.serve("127.0.0.1", int(numbers[0]))
    elif command == "demo":
        demo()
    elif command == "texts":
        texts(int(numbers[0]))
    else:
        print(count())
