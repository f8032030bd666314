"""A line's own phrases: found beside ours, refused in plain words, and never in the way."""

import pytest

from routing.risk import Addition, Additions, Assessment, Earlier, Level, PhraseError, assess, check
from routing.risk.additions import LONGEST_TEXT, MOST_ROWS
from routing.risk.screen import LINES, Screen
from routing.risk.templates import load

SCREEN = Screen(load())


def one(text: str, level: Level = Level.HIGH, category: str = "suicide", language: str = "en") -> Additions:
    return Additions((Addition(language, category, level, text),))


def verdict(text: str, additions: Additions) -> Assessment:
    return assess(text, Earlier(), additions)


def test_a_phrase_of_the_line_is_found_at_its_level_and_quoted() -> None:
    text = "Going to the Old Quarry tonight"
    found = verdict(text, one("the old quarry"))
    (reason,) = found.reasons
    assert (found.level, reason.label, text[reason.start : reason.end]) == (
        Level.HIGH,
        "the old quarry",
        "the Old Quarry",
    )


def test_without_the_phrase_of_the_line_the_same_text_is_nothing() -> None:
    assert assess("going to the old quarry").level is Level.NONE


def test_a_phrase_of_the_line_may_name_our_lists_and_is_spelt_like_ours() -> None:
    assert verdict("im gonna take a few tabs by the quarry", one("{drug} ... quarry")).level is Level.HIGH


def test_our_own_phrases_are_found_beside_them() -> None:
    found = verdict("i want to die by the quarry", one("quarry", Level.CONCERN))
    own = one("quarry").rows[0].template
    assert {"suicide.wish_to_die", own} <= {reason.template for reason in found.reasons}


def test_a_phrase_keeps_its_id_wherever_it_stands() -> None:
    weir = one("the weir", Level.IMMINENT).rows
    (alone,), (first, *_) = (
        verdict("at the weir", Additions(rows)).reasons for rows in (weir, (*one("the quarry").rows, *weir))
    )
    assert alone == first
    assert (first.template, first.level) == (weir[0].template, Level.IMMINENT)


@pytest.mark.parametrize(
    ("additions", "says"),
    [
        (one("(the quarry"), r"phrase 1: a '\)' is missing"),
        (one("{no_such_list}"), "phrase 1: no list is called 'no_such_list'"),
        (one("... quarry"), "cannot begin with a gap"),
        (one("[quarry]"), "can match nothing at all"),
        (one("   "), "nothing to look for"),
        (one("!!"), "a word that is no word"),
        (one("x" * (LONGEST_TEXT + 1)), "at most"),
        (one("quarry", language="tlh"), "the language is one of en, es, not 'tlh'"),
        (one("quarry", category="weather"), "the category is one of"),
        (one("quarry", Level.NONE), "concern, high or imminent"),
        (Additions(one("quarry").rows * (MOST_ROWS + 1)), "phrases of its own"),
        (Additions((*one("quarry").rows, *one("(weir").rows)), "phrase 2"),
    ],
)
def test_a_phrase_that_cannot_be_read_is_refused_in_plain_words(additions: Additions, says: str) -> None:
    with pytest.raises(PhraseError, match=says):
        check(additions)


def test_broken_phrases_of_a_line_leave_the_text_unscreened_and_ours_in_force() -> None:
    found = verdict("i want to die", one("(the quarry"))
    assert (found.unscreened, found.level) == (True, Level.HIGH)


def test_the_version_tells_the_phrases_of_one_line_from_those_of_another() -> None:
    versions = {verdict("hello", one(text)).version for text in ("quarry", "weir")}
    assert len(versions | {assess("hello").version}) == 3


def test_many_lines_are_kept_compiled_and_no_more_than_that() -> None:
    screen = Screen(load())
    for number in range(LINES + 5):
        screen.assess("hello", Earlier(), one(f"quarry number{number}x"))
    assert screen._extended.cache_info().currsize == LINES


def test_the_same_rows_are_compiled_once() -> None:
    screen = Screen(load())
    for _ in range(3):
        screen.assess("hello", Earlier(), one("quarry"))
    assert screen._extended.cache_info().misses == 1
