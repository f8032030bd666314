"""The demo line with its number, site and people. Nothing here is secret: it is printed."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from chatline.demo import history
from chatline.demo.ledger import STAFF
from chatline.lines import library
from chatline.lines.actions import add_line, add_number, add_site
from chatline.lines.models import Line, Number, Script, Site
from chatline.people.actions import add_staff
from chatline.people.models import Role, Staff
from routing.models import Contact, OnCall
from routing.reaching import Reach, set_contact, set_on_call

SLUG, SHORT_CODE, LONG_NUMBER = "demo", "57230", "+12025550150"
"""A short code cannot call."""

LIBRARY = Path(__file__).with_name("library.toml")
ALTERNATIVES = {
    "en": "Call or text 988, or visit the nearest emergency room.",
    "es": "Llama o escribe al 988, o ve a urgencias.",
    "ar": "اتصل أو أرسل رسالة إلى 988، أو اذهب إلى أقرب قسم طوارئ.",
}


@dataclass(frozen=True, slots=True)
class Person:
    username: str
    name: str
    password: str
    role: str
    phone: str = ""


PEOPLE = (
    Person("sam", "Sam", "sam-answers-here", Role.VOLUNTEER),
    Person("robin", "Robin", "robin-answers-here", Role.VOLUNTEER),
    Person("alex", "Alex", "alex-supervises-here", Role.SUPERVISOR, STAFF[0]),
    Person("maria", "Maria", "maria-manages-here", Role.MANAGER, STAFF[1]),
)


def make() -> None:
    """Puts the demo line into whatever database is configured; what is there already stays as it is."""
    with transaction.atomic():
        line = Line.objects.filter(slug=SLUG).first() or _make_line()
        _let_in(line)
        for person in PEOPLE:
            if not Staff.objects.filter(username=person.username).exists():
                add_staff(person.username, person.name, line.id, person.role, password=person.password)
        _make_reachable(line)


def _make_reachable(line: Line) -> None:
    """Whoever has a phone is on call, and the line has a number that can call them."""
    if not Number.objects.filter(number=LONG_NUMBER).exists():
        add_number(line, LONG_NUMBER, settings.TWILIO_ACCOUNT_SID)
    phones = {one.username: one.phone for one in PEOPLE if one.phone}
    staff = list(Staff.objects.filter(username__in=phones).order_by("username"))  # Alex before Maria
    for one in staff:
        if not Contact.objects.filter(staff=one).exists():
            set_contact(one.id, one.id, Reach(phone=phones[one.username]))
    if not OnCall.objects.filter(line=line).exists():
        set_on_call(staff[-1].id, line.id, [one.id for one in staff])


def make_history() -> None:
    """A past for the demo line, so that its reports show something; one that it has already stays as it is."""
    staff = {one.username: one for one in Staff.objects.filter(username__in=[one.username for one in PEOPLE])}
    line = Line.objects.get(slug=SLUG)
    history.make(line, [staff["sam"], staff["robin"]], staff["alex"], timezone.now())


def _make_line() -> Line:
    line = add_line(
        "Demo line",
        slug=SLUG,
        short_name="Demo line",
        languages=["en", "es", "ar"],
        alternatives=ALTERNATIVES["en"],
    )
    for language, text in ALTERNATIVES.items():
        Script.objects.create(line=line, purpose="alternatives", language=language, text=text)
    library.fill(line, tomllib.loads(LIBRARY.read_text()))
    add_number(line, SHORT_CODE, settings.TWILIO_ACCOUNT_SID)
    add_site(line, "The other website", list(settings.ORIGINS))
    return line


def _let_in(line: Line) -> None:
    """The other website moves with the demo, which may have been started on another port before."""
    site = line.sites.order_by("id").first()
    if site and not set(settings.ORIGINS) <= set(site.origins):
        site.origins = list(settings.ORIGINS)
        site.save(update_fields=["origins"])


def facts() -> dict[str, Any]:
    """What is printed, and written to `demo.json`."""
    url = settings.PUBLIC_URL
    line = Line.objects.get(slug=SLUG)
    return {
        "url": url,
        "line": SLUG,
        "short_code": SHORT_CODE,
        "voice_number": LONG_NUMBER,
        "site_key": Site.objects.filter(line=line).order_by("id").values_list("key", flat=True).first(),
        "staff": [
            {
                "name": one.name,
                "username": one.username,
                "password": one.password,
                "role": str(one.role),
                "phone": one.phone,
            }
            for one in PEOPLE
        ],
        "account_sid": settings.TWILIO_ACCOUNT_SID,
        "auth_token": settings.TWILIO_AUTH_TOKENS[0],
        "pages": {
            "phone": f"{url}/demo/phone/",
            # Under its other name this machine is another origin, as another organisation's website would be.
            "site": f"{settings.ORIGINS[-1]}/demo/site/",
            "chat": f"{url}/chat/{SLUG}/",
            "desk": f"{url}/desk/",
            "supervise": f"{url}/supervise/",
            "manage": f"{url}/manage/",
            "sites": f"{url}/manage/sites/",
            "reports": f"{url}/reports/",
            "walls": f"{url}/supervise/walls/",
        },
    }
