"""Reads what a visitor says as an answer: "yes" says nothing by itself, and much after "are you thinking of suicide?".

What is asked and what is answered is data, in phrases/answers.toml. Pure; called only where staff have asked something
since the visitor's last words, and the words are such that they may be an answer.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from routing.risk.automaton import Automaton, Hit
from routing.risk.grammar import Graph, Writer
from routing.risk.normalise import STOP, Normaliser
from routing.risk.verdict import Assessment, Level, Part, Reason

SHORT = 60
"""Characters of a message that may answer whatever it says; a longer one must begin as answers do."""

MOST_TOLD = 12
"""Words of an answer that is neither yes nor no: "the garage"; more is a story."""

TAG = 3
"""Words of a question that only hands on what was said before it: "do you?"."""

_READ = 200  # characters of a long message that its answer is looked for in
_SENTENCE = re.compile(r"[^.!?\n]+[.!?\n]*")
_FIRST = re.compile(r"[^\W\d_]+")
_LEVELS = {level.word: level for level in Level}
_NEITHER = "neither"

_SAID = {
    "yes": "answers yes",
    "hedged": "half says yes",
    "yet": "answers not yet",
    "no": "answers no",
    "evasion": "evades the question",
    "told": "says something of it",
}
_GRAVEST = {
    "yes": ("yes", "hedged", "yet", "evasion", "no"),
    "no": ("no", "yet", "hedged", "evasion", "yes"),
}


@dataclass(frozen=True, slots=True)
class Question:
    """Something that staff ask, and what answers to it say. `told` is None where only yes and no say anything."""

    kind: str
    category: str
    about: str
    worry: str
    level: Level
    fills: tuple[str, ...]
    asks: tuple[str, ...]
    asks_not: tuple[str, ...]
    en: tuple[str, ...]
    es: tuple[str, ...]
    told: tuple[str, ...] | None = None
    told_level: Level = Level.NONE


@dataclass(frozen=True, slots=True)
class Reading:
    """What one answer says to one question."""

    question: Question
    said: str
    level: Level
    fills: tuple[str, ...] = ()


class Answers:
    """Reads answers by one file of questions and answers; holds nothing of what it has read."""

    def __init__(self, folder: Path, normalise: Normaliser) -> None:
        """Raises PhraseError, tomllib.TOMLDecodeError, OSError, KeyError."""
        table = tomllib.loads((folder / "answers.toml").read_text())
        lists = {**tomllib.loads((folder / "words.toml").read_text()), **table["lists"]}
        self._normalise = normalise
        self.questions = tuple(_question(row) for row in table["question"])
        self._harmless = len(self.questions)
        asked = [(*question.en, *question.es) for question in self.questions]
        self._asked = self._automaton([*asked, [*table["harmless"]["en"], *table["harmless"]["es"]]], lists)
        answers: Mapping[str, Mapping[str, Sequence[str]]] = table["answer"]
        self._kinds = [(said, how) for said, forms in answers.items() for how in forms]
        self._answers = self._automaton([forms[how] for forms in answers.values() for how in forms], lists)
        self._asking, self._before, self._after, self._contrast, self._leads = (
            frozenset(word for text in table[name]["words"] for word in (text, *normalise(text).words))
            for name in ("asking", "before", "after", "contrast", "leads")
        )

    def _automaton(self, owners: Sequence[Sequence[str]], lists: Mapping[str, Sequence[str]]) -> Automaton:
        graph = Graph()
        writer = Writer(graph, lists, lambda word: self._normalise(word).words)
        for owner, phrases in enumerate(owners):
            for phrase in phrases:
                writer.add(phrase, owner)
        return Automaton(graph)

    def may_answer(self, text: str) -> bool:
        """Whether `text` is worth holding against what was asked before it; cheap, for every message."""
        if len(text) <= SHORT:
            return True
        first = _FIRST.search(text[:SHORT])
        return first is not None and first.group().lower() in self._leads

    def read(self, assessment: Assessment, question: str, text: str) -> Assessment:
        """The assessment of `text` with what it says as an answer to `question`, which staff asked. Never lower."""
        reading = self._reading(self._questions_of(question), text)
        if reading is None or reading.level is Level.NONE:
            return assessment
        start = len(text) - len(text.lstrip())
        end = len(text.rstrip())
        asked = reading.question
        label = f"{_SAID[reading.said]}, asked about {asked.about}"
        reason = Reason(f"answer.{asked.kind}", asked.category, label, start, end, reading.level)
        return assessment.joined(
            [reason], [Part(facet, asked.category, start, end) for facet in reading.fills]
        )

    # --- what was asked -----------------------------------------------------------------------------------

    def kinds_of(self, question: str) -> list[str]:
        """The kinds of question in it, in order; "other" for one that is of none."""
        return [one.kind for asked in self._questions_of(question) for one in asked] or ["other"]

    def _questions_of(self, question: str) -> list[list[Question]]:
        """Sentence by sentence what is asked; an empty list stands for a question about something else."""
        asked: list[list[Question]] = []
        before = ""
        for sentence in _SENTENCE.findall(question):
            is_question = "?" in sentence
            if is_question or self._begins_as_questions_do(sentence):
                words = self._words(sentence)
                if found := self._found(words):
                    asked.append(found)
                elif is_question:
                    asked.append(self._found(self._words(before)) if len(words) <= TAG else [])
            before = sentence
        return asked

    def _begins_as_questions_do(self, sentence: str) -> bool:
        return not self._asking.isdisjoint(_FIRST.findall(sentence[:SHORT].lower())[:3])

    def _words(self, sentence: str) -> list[str]:
        return [word for word in self._normalise(sentence).words if word != STOP]

    def _found(self, words: Sequence[str]) -> list[Question]:
        """The kinds whose phrases stand in these words, but where harmless ones or longer ones do."""
        hits = self._asked.find(words)
        kept = {hit.owner for hit in hits if hit.owner != self._harmless and not self._outdone(hit, hits)}
        return [self.questions[owner] for owner in sorted(kept)]

    def _outdone(self, hit: Hit, hits: Sequence[Hit]) -> bool:
        return any(
            _overlap(hit, other) and (other.owner == self._harmless or _length(other) > _length(hit))
            for other in hits
            if other.owner != hit.owner
        )

    # --- what is answered ---------------------------------------------------------------------------------

    def _reading(self, asked: Sequence[Sequence[Question]], text: str) -> Reading | None:
        """What the answer says to what was asked last; "yes" to one of several says the least of what it may say."""
        risks = [one for questions in asked for one in questions]
        said = self.said(text) if risks else []
        if not said:
            return None
        last = asked[-1]
        readings = [reading for one in risks if (reading := _answered(one, said))]
        if last and len({one.worry for one in last}) == 1:
            alike = [reading for reading in readings if reading.question.worry == last[0].worry]
            return min(alike, key=lambda reading: (reading.level, len(reading.fills)), default=None)
        # Of two questions that a word answers in opposite ways, or one about something else, nobody knows which.
        unclear = max(readings, key=lambda reading: reading.level, default=None)
        if unclear is None or unclear.said == "told":
            return None
        return Reading(unclear.question, unclear.said, min(unclear.level, Level.CONCERN))

    def said(self, text: str) -> list[str]:
        """What an answer says: of yes, hedged, yet, no, evasion those in it; "told" for what is neither; or nothing."""
        is_long = len(text) > SHORT
        words = self._normalise(text[:_READ]).words
        clauses = list(self._clauses(words))
        said = [one for clause in clauses[: 1 if is_long else None] if (one := self._clause(clause))]
        if said := [one for one in said if one != _NEITHER]:
            return said
        is_told = not is_long and "?" not in text and sum(map(len, clauses)) <= MOST_TOLD
        return ["told"] if is_told and any(word.isalpha() for clause in clauses for word in clause) else []

    def _clauses(self, words: Sequence[str]) -> Iterator[list[str]]:
        clause: list[str] = []
        for word in (*words, STOP):
            if word == STOP or word in self._contrast:
                if clause := self._trimmed(clause):
                    yield clause
                clause = []
            else:
                clause.append(word)

    def _trimmed(self, clause: Sequence[str]) -> list[str]:
        start, end = 0, len(clause)
        while start < end and clause[start] in self._before:
            start += 1
        while end > start + 1 and clause[end - 1] in self._after:
            end -= 1
        return list(clause[start:end] or clause)

    def _clause(self, clause: Sequence[str]) -> str | None:
        """The longest beginning of it that answers."""
        best = max(
            (hit for hit in self._answers.find(clause) if self._counts(hit, clause)),
            key=_length,
            default=None,
        )
        return self._kinds[best.owner][0] if best else None

    def _counts(self, hit: Hit, clause: Sequence[str]) -> bool:
        how = self._kinds[hit.owner][1]
        return hit.start == 0 and (how == "begins" or hit.end == len(clause))


def _question(row: Mapping[str, Any]) -> Question:
    unknown = row.keys() - {field.name for field in fields(Question)}
    if unknown or row["worry"] not in _GRAVEST:
        raise ValueError(
            f"question {row.get('kind')!r}: unknown keys {sorted(unknown)}, or no answer that worries"
        )
    values: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in row.items()
    }
    levels = {key: _LEVELS[row[key]] for key in ("level", "told_level") if key in row}
    return Question(**values | levels)


def _answered(question: Question, said: Sequence[str]) -> Reading | None:
    """What the gravest of the things said says to this question."""
    if "told" in said:
        if question.told is None:
            return None
        return Reading(question, "told", question.told_level, question.told)
    gravest = next(one for one in _GRAVEST[question.worry] if one in said)
    return Reading(question, gravest, *_weighed(question, gravest))


def _weighed(question: Question, said: str) -> tuple[Level, tuple[str, ...]]:
    if said == question.worry or (said == "hedged" and question.worry == "yes"):
        return question.level, question.fills
    if said == "yet":
        return min(question.level, Level.HIGH), ()
    if said in ("evasion", "hedged"):
        return Level.CONCERN, ()
    return Level.NONE, ()


def _overlap(one: Hit, other: Hit) -> bool:
    return one.start < other.end and other.start < one.end


def _length(hit: Hit) -> int:
    return hit.end - hit.start
