"""What people are told of privacy is what the promises and their tests say, in every language of the pages."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from chatline.web.facts import facts, threat_model, told
from tests.cast import Cast
from tools.security.__main__ import REQUIREMENTS
from tools.threat_model import PLACE

LANGUAGES = [code for code, _ in settings.VISITOR_LANGUAGES]
PROMISED = set(tomllib.loads(REQUIREMENTS.read_text()))
TESTED = {
    name
    for file in (Path(__file__).parents[1]).rglob("test_*.py")
    for name in re.findall(r'requirement\("(R-\d\d)"\)', file.read_text(encoding="utf-8"))
}
KINDS = ("kept", "never", "against")


def all_facts() -> list[dict[str, Any]]:
    return [one for kind in KINDS for one in facts()[kind]]


def test_every_fact_is_held_by_promises_that_tests_prove() -> None:
    named = {name for one in all_facts() for name in one["by"]}
    assert named <= PROMISED & TESTED
    assert all(one["by"] for one in all_facts())


def test_every_promise_protects_against_somebody_or_holds_what_is_kept() -> None:
    assert PROMISED - {name for one in all_facts() for name in one["by"]} == {
        "R-07"
    }  # rotating is not for people


def test_the_threat_model_is_made_of_the_facts() -> None:
    assert PLACE.read_text(encoding="utf-8") == threat_model(), "run python -m tools.threat_model"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_fact_is_told_in_every_language_or_in_none(language: str) -> None:
    assert [language in one for one in all_facts()] == ["en" in one for one in all_facts()]
    assert set(facts()["page"][language]) == set(facts()["page"]["en"])


def test_sentences_are_short_enough_for_somebody_in_distress() -> None:
    said = [one for kind in KINDS for one in told("en", days=30, hours=24)[kind]]
    longest = max((len(sentence.split()), sentence) for one in said for sentence in re.split(r"[.?!] ", one))
    assert longest[0] <= 20, longest[1]


@pytest.mark.django_db
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_says_it_with_the_lines_own_days(language: str, client: Client, cast: Cast) -> None:
    cast.line.languages, cast.line.keep_words_days, cast.line.keep_number_hours = LANGUAGES, 17, 5
    cast.line.save()
    page = client.get(f"/privacy/demo/?language={language}")
    assert page.status_code == 200
    assert not page.cookies
    text = page.content.decode()
    assert f'lang="{language}"' in text
    assert facts()["page"][language]["left"].replace("'", "&#x27;") in text
    assert "17 " in text
    assert "5 " in text
    assert "{" not in re.sub(r"<style.*?</style>", "", text, flags=re.DOTALL)


@pytest.mark.django_db
@pytest.mark.parametrize("page", ["/", "/chat/demo/", "/t/demo/", "/embed/{site}/"])
def test_wherever_somebody_comes_in_the_page_is_linked(page: str, client: Client, cast: Cast) -> None:
    assert 'href="/privacy/demo/' in client.get(page.format(site=cast.site.key)).content.decode()


@pytest.mark.django_db
def test_a_line_that_is_not_there_has_no_such_page(client: Client, cast: Cast) -> None:
    assert client.get("/privacy/nothing/").status_code == 404
