"""Whoever is in distress reads worse than ever: what we say to them is for five years of school."""

from collections.abc import Callable

import pytest

from chatline.conversations import reading
from chatline.conversations.reading import english_syllables, sentences, spanish_syllables
from chatline.conversations.texts import automatic
from chatline.lines.models import Line
from tests import catalogue

MOST_WORDS = 12
"""In a sentence."""

FACTS = {
    "name": "Sam",
    "leave": "Leave now",
    "when": "at nine",
    "at": "at nine",
    "day": "Monday",
    "others": "Call 988.",
}
TEXTS = sorted((catalogue.ROOT / "templates" / "texts").glob("*.txt"))
LINE = Line(name="The line", short_name="The line", emergency="911")


def pages(language: str) -> list[str]:
    """All that pages say to visitors; English is what stands in the templates, which a catalogue holds too."""
    entries = catalogue.entries("es")
    forms = [form for entry in entries for form in (entry.said if language == "en" else entry.told)]
    return [catalogue.filled(form, FACTS) for form in forms]


def texts(language: str) -> list[str]:
    purposes = [file.name.split(".")[0] for file in TEXTS if file.name.endswith(f".{language}.txt")]
    told = (automatic(LINE, purpose, language, opens="at nine", minutes=5) for purpose in purposes)
    return [text.removeprefix("The line: ") for text in told]


def too_hard(text: str, language: str) -> bool:
    parts = sentences(text)
    grade = reading.grade(text, language)
    return grade is not None and (grade > reading.GRADE or max(map(len, parts)) > MOST_WORDS)


@pytest.mark.parametrize("language", reading.MEASURES)
def test_pages_speak_plainly(language: str) -> None:
    assert len(pages(language)) > 100
    assert [text for text in pages(language) if too_hard(text, language)] == []


@pytest.mark.parametrize("language", reading.MEASURES)
@pytest.mark.django_db
def test_texts_speak_plainly(language: str) -> None:
    assert len(texts(language)) > 10
    assert [text for text in texts(language) if too_hard(text, language)] == []


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Your communication has been terminated due to insufficient participation.", "en"),
        ("You can write to us here and we will read it and then we will answer you.", "en"),
        ("Su comunicación ha finalizado automáticamente por insuficiente participación.", "es"),
    ],
)
def test_hard_words_and_long_sentences_are_found(text: str, language: str) -> None:
    assert too_hard(text, language)


ENGLISH = {
    1: "we page don't",
    2: "erased people someone table minutes quiet",
    3: "idea volunteer messages",
    4: "emergency",
}
SPANISH = {
    1: "quién muy",
    2: "día ciudad guerra país oír estás",
    3: "línea pingüino",
    4: "voluntaria todavía",
}


def test_syllables_are_counted() -> None:
    assert [counted(words, english_syllables) for words in ENGLISH.values()] == [{one} for one in ENGLISH]
    assert [counted(words, spanish_syllables) for words in SPANISH.values()] == [{one} for one in SPANISH]


def counted(words: str, syllables: Callable[[str], int]) -> set[int]:
    return {syllables(word) for word in words.split()}
