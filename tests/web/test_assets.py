"""Scripts as they are served: nothing but comments is left out of them."""

import subprocess
from pathlib import Path

import pytest
from django.conf import settings

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
