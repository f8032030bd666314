"""Scripts as they are served: the same code, without its notes."""

import gzip
import re
import subprocess
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from pytest_django import Settings

from chatline.web.assets import without_notes

STATIC = settings.BASE_DIR / "chatline/static"
SCRIPTS = sorted(STATIC.rglob("*.js"))


def test_comments_on_lines_of_their_own_are_left_out_and_nothing_else() -> None:
    script = """// @ts-check
/** A note,
 * of three lines,
 */
const url = "https://a"; // stays
  /** Gone. */
const half = /** @type {number} */ (a / b);
"""
    assert without_notes(script) == (
        """const url = "https://a"; // stays
const half = /** @type {number} */ (a / b);
"""
    )


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_says_the_same_without_its_notes(script: Path, tmp_path: Path) -> None:
    told = [normal(text, tmp_path) for text in (script.read_text(), without_notes(script.read_text()))]
    assert told[0] == told[1]


def normal(script: str, folder: Path) -> str:
    """Parses, or fails; then every line that holds more than a comment."""
    file = folder / "script.mjs"
    file.write_text(script)
    subprocess.run(["node", "--check", str(file)], check=True)
    lines = (line.strip() for line in script.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith(("//", "/**", "*")))


@pytest.mark.parametrize("storage", ["PlainAssets", "Assets"])
def test_collected_scripts_are_lean_compressed_and_find_each_other(
    storage: str, tmp_path: Path, settings: Settings
) -> None:
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": f"chatline.web.assets.{storage}"}}
    call_command("collectstatic", interactive=False, verbosity=0)
    for script in tmp_path.rglob("*.js"):
        text = script.read_text()
        assert text
        assert text == without_notes(text)
        if script.name.startswith("visitor"):
            assert gzip.decompress(script.with_name(f"{script.name}.gz").read_bytes()).decode() == text
        for other in re.findall(r'(?:from|import\() ?"(\.[^"]+)"', text):
            assert (script.parent / other).exists(), (script.name, other)
