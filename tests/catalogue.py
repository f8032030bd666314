"""The catalogues of `locale/` as they are written: each sentence of a page, and what is said in its place."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "locale"
_SAID = re.compile(r'^(msgid|msgid_plural|msgstr|msgstr\[\d\]) (".*"(?:\n".*")*)$', re.MULTILINE)
_PLACE = re.compile(r"%\(\w+\)s|\{\w+\}")


@dataclass(frozen=True)
class Entry:
    """One or, where they are counted, several forms of a sentence, and those of its translation."""

    said: tuple[str, ...]
    told: tuple[str, ...]
    fuzzy: bool

    @property
    def places(self) -> set[str]:
        """What is filled in, such as `{name}`."""
        return {place for one in self.said for place in _PLACE.findall(one)}


def path(language: str, kind: str = "po", root: Path = ROOT) -> Path:
    return root / "locale" / language / "LC_MESSAGES" / f"django.{kind}"


def entries(language: str) -> list[Entry]:
    """Without the first, which is about the catalogue itself."""
    return [_entry(block) for block in path(language).read_text().strip().split("\n\n")[1:]]


def _entry(block: str) -> Entry:
    parts = [(name, _plain(quoted)) for name, quoted in _SAID.findall(block)]
    said = tuple(text for name, text in parts if name.startswith("msgid"))
    told = tuple(text for name, text in parts if name.startswith("msgstr"))
    return Entry(said, told, ", fuzzy" in block)


def _plain(quoted: str) -> str:
    lines = (line[1:-1] for line in quoted.splitlines())
    return "".join(lines).replace('\\"', '"').replace("\\n", "\n").replace("\\\\", "\\")


def filled(text: str, facts: dict[str, str]) -> str:
    """With something in each place."""
    return _PLACE.sub(lambda place: facts.get(place[0].strip("%()s{}"), "5"), text)


def places(text: str) -> set[str]:
    return set(_PLACE.findall(text))
