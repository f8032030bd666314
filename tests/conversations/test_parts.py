"""A text too long for the provider is cut where a reader would cut it, and nothing of it is lost."""

import pytest
import regex
from hypothesis import example, given
from hypothesis import strategies as st

from chatline.conversations.parts import MOST, split, units

SENTENCE = "I have read all that you wrote, and I am glad that you told me. "
BLANKS = " \t\r\n"

PIECES = st.sampled_from([
    "a", "word ", "Yes. ", "No!\n", "”) ", "\r\n", "\n\n", "   ", "e\u0301", "。", "😢", "👨\u200d👩\u200d👧\u200d👦",
    "🇮🇹", "1️⃣", "http://example.org/a-long-address", " \u0301", "각", "\u200d",
])  # fmt: skip
TEXTS = st.lists(PIECES, max_size=120).map("".join)


def without_blanks(text: str) -> str:
    return "".join(text.split())


def faults(text: str, parts: list[str], most: int) -> list[str]:
    """What is wrong with these parts of a text that does not fit; the rule of `split`, checked another way."""
    found = []
    place, ends = 0, {match.end() for match in regex.finditer(r"\X", text)}
    for part in parts:
        while not text.startswith(part, place) and text[place : place + 1] in set(BLANKS):
            place += 1
        if not text.startswith(part, place):
            return ["lost or repeated"]
        place += len(part)
        if place not in ends and not any(units(one) > most for one in regex.findall(r"\X", text)):
            found.append("cut inside a grapheme")
    if text[place:].strip(BLANKS):
        found.append("the end is lost")
    if any(units(part) > most for part in parts):
        found.append("too long")
    if not all(parts):
        found.append("empty")
    return found


@given(text=TEXTS, most=st.integers(2, 60))
@example(text="a" + "\u0301" * 50, most=10)
@example(text="x" * 9 + " " * 9 + "y", most=10)
@example(text=" \n" * 30, most=10)
def test_no_part_is_too_long_or_empty_and_nothing_is_lost_or_cut_apart(text: str, most: int) -> None:
    parts = split(text, most)
    if units(text) <= most:
        assert parts == [text]
    else:
        assert faults(text, parts, most) == []
    assert split(text, most) == parts


@pytest.mark.parametrize(
    ("parts", "fault"),
    [
        (["Hi. ", "I am here."], None),
        (["Hi.", "I am here."], None),
        (["Hi.", "am here."], "lost or repeated"),
        (["Hi.", "I am"], "the end is lost"),
        (["Hi.", "Hi. I am here."], "lost or repeated"),
        (["Hi. I am here."], "too long"),
        (["Hi.", "", "I am here."], "empty"),
    ],
)
def test_the_check_finds_what_is_wrong(parts: list[str], fault: str | None) -> None:
    assert faults("Hi. I am here.", parts, 10) == ([fault] if fault else [])


def test_the_check_finds_a_cut_emoji() -> None:
    assert faults("👍🏽👍🏽", ["👍", "🏽👍🏽"], 6) == ["cut inside a grapheme"]


@pytest.mark.parametrize("text", ["", " ", "Hello.", "a" * MOST, "😢" * (MOST // 2), " kept as it is \n"])
def test_a_text_that_fits_stays_as_it_is(text: str) -> None:
    assert split(text) == [text]


def test_a_long_text_is_cut_at_the_end_of_a_sentence() -> None:
    first, second = split(SENTENCE * 30)
    assert first == (SENTENCE * 25).strip()
    assert second == (SENTENCE * 5).strip()


def test_a_quote_stays_with_the_sentence_that_it_ends() -> None:
    assert split('He said "no." Then he left the house.', 20) == [
        'He said "no."',
        "Then he left the",
        "house.",
    ]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("one two three\nfour five", ["one two three", "four five"]),  # no sentence ends: at the line
        ("one two three four five six", ["one two three", "four five six"]),  # one line: at a word
        ("onetwothreefourfivesix", ["onetwothreefour", "fivesix"]),  # one word: between graphemes
        ("一二三四五六七八。九十一二三四五六七八九", ["一二三四五六七八。", "九十一二三四五六七八九"]),
        ("Hi. onetwothreefourfive", ["Hi. onetwothree", "fourfive"]),  # a part is at least half full
    ],
)
def test_the_cut_is_at_the_best_place_there_is(text: str, parts: list[str]) -> None:
    assert split(text, 15) == parts


def test_the_longest_text_the_desk_takes_is_few_parts() -> None:
    assert [len(split(char * 2_000)) for char in "a😢"] == [2, 3]
