"""What a whole text means to a carrier: stop, start again, help; and to us: delete. Pure.

Only a whole message is a keyword, after trimming and surrounding punctuation: "stop." is, "please stop hurting me",
"no" and "end it all" never are.

The words of `EVERYWHERE` are known to every line, because a carrier asks for them whatever the line speaks: in the
United States (CTIA Messaging Principles; 47 CFR 64.1200(a)(10)) and, in both its languages, in Canada (CWTA Common
Short Code Guidelines: HELP, AIDE, INFO, STOP, ARRET). The others are words of
everyday speech somewhere, so a line knows only those of its languages: "alto" is an opt-out in Spanish and somebody's
height or voice elsewhere.
"""

import re
import string
import unicodedata
from collections.abc import Iterable, Iterator

from routing.carrier_words import Keyword
from routing.language import folded

EVERYWHERE: dict[str, dict[Keyword, str]] = {
    # Without a language of their own: our texts in every language tell people to send these.
    "": {
        Keyword.STOP: """
            stop, stopall, stop all, end, cancel, unsubscribe, unsub, quit, revoke, optout, opt out, opt-out
        """,
        # YES brings back whoever opted out; from anybody else `routing.carrier_words` takes it as the message it is.
        Keyword.START: "start, unstop, yes",
        Keyword.HELP: "help, info",
        # Never what somebody may say of themselves ("erase me", "delete me", "forget me").
        Keyword.DELETE: "delete, delete my data, delete my texts, delete my messages",
    },
    "fr": {Keyword.STOP: "arret", Keyword.HELP: "aide"},
}

SPOKEN: dict[str, dict[Keyword, str]] = {
    "es": {
        Keyword.STOP: "alto, parar, cancelar, baja",
        Keyword.START: "empezar, comenzar, reanudar, si",
        Keyword.HELP: "ayuda, informacion",
        Keyword.DELETE: "borrar, eliminar, borrar mis datos, borrar mis mensajes, eliminar mis datos",
    },
    "fr": {
        Keyword.STOP: "arreter, desabonner, desabonnement, annuler",
        Keyword.START: "commencer, reprendre, oui",
        Keyword.HELP: "a l'aide",
        Keyword.DELETE: "supprimer, effacer, supprimer mes donnees, effacer mes messages",
    },
}
"""Without accents, which a text may have or not."""

_LONGEST = 40

Found = tuple[Keyword, str | None]
"""A keyword and the language it is of; None for one that everybody is told to send, whatever they speak."""


def read(text: str, languages: Iterable[str]) -> Found | None:
    """The keyword that this text is as a whole on a line with these languages, or None."""
    if len(text) > _LONGEST:
        return None
    words = re.sub(r"\s+", " ", folded(_bare(unicodedata.normalize("NFKC", text))))
    if found := _EVERYWHERE.get(words):
        return found
    spoken = {language.split("-")[0].lower() for language in languages}
    return next((found for language, found in _SPOKEN.get(words, ()) if language in spoken), None)


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


def _by_word(words: dict[str, dict[Keyword, str]]) -> Iterator[tuple[str, Found]]:
    for language, keywords in words.items():
        for keyword, listed in keywords.items():
            for word in listed.split(","):
                yield word.strip(), (keyword, language or None)


_EVERYWHERE = dict(_by_word(EVERYWHERE))
_SPOKEN: dict[str, list[tuple[str, Found]]] = {}
for _word, _found in _by_word(SPOKEN):
    _SPOKEN.setdefault(_word, []).append((_found[1] or "", _found))
