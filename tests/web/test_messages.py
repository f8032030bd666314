"""Whatever a page says to a visitor is there in Spanish and Arabic, whole, up to date, and compiled."""

import gettext
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from tests import catalogue
from tests.catalogue import ROOT, Entry

LANGUAGES = [code for code, _ in settings.VISITOR_LANGUAGES if code != "en"]
SOURCES = [
    "chatline",
    "consumers",
    "routing",
    "templates",
    "locale",
    "tools",
    "tests/__init__.py",
    "tests/settings.py",
]


@pytest.fixture(scope="module")
def anew(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what holds words, in which `make messages` was run."""
    copy = tmp_path_factory.mktemp("messages")
    for name in SOURCES:
        target = copy / name
        target.parent.mkdir(exist_ok=True)
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, target)
    subprocess.run([sys.executable, "-m", "tools.messages"], cwd=copy, check=True, capture_output=True)
    return copy


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_holds_what_pages_say_today_and_nothing_else(anew: Path, language: str) -> None:
    told = catalogue.path(language, root=anew).read_text()
    assert told == catalogue.path(language).read_text(), "`make messages` would change it"


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_runs_is_compiled_from_what_is_written(anew: Path, language: str) -> None:
    assert compiled(catalogue.path(language, "mo", anew)) == compiled(catalogue.path(language, "mo"))


def compiled(path: Path) -> dict[object, str]:
    with path.open("rb") as file:
        catalog: dict[object, str] = gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined]
    return catalog


def every_entry() -> Iterator[tuple[str, Entry]]:
    return ((language, entry) for language in LANGUAGES for entry in catalogue.entries(language))


def test_there_is_something_to_check() -> None:
    assert min(len(catalogue.entries(language)) for language in LANGUAGES) > 100


def test_nothing_is_missing_or_guessed() -> None:
    assert [
        (language, entry.said) for language, entry in every_entry() if entry.fuzzy or not all(entry.told)
    ] == []


def test_what_is_filled_in_is_filled_in_everywhere() -> None:
    """Also in each of the forms that a counted sentence has, where a language has more of them than English."""
    assert [
        (language, told)
        for language, entry in every_entry()
        for told in entry.told
        if catalogue.places(told) != entry.places
    ] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_compiler_finds_nothing_wrong(language: str, tmp_path: Path) -> None:
    command = [
        "msgfmt",
        "--check-format",
        "--check-domain",
        "-o",
        str(tmp_path / "mo"),
        str(catalogue.path(language)),
    ]
    assert subprocess.run(command, capture_output=True, text=True, check=False).stderr == ""
