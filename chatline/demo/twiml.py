"""What the line's answer to a webhook makes the provider do: text the person, mostly by mistake; or go on in a call.

Pure. Rules: https://www.twilio.com/docs/messaging/twiml and https://www.twilio.com/docs/voice/twiml
"""

from xml.etree import ElementTree

from chatline.demo.records import Verb

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
    if _plain(kind) == "text/plain":
        return [body]
    return [_words(message) for message in _read(kind, body).findall("Message")][:MOST_REPLIES]


def verbs(kind: str, body: str) -> list[Verb]:
    """What a call is to do, up to the end of it; of the verbs those that the line uses. Raises BadAnswer."""
    found: list[Verb] = []
    for one in _read(kind, body):
        if one.tag == "Hangup":
            break
        if one.tag == "Gather":
            words = " ".join("".join(said.itertext()) for said in one.findall("Say"))
            found.append(Verb(words, one.get("action", ""), float(one.get("timeout", 5))))
        elif one.tag == "Say":
            found.append(Verb("".join(one.itertext())))
        else:
            raise BadAnswer(12100)
    return found


def _plain(kind: str) -> str:
    return kind.partition(";")[0].strip().lower()


def _read(kind: str, body: str) -> ElementTree.Element:
    if _plain(kind) not in _TWIML:
        raise BadAnswer(12300)
    if len(body.encode()) > LARGEST:
        raise BadAnswer(11750)
    try:
        root = ElementTree.fromstring(body.encode())  # noqa: S314  # from the line, whose stand-in this is
    except ElementTree.ParseError:
        raise BadAnswer(12100) from None
    if root.tag != "Response":
        raise BadAnswer(12100)
    return root


def _words(message: ElementTree.Element) -> str:
    bodies = message.findall("Body")
    return "".join("".join(body.itertext()) for body in bodies or [message]).strip()
