"""The automatic texts that the line sends by itself."""

from pathlib import Path

import pytest

from chatline.conversations.texts import automatic
from chatline.lines.models import Line, Script

TEXTS = Path(__file__).parent.parent.parent / "templates" / "texts"
FILES = sorted(TEXTS.glob("*.txt"))
GSM7 = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""3GPP TS 23.038, the default alphabet without its extension."""

LINE = Line(
    name="The longest line",
    short_name="O'Brien & sons' line 24",
    emergency="911",
    info_url="https://example.org",
)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
@pytest.mark.django_db
def test_a_text_costs_one_part_and_reads_on_the_oldest_phone(file: Path) -> None:
    purpose, language, _ = file.name.split(".")
    text = automatic(LINE, purpose, language)
    assert set(text) <= GSM7
    assert len(text) <= 160


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
@pytest.mark.django_db
def test_a_text_names_the_line_as_it_is_written(file: Path) -> None:
    purpose, language, _ = file.name.split(".")
    assert "O'Brien & sons' line 24" in automatic(LINE, purpose, language)


def test_every_text_exists_in_every_language() -> None:
    told = {tuple(file.name.split(".")[:2]) for file in FILES}
    purposes, languages = {purpose for purpose, _ in told}, {language for _, language in told}
    assert told == {(purpose, language) for purpose in purposes for language in languages}


@pytest.mark.parametrize("word", ["suicid", "abuse", "crisis", "harm", "abuso"])
def test_no_text_names_a_topic_that_a_lock_screen_would_show(word: str) -> None:
    assert not [file.name for file in FILES if word in file.read_text().lower()]


@pytest.mark.django_db
def test_a_line_speaks_in_its_own_words_where_it_has_some() -> None:
    line = Line.objects.create(name="A line", short_name="A line", slug="a")
    Script.objects.create(line=line, purpose="help", language="en", text="{{ line.short_name }}: we help.")
    assert automatic(line, "help", "en") == "A line: we help."


@pytest.mark.django_db
def test_a_language_without_a_text_is_answered_in_english() -> None:
    assert automatic(LINE, "stop", "fr") == automatic(LINE, "stop", "en")
