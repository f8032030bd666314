"""Finding phrases: where each begins and ends, whatever else shares its words."""

import pytest

from routing.risk.automaton import Automaton, Hit
from routing.risk.grammar import Graph, Writer

LISTS = {"who": ["he", "my dad"]}


def found(phrases: list[str], text: str) -> set[tuple[int, str]]:
    graph = Graph()
    writer = Writer(graph, LISTS, lambda word: (word,))
    for owner, phrase in enumerate(phrases):
        writer.add(phrase, owner)
    words = text.split()
    return {(hit.owner, " ".join(words[hit.start : hit.end])) for hit in Automaton(graph).find(words)}


@pytest.mark.parametrize(
    ("phrase", "text", "match"),
    [
        ("want to (die|be dead)", "i want to be dead now", "want to be dead"),
        ("[i really] want", "oh i really want", "i really want"),
        ("[i really] want", "really want", "want"),
        ("took ... pills", "took a lot of pills", "took a lot of pills"),
        ("took ... pills", "took pills", "took pills"),
        ("took # pills", "took 2 pills", "took 2 pills"),
        ("took ## pills", "took 30 pills", "took 30 pills"),
        ("{who} hits", "my dad hits", "my dad hits"),
    ],
)
def test_a_phrase_is_found_from_its_first_word_to_its_last(phrase: str, text: str, match: str) -> None:
    assert found([phrase], text) == {(0, match)}


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        ("want to die", "want to . die"),
        ("took ... pills", "took one two three four pills"),
        ("took ## pills", "took 2 pills"),
        ("took ... pills", "took . pills"),
        ("{who} hits", "dad hits"),
    ],
)
def test_a_phrase_is_not_found_where_it_does_not_stand(phrase: str, text: str) -> None:
    assert found([phrase], text) == set()


def test_every_phrase_at_a_place_is_found() -> None:
    assert found(["kill", "to kill", "kill time"], "to kill time") == {
        (0, "kill"),
        (1, "to kill"),
        (2, "kill time"),
    }


def test_forgetting_what_was_built_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = Graph()
    Writer(graph, {}, lambda word: (word,)).add("a ... b", 0)
    words = "a c b a a b c a c c b".split()
    expected = Automaton(graph).find(words)
    monkeypatch.setattr("routing.risk.automaton.MOST", 1)

    assert Automaton(graph).find(words) == expected
    assert expected[0] == Hit(0, 0, 3)


def test_a_digit_of_a_phrase_is_a_number_to_other_phrases_too() -> None:
    assert found(["at 5", "at # sharp", "# sharp"], "at 5 sharp") == {
        (0, "at 5"),
        (1, "at 5 sharp"),
        (2, "5 sharp"),
    }


def test_the_same_words_over_and_over_build_no_more_than_they_did_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Counts steps rather than seconds: whatever comes again costs one look a word."""
    graph = Graph()
    writer = Writer(graph, LISTS, lambda word: (word,))
    for owner, phrase in enumerate(["a ... b ... c", "a [b] [c] a", "{who} a b c"]):
        writer.add(phrase, owner)
    automaton = Automaton(graph)
    steps: list[str] = []
    step = automaton._step

    def counted(thread: object, key: str) -> object:
        steps.append(key)
        return step(thread, key)  # type: ignore[arg-type]

    monkeypatch.setattr(automaton, "_step", counted)
    text = "a b he a c my dad a b c x a".split()
    automaton.find(text * 4)
    once = len(steps)

    automaton.find(text * 400)

    assert len(steps) == once
