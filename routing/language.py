"""Which language a short text is in, by words that are common in one language and not words of another. Pure.

`None` is the answer to anything that does not say so plainly (a name, "no", "ok", two languages at once): then what
was known of the person stays. Accents are optional, because people who text leave them out.
"""

import re
import unicodedata
from collections.abc import Iterable

_PLAIN: dict[str, str] = {
    # Not: no, me, a, he, has, come, van, once, pie, solo... which are words of the other one as well, nor ya and yo,
    # which are slang of it, nor hi, hey and okay, which everybody writes.
    "en": """
        hello thanks thank please i'm im i've ive don't dont can't cant didn't doesn't isn't anyone anybody someone
        somebody something anything everything nothing talk need want feel feeling going know help
    """,
    "es": """
        hola gracias buenas buenos necesito quiero puedo estoy tengo ayuda ayudenme ayudame porfa favor hablar alguien
        nadie nada porque aqui ahora mama papa triste miedo siento quisiera puede pueden espanol
    """,
}
"""A word that says it alone."""

_COMMON: dict[str, str] = {
    "en": """
        i the and you my to of is it that this am are was were with for have had do not what how who why when just so
        but because about all there think get be been if at on out they she we your from would could should think
        tonight today really good night morning really never ever too much more people life home
    """,
    "es": """
        que de la el los las y en un una por con para pero mi tu es esta esto eso son soy se lo le les te su sus si
        bien mal muy mas como cuando donde hay hoy siempre nunca todo todos vida casa familia dias noches tardes
        noche sola cansada cansado otra vez hace desde sin ser estar hacer morir vivir
    """,
}
"""A word that says it together with another."""


def _weights() -> dict[str, dict[str, int]]:
    return {
        language: dict.fromkeys(_COMMON[language].split(), 1) | dict.fromkeys(_PLAIN[language].split(), 2)
        for language in _PLAIN
    }


_WEIGHTS = _weights()
_SPANISH_SIGNS = re.compile("[ñ¿¡]")
_ARABIC = re.compile("[\u0621-\u063a\u0641-\u064a]{2,}")
_OTHERS_IN_ARABIC_SCRIPT = re.compile("[\u0671-\u06d3]")
"""Letters that Persian, Urdu, Kurdish and others write and Arabic does not, or writes in another form."""
_SURE = 2
_TWICE = 2
"""How many times the evidence for the second language; two languages at once are neither."""


def language_of(text: str, offered: Iterable[str]) -> str | None:
    """The language among `offered` (codes such as `en`, `es` or `es-MX`) that this text is plainly in, or None."""
    scores = _scores(text)
    (best, most), (_, second) = sorted(scores.items(), key=lambda one: -one[1])[:2]
    if most < _SURE or most < _TWICE * second:
        return None
    return next((code for code in offered if code.split("-")[0].lower() == best), None)


def _scores(text: str) -> dict[str, int]:
    words = re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)?", folded(text))
    scores = {language: sum(weights.get(word, 0) for word in words) for language, weights in _WEIGHTS.items()}
    scores["es"] += 2 * bool(_SPANISH_SIGNS.search(text.lower()))
    # One word is enough: nobody writes it by accident, and the words of other languages are in other letters.
    scores["ar"] = 0 if _OTHERS_IN_ARABIC_SCRIPT.search(text) else 2 * len(_ARABIC.findall(text))
    return scores


def folded(text: str) -> str:
    """Without case, accents and curly apostrophes: people who text leave them out, or their phones add them."""
    parts = unicodedata.normalize("NFD", text.replace("\u2019", "'").casefold())
    return "".join(one for one in parts if not unicodedata.combining(one))
