"""In which language a visitor's page is: what they ask for, else what their browser prefers, else the line's first."""

import pytest
from django.test import Client

from chatline.lines.models import Script
from chatline.web.language import Choice, Other, choose, others
from tests.cast import Cast

EN, ES, AR = Choice("en", "en"), Choice("es", "es"), Choice("ar", "ar")
BROWSERS = [
    ("", ES),
    ("en", EN),
    ("en-GB,en;q=0.9", EN),
    ("de,fr;q=0.8,ar;q=0.5,en;q=0.3", AR),
    ("de", ES),
    ("*", ES),
    ("en;q=0,ar", AR),
    ("ar;q=0.4,en;q=0.9", EN),
    (",;q=x,--", ES),
]


@pytest.mark.parametrize(("accepts", "expected"), BROWSERS)
def test_a_browser_says_what_it_prefers(accepts: str, expected: Choice) -> None:
    assert choose("", accepts, ["es", "en", "ar"]) == expected


def test_a_choice_goes_before_the_browser() -> None:
    assert choose("ar", "en", ["en", "es", "ar"]) == AR


@pytest.mark.parametrize("asked", ["de", "zz", "../../etc", "en\r\nSet-Cookie: a=b", "x" * 5_000])
def test_a_choice_that_is_none_changes_nothing(asked: str) -> None:
    assert choose(asked, "es", ["en", "es"]) == ES


def test_a_language_that_the_line_does_not_answer_in_is_not_shown() -> None:
    assert choose("ar", "ar", ["en", "es"]) == EN


def test_a_line_may_name_the_country_of_its_language() -> None:
    assert choose("", "es-AR", ["en-US", "es-MX", "es-PR"]) == Choice("es", "es-MX")
    assert choose("es-MX", "", ["en-US", "es-MX"]) == Choice("es", "es-MX")


def test_a_line_in_a_language_without_pages_has_english_ones() -> None:
    assert choose("", "fr", ["fr"]) == Choice("en", "fr")
    assert choose("", "fr", []) == EN


def test_a_line_whose_first_language_has_no_pages_is_shown_in_the_next_that_has() -> None:
    assert choose("", "", ["fr", "es"]) == ES


def test_there_is_something_to_choose_where_a_line_has_several() -> None:
    assert others(ES, ["en-US", "es", "fr", "en"]) == [
        Other("en", "English", False),
        Other("es", "Español", True),
    ]
    assert others(EN, ["en", "fr"]) == []


@pytest.fixture
def pages(cast: Cast) -> list[str]:
    """A page of each kind, of a line that also answers in Arabic."""
    cast.line.languages = ["en", "es", "ar"]
    cast.line.alternatives = "Call or text 988."
    cast.line.save()
    Script.objects.create(line=cast.line, purpose="alternatives", language="ar", text="اتصل على 988.")
    return ["/", "/chat/demo/", f"/embed/{cast.site.key}/", "/t/demo/"]


@pytest.mark.django_db
def test_each_page_is_in_the_language_that_was_chosen(pages: list[str], client: Client) -> None:
    for path in pages:
        response = client.get(path, {"language": "ar"}, headers={"Accept-Language": "es"})
        assert '<html lang="ar" dir="rtl"' in response.text, path
        assert response["Content-Language"] == "ar"
        assert not response.cookies


@pytest.mark.django_db
def test_each_page_follows_the_browser_and_offers_the_others(pages: list[str], client: Client) -> None:
    for path in pages:
        response = client.get(path, headers={"Accept-Language": "es-MX,es;q=0.9"})
        assert '<html lang="es" dir="ltr"' in response.text, path
        assert 'lang="ar"' in response.text
        assert "Accept-Language" in response["Vary"]


@pytest.mark.django_db
def test_a_page_in_one_language_does_not_speak_of_others(client: Client, cast: Cast) -> None:
    cast.line.languages = ["en"]
    cast.line.save()
    for path in ["/chat/demo/", "/t/demo/"]:
        assert "Español" not in client.get(path).text


@pytest.mark.django_db
def test_other_help_is_told_in_the_language_of_the_page(pages: list[str], client: Client) -> None:
    for path in pages[1:]:
        assert "اتصل على 988." in client.get(path, {"language": "ar"}).text, path
        assert "Call or text 988." in client.get(path, {"language": "es"}).text, path


@pytest.mark.django_db
def test_pages_of_staff_are_not_offered_in_what_they_are_not_translated_into(
    client: Client, cast: Cast
) -> None:
    answered = client.get("/accounts/login/", headers={"Accept-Language": "ar,es;q=0.5"})
    assert '<html lang="en" dir="ltr"' in answered.text
