"""R-30 and R-32: what we depend on is few, pinned by hash, new enough, and each there for a reason."""

import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client
from django.urls import clear_url_caches, path

from chatline import urls
from chatline.people import policy
from chatline.people.policy import Who

ROOT = Path(__file__).parents[2]
LOCKS = ("requirements.lock", "requirements-dev.lock")
FLOORS = {"daphne": (4, 2, 3), "django": (5, 2, 19), "cryptography": (50,)}
"""Versions below which something is known to be wrong, such as frames of any size (CVE-2026-44545)."""
MOST_DIRECT = 25


def requirements(lock: str) -> list[str]:
    """Each requirement with its hashes, as one line."""
    return [
        line for line in lock.replace("\\\n", " ").splitlines() if line.strip() and not line.startswith("#")
    ]


def loose(lines: Iterable[str]) -> list[str]:
    """Those that are not one version with a hash."""
    return [line for line in lines if not re.match(r"[\w.\[\]-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", line)]


@pytest.mark.requirement("R-30")
@pytest.mark.parametrize("name", LOCKS)
def test_every_package_of_a_lock_is_one_version_with_its_hashes(name: str) -> None:
    lines = requirements((ROOT / name).read_text())
    assert len(lines) > 20
    assert loose(lines) == []


@pytest.mark.breaks("R-30")
def test_a_package_without_a_hash_would_be_found() -> None:
    lock = (ROOT / LOCKS[0]).read_text()
    assert loose(requirements(re.sub(r"--hash=sha256:[0-9a-f]{64}", "", lock, count=40)))


@pytest.mark.requirement("R-30")
@pytest.mark.parametrize(("package", "least"), FLOORS.items())
def test_no_version_is_older_than_what_is_known_to_be_wrong(package: str, least: tuple[int, ...]) -> None:
    found = re.search(rf"^{package}==(\S+)", (ROOT / LOCKS[0]).read_text(), re.MULTILINE | re.IGNORECASE)
    assert found
    assert tuple(map(int, found[1].split(".")[: len(least)])) >= least


@pytest.mark.requirement("R-30")
def test_there_are_few_direct_dependencies_and_each_says_why() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    direct = tomllib.loads(text)["project"]["dependencies"]
    assert len(direct) <= MOST_DIRECT
    reasons = re.findall(
        r'^    "[^"]+",\s+# \w', text.partition("dependencies = [")[2].partition("\n]")[0], re.MULTILINE
    )
    assert len(reasons) == len(direct)


@pytest.mark.requirement("R-30")
@pytest.mark.parametrize("name", LOCKS)
def test_no_lock_names_where_packages_come_from(name: str) -> None:
    assert not re.search(r"https?://|--index-url|--find-links", (ROOT / name).read_text())


@pytest.mark.requirement("R-32")
@pytest.mark.django_db
def test_there_is_no_other_administration() -> None:
    assert not any_other_administration()


def any_other_administration() -> bool:
    return "django.contrib.admin" in settings.INSTALLED_APPS or Client().get("/admin/").status_code != 404


@pytest.mark.breaks("R-32")
@pytest.mark.django_db
@pytest.mark.parametrize("how", ["an app", "a page"])
def test_another_administration_is_found(how: str, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    if how == "an app":
        settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, "django.contrib.admin"]
    else:
        monkeypatch.setattr(urls, "urlpatterns", [path("admin/", lambda request: HttpResponse("in"))])
        monkeypatch.setattr(policy, "PAGES", {**policy.PAGES, "admin/": Who.ANYONE})
        clear_url_caches()
    try:
        assert any_other_administration()
    finally:
        clear_url_caches()
