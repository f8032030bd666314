"""The safety plan: made together, kept as it stands, and said to the person as one message to keep."""

import json
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from chatline import announce
from chatline.conversations import access, actions, guide, noting
from chatline.conversations.actions import Saying
from chatline.conversations.models import Conversation, Plan
from chatline.conversations.saying import Stored, changed, stored_before
from chatline.errors import BadInput

PURPOSE = "plan"
"""Of the message that a plan becomes: the visitor's page offers to copy and save it alone."""

HEADINGS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "title": "The plan we made:",
        "signs": "I notice it gets worse when",
        "coping": "What I can do myself",
        "places": "Where and with whom I think of other things",
        "people": "Whom I can ask for help",
        "lines": "Who helps for a living, and lines to call or text",
        "safer": "How I make it safer around me",
    },
    "es": {
        "title": "El plan que hicimos:",
        "signs": "Noto que empeora cuando",
        "coping": "Lo que puedo hacer yo",
        "places": "Dónde y con quién pienso en otra cosa",
        "people": "A quién puedo pedir ayuda",
        "lines": "Profesionales y líneas a las que llamar o escribir",
        "safer": "Cómo hago más seguro lo que me rodea",
    },
    "ar": {
        "title": "الخطة التي وضعناها معًا:",
        "signs": "ألاحظ أن الأمر يسوء عندما",
        "coping": "ما أستطيع أن أفعله بنفسي",
        "places": "أين ومع من أفكر في أشياء أخرى",
        "people": "من أستطيع أن أطلب منه المساعدة",
        "lines": "مختصون وخطوط أتصل بها أو أراسلها",
        "safer": "كيف أجعل ما حولي أكثر أمانًا",
    },
}
"""What stands before each part, discreet enough for a lock screen. The desk previews a plan with the same words."""


def headings(language: str) -> Mapping[str, str]:
    """In this language, or else in English."""
    return HEADINGS.get(language) or HEADINGS.get(language.split("-")[0]) or HEADINGS["en"]


def compose(parts: Mapping[str, str], language: str) -> str:
    """The plan as it is said: a title, and each part that says something on a line of its own. Empty if none does."""
    told = headings(language)
    lines = [f"{told[part]}: {parts[part].strip()}" for part in guide.PARTS if parts.get(part, "").strip()]
    return "\n".join([told["title"], *lines]) if lines else ""


def write_plan(
    staff: UUID, conversation: UUID, parts: Mapping[str, str], key: str | None = None
) -> Stored | None:
    """Keeps the plan in place of the one before; with `key` it is also said, once however often it is asked.

    What cannot be said is not kept either. Raises NotFound, BadInput (`empty`, `too_long`), Forgotten, or Refused as
    `actions.say` does.
    """
    if key and (known := stored_before([(staff, key)])):
        return known[staff, key]
    with transaction.atomic():
        said = _say(staff, conversation, parts, key) if key else None
        row = access.taking_part(staff, conversation)
        _keep(row, staff, parts, said, timezone.now())
        row.save(update_fields=["version", "guide_version"])
        announce.after_commit(changed(row))
        return said


def _say(staff: UUID, conversation: UUID, parts: Mapping[str, str], key: str) -> Stored:
    language = Conversation.objects.filter(id=conversation).values_list("language", flat=True).first()
    text = compose(parts, language or "en")
    if not text:
        raise BadInput("There is nothing in this plan yet.", code="empty")
    return actions.say(Saying(staff, conversation, key, text, purpose=PURPOSE))


def _keep(
    row: Conversation, staff: UUID, parts: Mapping[str, str], said: Stored | None, now: datetime
) -> None:
    sealer = noting.sealer_beside(row)
    noting.beside(row)
    written = json.dumps({part: parts.get(part, "") for part in guide.PARTS})
    plan = {"parts_sealed": sealer.seal(written, guide.place_of_plan(row.id)), "by": staff, "at": now}
    Plan.objects.update_or_create(conversation=row, defaults=plan | ({"sent_seq": said.seq} if said else {}))
