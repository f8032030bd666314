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
FACTS = {
    "opens": "on Wednesday at 12:30pm",
    "minutes": 45,
    "name": "A supervisor with a name of 40 letters..",
    "words": "We are back at nine.",
}
"""What texts speak of besides the line, where they do."""

PARTS_IN_ARABIC = 134
"""Its letters are not in that alphabet: 67 of them make one of several parts (3GPP TS 23.040), and two are the most."""

KEYWORD_ANSWERS = {"stop", "start", "help", "deleted", "deleted_held", "delete_later"}
SPOKEN, KEYWORDS = {"en", "es", "ar"}, {"en", "es", "fr", "ar"}
"""The languages of all texts, and of the answers to keywords; any other language is answered in English."""


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
@pytest.mark.django_db
def test_a_text_costs_as_little_as_its_letters_allow(file: Path) -> None:
    purpose, language, _ = file.name.split(".")
    text = automatic(LINE, purpose, language, **FACTS)
    assert len(text) <= (PARTS_IN_ARABIC if language == "ar" else 160)
    assert language == "ar" or set(text) <= GSM7  # which the oldest phone shows


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
@pytest.mark.django_db
def test_a_text_names_the_line_as_it_is_written(file: Path) -> None:
    purpose, language, _ = file.name.split(".")
    assert "O'Brien & sons' line 24" in automatic(LINE, purpose, language)


def test_every_text_exists_in_every_language_it_is_promised_in() -> None:
    told = {tuple(file.name.split(".")[:2]) for file in FILES}
    purposes = {purpose for purpose, _ in told}
    assert purposes >= KEYWORD_ANSWERS
    assert told == {
        (purpose, language)
        for purpose in purposes
        for language in (KEYWORDS if purpose in KEYWORD_ANSWERS else SPOKEN)
    }


@pytest.mark.parametrize("purpose", ["closed", "paused", "paused_words", "full", "still_waiting", "expired"])
@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.django_db
def test_who_cannot_be_answered_reads_of_other_help_in_one_part(purpose: str, language: str) -> None:
    line = Line(short_name="Demo line", alternatives="Call or text 988, or visit the nearest emergency room.")
    text = automatic(line, purpose, language, **FACTS)
    assert "988" in text
    assert len(text) <= 160


@pytest.mark.django_db
def test_other_help_is_told_in_the_words_that_the_line_has_for_the_language() -> None:
    line = Line.objects.create(name="A line", short_name="A line", slug="a", alternatives="Call 988.")
    Script.objects.create(line=line, purpose="alternatives", language="es", text="Llama al 988.")
    assert "Llama al 988." in automatic(line, "closed", "es-MX")
    assert "Call 988." in automatic(line, "closed", "en")


@pytest.mark.django_db
def test_what_is_said_in_english_for_want_of_another_language_is_english_throughout() -> None:
    line = Line.objects.create(name="A line", short_name="A line", slug="a", alternatives="Call 988.")
    Script.objects.create(line=line, purpose="alternatives", language="de", text="Ruf 988 an.")
    assert automatic(line, "closed", "de") == automatic(line, "closed", "en")


@pytest.mark.django_db
def test_a_wait_that_nobody_knows_is_not_told_in_minutes() -> None:
    assert "minutes" in automatic(LINE, "waiting", "en", minutes=7)
    assert "minutes" not in automatic(LINE, "waiting", "en", minutes=None)


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
    assert automatic(LINE, "stop", "de") == automatic(LINE, "stop", "en")
    assert automatic(LINE, "welcome", "fr-CA") == automatic(LINE, "welcome", "en")
