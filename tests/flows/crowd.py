"""Volunteers and people who wait, made by the line's own verbs in a database that is served: printed as JSON.

python -m tests.flows.crowd 50 1000 10     so many volunteers, people who wait, and people at risk who came last
"""

import os
import sys

import django
import msgspec

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatline.settings")
django.setup()

# These need Django to be set up.
from chatline.conversations import tokens  # noqa: E402
from chatline.conversations.states import Medium  # noqa: E402
from chatline.demo import data  # noqa: E402
from chatline.lines.models import Line  # noqa: E402
from chatline.people.actions import add_staff  # noqa: E402
from chatline.people.models import Role  # noqa: E402
from routing import intake, presence  # noqa: E402
from routing.intake import Heard  # noqa: E402
from tests.cast import RISKY  # noqa: E402
from tests.doors import sign_in  # noqa: E402

SEATS = 4


def volunteers(line: Line, count: int) -> list[str]:
    """Signed in and ready; returns the cookie header of each."""
    people = [
        add_staff(f"volunteer-{one}", f"Volunteer {one}", line.id, Role.VOLUNTEER) for one in range(count)
    ]
    for one in people:
        presence.set_ready(one.id, True, SEATS)
    return [sign_in(one) for one in people]


def comes(line: Line, number: int, text: str) -> None:
    heard = Heard(line=line.id, medium=Medium.WEB, key=f"comes-{number}", text=text, token=tokens.new_token())
    intake.receive(heard)


def main() -> None:
    staff, calm, at_risk = map(int, sys.argv[1:])
    line = Line.objects.get(slug=data.SLUG)
    for number in range(calm):
        comes(line, number, "hello")
    for number in range(calm, calm + at_risk):
        comes(line, number, RISKY)
    print(msgspec.json.encode(volunteers(line, staff)).decode())


if __name__ == "__main__":
    main()
