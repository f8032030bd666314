"""What was typed becomes words, and each word still points at what was typed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.risk.normalise import Normaliser
from routing.risk.templates import load

NORMALISE: Normaliser = load().normalise


def words(text: str) -> str:
    return " ".join(NORMALISE(text).words)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("I can't", "i can not"),
        ("im gonna", "i am going to"),
        ("kms", "kill myself"),
        ("kiero dormir xq si", "quiero dormir porque si"),
        ("mañana quería", "manana queria"),
        ("s.u.i.c.i.d.e", "suicide"),
        ("d i e", "die"),
        ("k i l l m y s e l f", "kill myself"),
        ("suuuuicide", "suicide"),
        ("sooooo", "so"),
        ("k1ll mys3lf", "kill myself"),
        ("su!c1de", "suicide"),
        ("k*ll", "kill"),
        ("k!l1", "kill"),
        ("p1ll5", "pills"),
        ("kiill", "kill"),
        ("plils", "pills"),
        ("suicdie", "suicide"),
        ("sui cide", "suicide"),
        ("ѕuісіdе", "suicide"),
        ("su\u200bici\u00adde", "suicide"),
        ("ｄｉｅ", "die"),
        ("𝓭𝓲𝓮", "die"),
        ("goodnight 💊", "goodnight pills"),
        ("a🔪b", "a knifesign b"),
        ("it’s", "it is"),
        ("i don t want", "i do not want"),
        ("i m done", "i am done"),
        ("why... now", "why now"),
        ("stop!now", "stop now"),
    ],
)
def test_a_disguised_or_hasty_spelling_is_read_as_the_word_that_is_meant(typed: str, meant: str) -> None:
    assert words(typed) == meant


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("988", "988"),
        ("800mg", "800 mg"),
        ("3am", "3 am"),
        ("1000", "1000"),
        ("i dye my suit", "i dye my suit"),
        ("a b c", "a b c"),
        ("mi edad", "mi edad"),
        ("the bridge and the bride", "the bridge and the bride"),
    ],
)
def test_what_is_no_disguise_is_left_alone(typed: str, meant: str) -> None:
    assert words(typed) == meant


@pytest.mark.parametrize(
    ("typed", "word", "quoted"),
    [
        ("well, I CAN'T anymore", "not", "CAN'T"),
        ("oh s.u.i.c.i.d.e again", "suicide", "s.u.i.c.i.d.e"),
        ("the 💊💊 here", "pills", "💊"),
        ("quería mori\u0301r hoy", "morir", "mori\u0301r"),
        ("su\u200bicide", "suicide", "su\u200bicide"),
        ("over dose tonight", "overdose", "over dose"),
        ("ﬁre then kms", "myself", "kms"),
    ],
)
def test_a_word_points_at_the_characters_it_was_read_from(typed: str, word: str, quoted: str) -> None:
    read = NORMALISE(typed)
    place = read.words.index(word)
    assert typed[read.starts[place] : read.ends[place]] == quoted


@given(st.text(max_size=300))
def test_places_lie_inside_the_text_and_in_order(text: str) -> None:
    read = NORMALISE(text)
    assert len(read.words) == len(read.starts) == len(read.ends)
    assert all(0 <= start < end <= len(text) for start, end in zip(read.starts, read.ends, strict=True))
    assert read.starts == sorted(read.starts)


PIECES = st.sampled_from(
    [
        "s u i c i d e",
        "k1ll",
        "don t",
        "over dose",
        "...",
        "💊",
        "e\u0301",
        "ﬁ",
        "aaa",
        "\n",
        "'",
        "su\u200bicide",
        "800mg",
    ]
)


@given(st.lists(PIECES | st.text(max_size=8), max_size=30).map(" ".join))
def test_every_word_of_mixed_typing_quotes_what_lies_inside_the_text_and_forwards(text: str) -> None:
    read = NORMALISE(text)
    spans = list(zip(read.starts, read.ends, strict=True))
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert spans == sorted(spans)


@given(st.text(alphabet=st.characters(), max_size=200))
def test_a_word_that_is_plain_in_the_text_is_read_as_it_stands(text: str) -> None:
    assert NORMALISE(f"{text} . hello").words[-1] == "hello"
