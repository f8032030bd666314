"""The examples that stand beside each phrase, and what a phrase file may not say."""

import shutil
from pathlib import Path

import pytest

from routing.risk.grammar import PhraseError
from routing.risk.screen import Screen
from routing.risk.templates import LANGUAGES, PHRASES, Template, load

SCREEN = Screen(load())
TEMPLATES = SCREEN.phrases.templates
MATCHES = [(template, text) for template in TEMPLATES for text in template.match]
OTHERS = [(template, text) for template in TEMPLATES for text in template.no_match]


def found_at_its_level(template: Template, text: str) -> bool:
    findings = SCREEN.findings(SCREEN.phrases.normalise(text))
    return any(f.template is template and f.level == template.level and f.plain for f in findings)


@pytest.mark.parametrize(("template", "text"), MATCHES, ids=lambda value: getattr(value, "id", value))
def test_an_example_that_must_match_is_found_at_the_level_of_its_template(
    template: Template, text: str
) -> None:
    assert found_at_its_level(template, text)


@pytest.mark.parametrize(("template", "text"), OTHERS, ids=lambda value: getattr(value, "id", value))
def test_an_example_that_must_not_match_is_not_found_at_that_level(template: Template, text: str) -> None:
    assert not found_at_its_level(template, text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_category_has_phrases_in_each_language(language: str) -> None:
    speaking = {template.category for template in TEMPLATES if getattr(template, language)}
    assert speaking == {template.category for template in TEMPLATES}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('level = "imminent"', 'level = "terrible"'),
        ("{kill_self}", "{no_such_list}"),
        ("[i am] (standing", "[i am (standing"),
        ("negatable = true", "negatible = true"),
        ('id = "suicide.kill_self"', 'id = "suicide.in_progress"'),
        ('"about to jump"', '"... about to jump"'),
        ('"about to jump"', '"[about]"'),
        ('"about to jump"', '"about )"'),
    ],
)
def test_a_phrase_file_with_a_mistake_is_refused(tmp_path: Path, before: str, after: str) -> None:
    folder = tmp_path / "phrases"
    shutil.copytree(PHRASES, folder)
    text = (folder / "suicide.toml").read_text()
    assert before in text
    (folder / "suicide.toml").write_text(text.replace(before, after))

    with pytest.raises(PhraseError):
        load(folder)


def test_parts_that_no_template_has_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "phrases"
    shutil.copytree(PHRASES, folder)
    with (folder / "scope.toml").open("a") as scope:
        scope.write('\n[[together]]\nfacets = ["means", "weather"]\nlevel = "high"\n')

    with pytest.raises(PhraseError, match="no template has the facet weather"):
        load(folder)


def test_a_mistake_is_reported_with_the_template_it_is_in(tmp_path: Path) -> None:
    folder = tmp_path / "phrases"
    shutil.copytree(PHRASES, folder)
    text = (folder / "suicide.toml").read_text()
    (folder / "suicide.toml").write_text(text.replace('"about to jump"', '"(about to jump"'))

    with pytest.raises(PhraseError, match=r"suicide\.in_progress: a '\)' is missing"):
        load(folder)


def test_a_list_that_names_itself_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "phrases"
    shutil.copytree(PHRASES, folder)
    words = (folder / "words.toml").read_text()
    (folder / "words.toml").write_text(
        words.replace('life = ["life"', 'life = ["{life}"').replace("drug = [", 'drug = ["{drug}", ')
    )

    with pytest.raises(PhraseError, match="names itself"):
        load(folder)


def test_the_version_changes_with_the_phrases(tmp_path: Path) -> None:
    folder = tmp_path / "phrases"
    shutil.copytree(PHRASES, folder)
    text = (folder / "child.toml").read_text()
    (folder / "child.toml").write_text(text + "\n# one more line\n")

    assert load(folder).version != SCREEN.version
