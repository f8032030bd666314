"""What the words around a phrase do to it: deny it, put it in the past, give it to another person, laugh."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from routing.risk.automaton import Hit
from routing.risk.normalise import STOP, Words
from routing.risk.templates import Marker, Phrases, Template
from routing.risk.verdict import Level

REACH = 5  # words back from a phrase that a negation or a subject is looked for
MANY = 64  # findings from which those that read alike are weighed once


@dataclass(frozen=True, slots=True)
class Finding:
    """A template found at words `start` to `end`, at the level that is left after its surroundings."""

    template: Template
    start: int
    end: int
    level: Level
    plain: bool = True  # nothing around it denied it, put it in the past or gave it to somebody else
    subject: str = "self"  # whom it is about: self, other or child


class Reading:
    """One message read for its surroundings: its words, and where its markers stand."""

    def __init__(self, phrases: Phrases, words: Words, hits: Sequence[Hit]) -> None:
        self._scope = phrases.scope
        self._words = words.words
        self._commas = words.commas
        self._stops = [place for place, word in enumerate(words.words) if word == STOP]
        self._markers: dict[str, list[Hit]] = {}
        self._found: list[tuple[Template, Hit]] = []
        for hit in hits:
            owner = phrases.owners[hit.owner]
            if isinstance(owner, Marker):
                self._markers.setdefault(owner.id, []).append(hit)
            else:
                self._found.append((owner, hit))
        self._idiomatic = {
            place for hit in self._markers.get("idioms", ()) for place in range(hit.start, hit.end)
        }

    def findings(self) -> list[Finding]:
        """Every template found, but not where an idiom means something else by the same words."""
        return [
            self._weighed(
                Finding(template, hit.start, hit.end, template.level, subject=self._subject(template, hit))
            )
            for template, hit in self._told_apart()
            if self._idiomatic.isdisjoint(range(hit.start, hit.end))
        ]

    def _told_apart(self) -> Iterable[tuple[Template, Hit]]:
        """What was found, once for all places that read alike: the same words said a hundred times mean no more."""
        if len(self._found) < MANY:
            return self._found
        alike: dict[tuple[object, ...], tuple[Template, Hit]] = {}
        for template, hit in self._found:
            start, end = max(hit.start - 1 - REACH, 0), hit.end + REACH
            commas = tuple(place - start for place in self._commas if start < place <= hit.start)
            sentence = bisect_left(self._stops, hit.start) if "past" in self._markers else 0
            key = (template.id, hit.end - hit.start, sentence, commas, *self._words[start:end])
            alike.setdefault(key, (template, hit))
        return alike.values()

    def laughs(self) -> bool:
        """Whether the message laughs: lol, jaja, an emoji that stands for one."""
        return any(word in self._scope.laughs or word[:4] in ("haha", "jaja") for word in self._words)

    def _weighed(self, found: Finding) -> Finding:
        """Lower what is denied, past or somebody else's; an act in progress only where its own clause says so."""
        if found.template.negatable and self._denied(found.start):
            return replace(found, level=min(found.level, Level.CONCERN), plain=False)
        if found.template.tense == "present" and self._past(found):
            return replace(found, level=min(found.level, Level.CONCERN), plain=False)
        if found.level is Level.IMMINENT:
            return found
        if found.template.subject == "self" and found.subject != "self":
            lowered = Level(max(found.level - 1, min(found.level, Level.CONCERN)))
            return replace(found, level=lowered, plain=False)
        return found

    def _denied(self, start: int) -> bool:
        """An odd number of negations before the phrase in its clause; two of them affirm again."""
        scope, words = self._scope, self._words
        negations = 0
        for place in range(start - 1, max(start - 1 - REACH, -1), -1):
            word = words[place]
            if word == STOP or place + 1 in self._commas or word in scope.contrast:
                break
            if word in scope.void:
                return False
            if word in ("i", "yo") and not (place and words[place - 1] in scope.raising):
                break
            negations += word in scope.negators
        return negations % 2 == 1

    def _past(self, found: Finding) -> bool:
        """The same sentence looks back, and nothing in the message says that it is happening again.

        For an act in progress the look back must stand right beside it.
        """
        if "past" not in self._markers or ("again" in self._markers and "recovered" not in self._markers):
            return False
        after = bisect_left(self._stops, found.start)
        start = self._stops[after - 1] if after else -1
        end = self._stops[after] if after < len(self._stops) else len(self._words)
        if found.level is Level.IMMINENT:
            start, end = max(start, found.start - REACH), min(end, found.end + REACH)
        return any(start < marker.start < end for marker in self._markers["past"])

    def _subject(self, template: Template, hit: Hit) -> str:
        """Whom it is about: the template says so, or its own words, or else the nearest person named before them."""
        scope, inside = self._scope, self._words[hit.start : hit.end]
        if template.category == "child":
            return "child"
        if template.subject != "other" and not scope.writer.isdisjoint(inside):
            return "self"
        before = self._person_before(hit.start)
        if template.subject == "self" and before is None:
            return "self"
        if not scope.children.isdisjoint(inside) or before in scope.children:
            return "child"
        if template.subject == "other" or before is not None or not scope.others.isdisjoint(inside):
            return "other"
        return "self"

    def _person_before(self, start: int) -> str | None:
        """The nearest person named in the sentence before a phrase, if it is not the writer."""
        scope, words = self._scope, self._words
        for place in range(start - 1, max(start - 1 - REACH, -1), -1):
            if words[place] == STOP or words[place] in scope.writer:
                return None
            if words[place] in scope.others:
                return words[place]
        return None
