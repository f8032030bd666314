"""Scripts as they are served: nothing but comments is left out of them."""

import gzip
import re
import subprocess
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from pytest_django import Settings

from chatline.web.assets import without_comments

SCRIPTS = sorted(Path(settings.BASE_DIR, "chatline", "static").rglob("*.js"))


def code_of(script: str, folder: Path) -> str:
    """The script without comments and spaces, as `tokens.mjs` reads it."""
    source = folder / "script.mjs"
    source.write_text(script)
    return str(subprocess.run(["node", TOKENS, source], capture_output=True, text=True, check=True).stdout)


TOKENS = Path(__file__).with_name("tokens.mjs")


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_only_comments_are_left_out(script: Path, tmp_path: Path) -> None:
    whole = script.read_text()
    bare = without_comments(whole)
    assert code_of(bare, tmp_path) == code_of(whole, tmp_path)


def test_a_text_that_looks_like_a_comment_would_be_noticed(tmp_path: Path) -> None:
    whole = "const words = `\n// not a comment\n`;\n"
    assert code_of(without_comments(whole), tmp_path) != code_of(whole, tmp_path)


def test_the_page_of_a_visitor_sheds_a_fifth(tmp_path: Path) -> None:
    whole = "".join(path.read_text() for path in SCRIPTS if path.stem in {"visitor", "chat-core"})
    assert len(without_comments(whole)) < 0.8 * len(whole)


@pytest.mark.parametrize("storage", ["PlainAssets", "Assets"])
def test_collected_scripts_are_whole_compressed_and_find_each_other(
    storage: str, tmp_path: Path, settings: Settings
) -> None:
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": f"chatline.web.assets.{storage}"}}
    call_command("collectstatic", interactive=False, verbosity=0)
    for script in tmp_path.rglob("*.js"):
        text = script.read_text()
        assert text, script.name
        if script.name.startswith("visitor"):
            assert gzip.decompress(script.with_name(f"{script.name}.gz").read_bytes()).decode() == text
        for other in re.findall(r'(?:from|import\() ?"(\.[^"]+)"', text):
            assert (script.parent / other).exists(), (script.name, other)
