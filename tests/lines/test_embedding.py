"""What is found wrong with a page that is to show the chat, by its HTML alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatline.lines import embedding
from chatline.lines.embedding import SANDBOX, problems

OURS = "https://line.example"
SCRIPT = '<script src="https://line.example/widget.js" data-site="KEY" async></script>'


def frame(
    sandbox: str | None = " ".join(SANDBOX), src: str = f"{OURS}/embed/KEY/", more: str = 'title="Chat"'
) -> str:
    fence = "" if sandbox is None else f'sandbox="{sandbox}"'
    return f'<iframe src="{src}" referrerpolicy="no-referrer" {fence} {more}></iframe>'


def without(token: str) -> str:
    return " ".join(one for one in SANDBOX if one != token)


BROKEN: list[tuple[str, list[str]]] = [
    ("", ["nothing_found"]),
    (f"<!-- {SCRIPT} -->", ["nothing_found"]),
    (f"<textarea>{SCRIPT.replace('<', '&lt;')}</textarea>", ["nothing_found"]),
    (
        '<script src="/other.js"></script><iframe src="https://video.example/"></iframe>',
        ["nothing_found"],
    ),
    (SCRIPT.replace("line.example", "lime.example"), ["wrong_host"]),
    (SCRIPT.replace("line.example", "line.example.evil"), ["wrong_host"]),
    (SCRIPT.replace("https://line.example", ""), ["wrong_host"]),
    (SCRIPT.replace("https:", "http:"), ["insecure"]),
    (SCRIPT.replace(' data-site="KEY"', ""), ["key_missing"]),
    (SCRIPT.replace("KEY", "key"), ["key_wrong"]),
    (SCRIPT.replace("async", 'type="text/plain"'), ["script_held_back"]),
    (frame(""), ["sandbox_scripts", "sandbox_same_origin", "sandbox_forms", "sandbox_leaving"]),
    (frame(without("allow-scripts")), ["sandbox_scripts"]),
    (frame(without("allow-same-origin")), ["sandbox_same_origin"]),
    (frame(without("allow-forms")), ["sandbox_forms"]),
    (frame(without("allow-top-navigation-by-user-activation")), ["sandbox_leaving"]),
    (frame(src=f"{OURS}/embed/OTHER/"), ["key_wrong"]),
    (frame(src=f"{OURS}/chat/demo/"), ["key_wrong"]),
    (frame(src="https://lime.example/embed/KEY/"), ["wrong_host"]),
    (frame(src="http://line.example/embed/KEY/"), ["insecure"]),
    (frame(more=""), ["frame_title"]),
    (frame().replace("no-referrer", "origin"), ["frame_referrer"]),
    (SCRIPT + frame(without("allow-top-navigation-by-user-activation")), ["sandbox_leaving"]),
]


@pytest.mark.parametrize(
    "html",
    [
        SCRIPT,
        f"<!doctype html><html><body><p>Hello{SCRIPT}",
        "<SCRIPT SRC='//LINE.example/widget.js' DATA-SITE=KEY></SCRIPT>",
        '<script type="module" src="https://line.example/widget.js" data-site="KEY"></script>',
        embedding.snippet(OURS, "KEY", 'Talk to "us" & more'),
        embedding.frame(OURS, "KEY"),
        frame(None),
        frame("allow-scripts allow-same-origin allow-forms allow-top-navigation"),
        frame("ALLOW-SCRIPTS\n allow-same-origin  allow-forms allow-top-navigation-by-user-activation"),
    ],
)
def test_nothing_is_wrong_with_a_page_that_works(html: str) -> None:
    assert problems(html, "KEY", OURS) == []


@pytest.mark.parametrize(("html", "codes"), BROKEN)
def test_what_is_wrong_is_named(html: str, codes: list[str]) -> None:
    assert problems(html, "KEY", OURS) == codes


def test_the_snippet_holds_any_label() -> None:
    assert 'data-label="Talk to &quot;us&quot; &lt;3"' in embedding.snippet(OURS, "KEY", 'Talk to "us" <3')


@given(st.text(alphabet="<>/='\"! -scriptifamewdg.jshk:[]\x00é&;#", max_size=80))
def test_any_text_at_all_is_looked_at(html: str) -> None:
    assert problems(html, "KEY", OURS)
