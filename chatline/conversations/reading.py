"""How hard a text is to read, in years of school, for the two languages that have a published measure of it.

English: Flesch-Kincaid (Kincaid and others 1975, Derivation of New Readability Formulas for Navy Enlisted Personnel).
Spanish: Crawford (1989, Fórmula y gráfico para determinar la comprensibilidad de textos del nivel primario en
castellano, Lectura y Vida 10:4), which was made for texts of primary school. Both count words, sentences, syllables.
Pure.
"""

import re
import unicodedata
from collections.abc import Callable

WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)?")
_END = re.compile(r"[.!?:;]+(?=\s|$)|\n")


def sentences(text: str) -> list[list[str]]:
    """Each with its words; what holds none (a number, an address) is no sentence."""
    return [words for part in _END.split(text) if (words := WORD.findall(part))]


def english(text: str) -> float:
    parts = sentences(text)
    words = [word for part in parts for word in part]
    return 0.39 * len(words) / len(parts) + 11.8 * _each(words, english_syllables) - 15.59


def spanish(text: str) -> float:
    parts = sentences(text)
    words = [word for part in parts for word in part]
    return -0.205 * 100 * len(parts) / len(words) + 0.049 * 100 * _each(words, spanish_syllables) - 3.407


MEASURES: dict[str, Callable[[str], float]] = {"en": english, "es": spanish}

GRADE = 5.0
"""What is said to people in distress, who read worse than ever, is for so many years of school."""

FEWEST_WORDS = 5
"""A text of fewer words has no grade: both measures are of sentences."""


def grade(text: str, language: str) -> float | None:
    """None where the language has no measure, or the text is too short for one."""
    measure = MEASURES.get(language.split("-")[0])
    return measure(text) if measure and sum(map(len, sentences(text))) >= FEWEST_WORDS else None


def _each(words: list[str], syllables: Callable[[str], int]) -> float:
    return sum(map(syllables, words)) / len(words)


_SILENT = re.compile(r"(?:[^laeiouy]e|[aeiouy]le|[^tdaeiouy]ed|[^cgsxzlaeiouy]es)$")
_APART = re.compile(r"ia|io(?!n|u)|eo(?!p)|ea$|[yeo]ing|uie|ua[lt]")


def english_syllables(word: str) -> int:
    """Groups of vowels, less those that are not spoken, and one more where two vowels are spoken apart."""
    letters = word.lower().replace("\u2019", "'").split("'")[0]
    letters = re.sub(r"some(?=[a-z])", "som", letters)
    found = len(re.findall(r"[aeiouy]+", letters)) + len(_APART.findall(letters))
    return max(1, found - bool(_SILENT.search(letters)))


def spanish_syllables(word: str) -> int:
    """Groups of vowels; two strong ones, or an accented weak one beside another, are two."""
    letters = unicodedata.normalize("NFC", word.lower())
    letters = re.sub(r"(?<=[gq])u(?=[eiéí])", "", letters)
    nuclei = re.findall(r"[aeoáéóíú]|[iuüy](?![aeoáéóiuíúy])(?<![aeoáéó][iuüy])", letters)
    return max(1, len(nuclei))
