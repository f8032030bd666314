"""What a whole text means to a carrier: stop, start again, help. Pure.

Only a whole message is a keyword, after trimming and surrounding punctuation: "stop." is, "please stop hurting me",
"no" and "end it all" never are. The words are those that carriers in the United States and Canada ask for
(CTIA Messaging Principles; 47 CFR 64.1200(a)(10); CWTA) with their Spanish and French forms.
"""

import re
import string
import unicodedata

from routing.intake import Keyword

_WORDS = {
    Keyword.STOP: """
        stop, stopall, stop all, end, cancel, unsubscribe, unsub, quit, revoke, optout, opt out, opt-out,
        alto, parar, cancelar, arret, arrêt, désabonner
    """,
    # YES brings back whoever opted out; from anybody else `routing.intake` takes it as the message it is.
    Keyword.START: "start, unstop, yes",
    Keyword.HELP: "help, info, ayuda, aide",
}
_KEYWORDS = {word.strip(): keyword for keyword, words in _WORDS.items() for word in words.split(",")}
_LONGEST = 40


def read(text: str) -> Keyword | None:
    """The keyword that this text is as a whole, or None."""
    if len(text) > _LONGEST:
        return None
    folded = unicodedata.normalize("NFKC", text).casefold()
    return _KEYWORDS.get(re.sub(r"\s+", " ", _bare(folded)))


def _bare(text: str) -> str:
    """Without what surrounds it: blanks, punctuation, and what keyboards add unseen. An emoji says something."""
    first, last = 0, len(text)
    while first < last and _is_trim(text[first]):
        first += 1
    while first < last and _is_trim(text[last - 1]):
        last -= 1
    return text[first:last]


def _is_trim(character: str) -> bool:
    return character in string.punctuation or unicodedata.category(character)[0] in "PZC"
