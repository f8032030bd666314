"""What the line keeps, against whom it protects and what is left: one file for the page, the threat model and tests."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any


@cache
def facts() -> dict[str, Any]:
    """`page` by language, and the lists `kept`, `never` and `against`.

    `by` of a fact are the promises that hold it (`tools/security/requirements.toml`); `en`, `es`, `ar` are for people.
    """
    return tomllib.loads((Path(__file__).parent / "facts.toml").read_text(encoding="utf-8"))


def told(language: str, **figures: int) -> dict[str, Any]:
    """What the page says in a language; `figures` are `days` and `hours` of a line."""
    said = language if language in facts()["page"] else "en"
    lists = {
        kind: [fact[said].format(**figures) for fact in facts()[kind] if said in fact]
        for kind in ("kept", "never", "against")
    }
    return {"words": facts()["page"][said], **lists}


def threat_model() -> str:
    """`deploy/threat-model.md`."""
    rows = [
        f"| {one['id']} | {one['who']} | {one['wants']} | {', '.join(one['by'])} | {one['left']} |"
        for one in facts()["against"]
    ]
    kept = [f"- {one['en']} ({', '.join(one['by'])})" for kind in ("kept", "never") for one in facts()[kind]]
    return "\n".join(
        [
            "# Against whom the line protects, by what, and what is left",
            "",
            "Made from `chatline/web/facts.toml` by `python -m tools.threat_model`. `make security` prints each",
            "promise (R-..) with the tests that prove it. People are told what concerns them at `/privacy/<line>/`,",
            "in their language, with their line's own days.",
            "",
            "| | Who | Wants | Held by | What is left |",
            "|---|---|---|---|---|",
            *rows,
            "",
            "## What is kept, and what never",
            "",
            "{days} and {hours} are each line's own (`/manage/`, Times and limits).",
            "",
            *kept,
            "",
        ]
    )
