"""What a text costs: as the provider's own calculator counts it, in Python and in the composer alike."""

import json
import random
import subprocess
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from chatline.conversations.parts import split
from chatline.conversations.segments import count, plain

ROOT = Path(__file__).resolve().parent.parent.parent
VECTORS: list[dict[str, Any]] = json.loads((Path(__file__).parent / "vectors.json").read_text())["segments"]
TEXTS = 2_000

IN_NODE = """
import { count, plain } from "./chatline/static/staff/segments.js";
import { split } from "./chatline/static/staff/parts.js";
let texts = "";
for await (const chunk of process.stdin) texts += chunk;
console.log(JSON.stringify(JSON.parse(texts).map((text) => [count(text), plain(text), split(text, 60)])));
"""


def test_the_provider_published_more_than_a_handful() -> None:
    assert len(VECTORS) == 34


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_a_text_is_counted_as_the_provider_counts_it(vector: dict[str, Any]) -> None:
    text = plain(vector["text"]) if vector["plain"] else vector["text"]
    counted = count(text)
    assert text == vector.get("after_plain", text)
    assert (counted.encoding, counted.parts) == (vector["encoding"], vector["parts"])
    assert (counted.units, list(counted.lengths)) == (vector["units"], vector["lengths"])


@pytest.mark.parametrize(
    ("typed", "folded"),
    [
        ("“I’m here” – always…", '"I\'m here" - always...'),
        ("‹quoted›\u00a0and\tspaced", "<quoted> and spaced"),
        ("ｆｕｌｌ　ｗｉｄｔｈ！", "full width!"),
        ("n\u0303 and e\u0301", "ñ and é"),  # an accent apart from its letter is put on it, never replaced
        ("se\u00adcret\u200b", "secret"),
        ("está ❤️ 👨‍👩‍👧‍👦", "está ❤️ 👨‍👩‍👧‍👦"),
    ],
)
def test_what_looks_alike_becomes_plain_and_nothing_else_changes(typed: str, folded: str) -> None:
    assert plain(typed) == folded


def test_plain_is_plain_already() -> None:
    every_character = "".join(map(chr, [*range(0xD800), *range(0xE000, 0x20000)]))
    assert plain(plain(every_character)) == plain(every_character)


def a_text(dice: random.Random) -> str:
    """Runs of one script, one row of Unicode, or what people paste, up to a few parts long."""
    kinds = [
        "abcdefghij KLMNOP.,!?'\n",
        "|^{}[]~\\€\f",
        "“”‘’–—…•½\u00a0\t",
        "áíóúçñé",
        "e\u0301n\u0303\u0308\u0332",
        "😢👍🏽❤️1️⃣🇮🇹🇪👨\u200d👩\u200d👧",
        "\r\n\r\r\n",
        "مرحبا العربية",
        "각ᄀ\u1161\u11a8한국",
    ]
    row = dice.choice(ROWS)
    return "".join(
        dice.choice(dice.choice([*kinds, row]))
        if dice.random() < 0.3
        else "".join(dice.choices(kinds[0], k=dice.randrange(1, 20)))
        for _ in range(dice.randrange(1, 40))
    )


def _rows() -> list[str]:
    """Sixteen characters each, of those that Unicode 3.2 knew: what came later, Node and Python may know apart.

    Nor the scripts of India, whose clusters Unicode 15.1 drew anew.
    """
    known = [
        chr(code)
        for code in [
            *range(0x21, 0x900),
            *range(0xE00, 0xD800),
            *range(0xF900, 0x10000),
            *range(0x1D100, 0x1D800),
        ]
        if unicodedata.ucd_3_2_0.category(chr(code)) != "Cn"
    ]
    return ["".join(known[place : place + 16]) for place in range(0, len(known), 16)]


ROWS = _rows()


def test_the_composer_counts_folds_and_splits_the_same() -> None:
    dice = random.Random(20)
    texts = [a_text(dice) for _ in range(TEXTS)] + ROWS + list("".join(ROWS))
    answer = subprocess.run(
        ["node", "--input-type=module", "-e", IN_NODE],
        cwd=ROOT, input=json.dumps(texts), capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    agreed = 0
    for text, (theirs, folded, parts) in zip(texts, json.loads(answer), strict=True):
        ours = count(text)
        assert (ours.encoding, ours.parts, ours.units, list(ours.lengths)) == tuple(theirs.values()), text
        assert (plain(text), split(text, 60)) == (folded, parts), text
        agreed += 1
    dear = sum(count(text).encoding == "UCS-2" for text in texts[:TEXTS])
    assert 0 < dear < TEXTS
    print(f"Python and JavaScript agree on {agreed} texts, of which {TEXTS} are random, {dear} of them UCS-2")
