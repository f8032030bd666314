"""A text as the provider hands it over: read from its form, and given to `routing.intake`; but for answers to pages.

The form also tells the city, state, postcode and country of the sender. They locate an anonymous person, so nothing
here ever looks at them: `Text` has no place for them.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from chatline.conversations.media import Attachment
from chatline.conversations.states import Medium
from chatline.errors import BadInput
from chatline.lines.models import Number
from chatline.sms import addresses, answers, encoded, keywords
from chatline.sms.fingerprints import fingerprints_of
from routing.carrier_words import Keyword
from routing.intake import Heard, receive

_ID = re.compile(r"[!-~]{1,64}")
"""Ids and numbers: visible ASCII, and never longer than the columns that keep them."""


MOST_ATTACHMENTS = 10
"""As many as the provider lets a message have."""


@dataclass(frozen=True, slots=True)
class Text:
    """One inbound text. `sid` is the provider's id for it; `sender` and `to` are numbers as the provider writes them.

    `words` is never empty: pictures and the like are named in brackets; `media` is where those of them are that can be
    fetched. `opt_out` is what the provider itself took the
    text for (`STOP`, `START`, `HELP`), where it reads keywords for its customers.
    """

    sid: str
    sender: str
    to: str
    words: str
    opt_out: str = ""
    media: tuple[Attachment, ...] = ()

    def __post_init__(self) -> None:
        # Whoever keeps a text as JSON, which knows no tuples, gets the same one back.
        object.__setattr__(self, "media", tuple(Attachment(*one) for one in self.media))

    @classmethod
    def of(cls, form: Mapping[str, str]) -> Self:
        """Reads the provider's fields; unknown ones are ignored. Raises BadInput `malformed`."""
        sid, sender, to = (form.get(name, "") for name in ("MessageSid", "From", "To"))
        if not all(_ID.fullmatch(part) for part in (sid, sender, to)):
            raise BadInput("This is no text of the provider's.", code="malformed")
        attachments = list(_attachments(form))
        media = tuple(one for one in attachments if addresses.of_media(one.address))
        return cls(sid, sender, to, _words(form, attachments), form.get("OptOutType", ""), media)


def _words(form: Mapping[str, str], attachments: Sequence[Attachment]) -> str:
    body = form.get("Body", "")
    parts = [body] if body.strip() else []
    if reading := encoded.reading(body):
        parts.append(f"[this reads as] {reading}")
    return "\n".join([*parts, *(_named(one.kind) for one in attachments)]) or "[an empty text]"


_KINDS = {
    "image": "[picture]",
    "video": "[video]",
    "audio": "[voice message]",
    "text/vcard": "[contact]",
    "text/x-vcard": "[contact]",
}


def _attachments(form: Mapping[str, str]) -> Iterator[Attachment]:
    count = form.get("NumMedia", "")[:4]
    for index in range(min(int(count), MOST_ATTACHMENTS) if count.isdecimal() else 0):
        kind = form.get(f"MediaContentType{index}", "").lower()
        yield Attachment(kind, form.get(f"MediaUrl{index}", ""))


def _named(kind: str) -> str:
    return _KINDS.get(kind) or _KINDS.get(kind.split("/")[0]) or "[file]"


def take_in(text: Text, came_at: datetime | None = None) -> bool:
    """Stores a text with the line whose number it came to; False if no line has that number.

    `came_at` is when it came, where it has waited since (a spool, a stray, the provider's list).
    Raises TryAgain, or a database error, when it could not be stored.
    """
    number = Number.objects.select_related("line").filter(number=text.to).first()
    if number is None:
        return False
    if answers.is_answer(text.sid, text.sender, text.to, text.words):
        return True
    # Before any transaction: it takes milliseconds on purpose.
    fingerprint, *earlier = fingerprints_of(text.sender, number.line.id)
    keyword, language, answered = _keyword(text, number.line.languages)
    receive(
        Heard(
            line=number.line.id,
            medium=Medium.SMS,
            key=text.sid,
            text=text.words,
            language=next(iter(number.line.languages), "en"),
            fingerprint=fingerprint,
            earlier=tuple(earlier),
            number=text.sender,
            to=text.to,
            keyword=keyword,
            keyword_language=language,
            answered=answered,
            media=text.media,
            came_at=came_at,
        )
    )
    return True


def _keyword(text: Text, languages: Iterable[str]) -> tuple[Keyword | None, str | None, bool]:
    """The keyword, the language it is of, and whether the provider has read and answered it for us.

    `OptOutType` comes with an answer of the provider's own: https://www.twilio.com/docs/messaging/twiml
    """
    keyword, language = keywords.read(text.words, languages) or (None, None)
    if text.opt_out.lower() in set(Keyword):
        return Keyword(text.opt_out.lower()), language, True
    return keyword, language, False
