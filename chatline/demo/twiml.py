"""What the line's answer to a webhook makes the provider do: text the person, for the most part by mistake. Pure.

Rules: https://www.twilio.com/docs/messaging/twiml
"""

from xml.etree import ElementTree

MOST_REPLIES = 10
LARGEST = 64 * 1_024

_TWIML = {"text/xml", "application/xml", "text/html"}


class BadAnswer(Exception):
    """The provider cannot make anything of it; `code` is its own: https://www.twilio.com/docs/api/errors"""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def replies(kind: str, body: str) -> list[str]:
    """The texts that go to the person, for a good answer of this content type. Raises BadAnswer."""
    if not body:
        return []
    kind = kind.partition(";")[0].strip().lower()
    if kind == "text/plain":
        return [body]
    if kind not in _TWIML:
        raise BadAnswer(12300)
    if len(body.encode()) > LARGEST:
        raise BadAnswer(11750)
    try:
        root = ElementTree.fromstring(body.encode())  # noqa: S314  # from the line, whose stand-in this is
    except ElementTree.ParseError:
        raise BadAnswer(12100) from None
    if root.tag != "Response":
        raise BadAnswer(12100)
    return [_words(message) for message in root.findall("Message")][:MOST_REPLIES]


def _words(message: ElementTree.Element) -> str:
    bodies = message.findall("Body")
    return "".join("".join(body.itertext()) for body in bodies or [message]).strip()
