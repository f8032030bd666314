"""What people do to a word so that no filter sees it, done to the words of risk; seeded, so it can be repeated."""

import random
import re
from collections.abc import Callable

_LEET = {"a": "4@", "e": "3", "i": "1!", "o": "0", "s": "5$", "t": "7", "l": "1|"}
_ALIKE = {"a": "а", "c": "с", "e": "е", "i": "і", "o": "о", "p": "р", "s": "ѕ", "x": "х", "y": "у"}
_UNSEEN = "\u200b\u200c\u200d\u00ad\u2060"
_BETWEEN = " .-_*"

# Written for this: beginnings of words that say what is wrong, in English and Spanish.
_RISKY = re.compile(
    r"\b(?:suicid|kill|die\b|died|dying|dead|death|pills?|overdos|cut|cutting|blade|razor|hang|noose|rope|gun|shoot|"
    r"knife|stab|jump|bridge|hurt|harm|hit|hitting|beat|chok|strangl|rape|abus|bleed|blood|breath|poison|bleach|"
    r"goodbye|end it|murder|attack|weapon|suicidar|matar|mato|morir|muert|muero|pastilla|cort|sangr|pistola|"
    r"cuchillo|navaja|golpe|pega|ahorc|ahog|cuerda|puente|saltar|viol|herir|lastim|veneno)\w*",
    re.IGNORECASE,
)


def _leet(word: str, dice: random.Random) -> str:
    places = [place for place, letter in enumerate(word) if letter.lower() in _LEET]
    for place in dice.sample(places, min(len(places), dice.randint(1, 2))):
        word = word[:place] + dice.choice(_LEET[word[place].lower()]) + word[place + 1 :]
    return word


def _spaced(word: str, dice: random.Random) -> str:
    return dice.choice(_BETWEEN).join(word)


def _alike(word: str, dice: random.Random) -> str:
    return "".join(_ALIKE.get(letter, letter) if dice.random() < 0.6 else letter for letter in word)


def _swapped(word: str, dice: random.Random) -> str:
    if len(word) < 4:
        return word
    place = dice.randrange(1, len(word) - 2)
    return word[:place] + word[place + 1] + word[place] + word[place + 2 :]


def _doubled(word: str, dice: random.Random) -> str:
    place = dice.randrange(len(word))
    return word[:place] + word[place] * dice.randint(2, 4) + word[place + 1 :]


def _unseen(word: str, dice: random.Random) -> str:
    place = dice.randrange(1, max(len(word), 2))
    return word[:place] + dice.choice(_UNSEEN) + word[place:]


WAYS: dict[str, Callable[[str, random.Random], str]] = {
    "leet": _leet,
    "spaced": _spaced,
    "look-alikes": _alike,
    "swapped": _swapped,
    "doubled": _doubled,
    "zero-width": _unseen,
}


def is_risky(text: str) -> bool:
    """Whether there is a word to disguise."""
    return _RISKY.search(text) is not None


def perturb(text: str, dice: random.Random, way: str | None = None) -> str:
    """`text` with each word of risk disguised, in one `way`, or in any that `dice` chooses."""

    def disguise(match: re.Match[str]) -> str:
        return WAYS[way or dice.choice(sorted(WAYS))](match.group(), dice)

    return _RISKY.sub(disguise, text)
