"""Texts with what is known of them: the project's own cases, and the data of others in a folder.

The own cases are split in two by a hash of the text, which nobody can choose: one half tunes, the other is only
ever scored. Texts of ours that only teach lie beside them, in `teaching/`. The sources of a folder are named with what
they may be used for; a licence decides, not a wish.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

OWN = Path(__file__).parent / "cases"
TEACHING = Path(__file__).parent / "teaching"
FLAGGED = 2  # severities from which a supervisor should see it
URGENT = 3  # from which the level is high
ACUTE = 4  # intent, a plan, a recent attempt, or under way


@dataclass(frozen=True, slots=True)
class Case:
    """One text. `risk` is whether it should be flagged; `severity` 0 to 5, None where the source has none."""

    text: str
    risk: bool
    source: str
    lang: str = "en"
    category: str = ""
    severity: int | None = None
    slices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """Where texts come from: a file, one `source` within it, and whether they may train what ships."""

    name: str
    file: str
    within: str = ""
    trains: bool = False
    everyday: bool = False


SOURCES = (
    Source("hard_cases", "hard_cases.jsonl", trains=True),
    Source("counselchat", "counselchat.jsonl", trains=True),
    Source("sms_ham", "neg.jsonl", "sms_ham", trains=True, everyday=True),
    Source("xed_subtitles", "neg.jsonl", "xed_subtitles", trains=True, everyday=True),
    Source("esconv_seeker", "neg.jsonl", "esconv_seeker", everyday=True),
    Source("dailydialog", "neg.jsonl", "dailydialog", everyday=True),
    Source("hyperbole_hypo", "neg.jsonl", "hyperbole_hypo", everyday=True),
    Source("crisis6_silver", "crisis6_silver.jsonl"),
    Source("es_valeriano", "es_valeriano.jsonl"),
    Source("reddit_weak", "reddit_weak.jsonl"),
    Source("tweets_forum_weak", "tweets_forum_weak.jsonl"),
)


@dataclass(frozen=True, slots=True)
class Talk:
    """A whole conversation. `turns` are who speaks and what they say; `alert_at` the first message of the visitor,
    counted from 1, after which a supervisor must know, None if none is."""

    turns: tuple[tuple[str, str], ...]
    alert_at: int | None
    category: str
    slices: tuple[str, ...] = ()


def is_tuned_on(text: str) -> bool:
    """Whether a text of ours is in the half that tunes: the first hexadecimal digit of its hash is even."""
    return int(hashlib.sha256(text.encode()).hexdigest()[0], 16) % 2 == 0


def own(half: str, folder: Path = OWN) -> list[Case]:
    """Our own cases of one half, `tune` or `kept`, out of every file that holds single messages."""
    return [
        _case(row, f"own {half}")
        for path in sorted(folder.glob("*.jsonl"))
        for row in _rows(path)
        if "text" in row and is_tuned_on(row["text"]) == (half == "tune")
    ]


def teaching(folder: Path = TEACHING) -> list[Case]:
    """Our own texts that the model learns from, and that are never scored."""
    return [_case(row, "own teaching") for path in sorted(folder.glob("*.jsonl")) for row in _rows(path)]


def talks(half: str, folder: Path = OWN) -> list[Talk]:
    """Our own conversations of one half; what is hashed are all their turns."""
    return [
        Talk(
            tuple((who, said) for who, said in row["turns"]),
            row["alert_at"] or None,
            row["category"],
            tuple(row.get("tags", ())),
        )
        for path in sorted(folder.glob("*.jsonl"))
        for row in _rows(path)
        if "turns" in row and is_tuned_on(json.dumps(row["turns"])) == (half == "tune")
    ]


def given(folder: Path | None) -> dict[Source, list[Case]]:
    """The sources of `SOURCES` that lie in `folder`; none without one."""
    if folder is None:
        return {}
    return {
        source: _of(source, folder / source.file) for source in SOURCES if (folder / source.file).exists()
    }


def _of(source: Source, path: Path) -> list[Case]:
    return [
        _case(row, source.name) for row in _rows(path) if not source.within or row["source"] == source.within
    ]


def _case(row: Mapping[str, Any], source: str) -> Case:
    severity = row.get("severity")
    told = row.get("label", row.get("flag"))
    return Case(
        row["text"],
        bool(told) if told is not None else (severity or 0) >= FLAGGED,
        source,
        row.get("lang", "en"),
        row.get("category", ""),
        severity,
        tuple(row.get("tags", ())) + ((row["register"],) if "register" in row else ()),
    )


def _rows(path: Path) -> Iterator[Mapping[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            if line.strip():
                yield json.loads(line)
