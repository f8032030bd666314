"""`python -m tools.risk measure`: how well the screen finds what it should, beside two baselines in the same run.

Each section is a function of the `Bench` that says a title, tables to read, and the same figures as data.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from routing.risk.model import WEIGHTS, Model
from routing.risk.screen import Screen
from routing.risk.templates import load
from routing.risk.verdict import Level
from tools.risk import baselines, carry, cases, clock, talks, training
from tools.risk.cases import Case, Source
from tools.risk.figures import Share, table
from tools.risk.obfuscate import WAYS, is_risky, perturb
from tools.risk.verdicts import NOTHING_EARLIER, Score, Verdicts

EVERYDAY_BUDGET = 0.01
FEWEST = 8  # texts in a slice that is worth a row
MOST_DISGUISED = 1_000
SCORED = ("recall", "false alarms", "precision")
HEADER = """\
Flagged is `level >= concern` unless a column says `>= high`. On this scale severity 0 is none, 1 and 2 are concern
(a badge in the queue), 3 and 4 high (a supervisor, now), 5 imminent. A text counts as risk where its source says so:
severity 2 and above, or label 1. `acute` is the share of severity 4 and 5 at high or imminent. Everyday texts hold
no risk: what is flagged of them is the false alarms of a line's day, at most {budget:.1%} in total.
Shares stand with their 95 % Wilson interval. TF-IDF learns from the texts that our model learns from, and flags
{budget:.0%} of the everyday texts given; without any it is left out. Sources marked * are among what both learned
from: read those rows as memory, and the left-out ones below instead."""


Turns = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the report: a title, text to read, and the figures in it as plain data."""

    title: str
    text: str
    data: object


@dataclass(slots=True)
class Bench:
    """Everything that is measured, and what every reader said of it. Texts are asked once, however many tables."""

    screen: Screen
    alone: Screen
    own: dict[str, list[Case]]
    given: dict[Source, list[Case]]
    verdicts: Verdicts
    seed: int
    say: Callable[[str], None]

    @property
    def everyday(self) -> list[Case]:
        return [case for source, texts in self.given.items() if source.everyday for case in texts]

    def sets(self) -> dict[str, list[Case]]:
        """What is measured for recall, by the name in the tables."""
        own = {"own, kept half": self.own["kept"], "own, tuning half *": self.own["tune"]}
        told = {
            f"{source.name}{' *' if source.trains else ''}": texts
            for source, texts in self.given.items()
            if not source.everyday
        }
        return {name: texts for name, texts in {**own, **told}.items() if texts}


def bench(data: Path | None, seed: int, say: Callable[[str], None]) -> Bench:
    """Read the data and ask every reader. `data` is a folder of the sources of `cases.SOURCES`, or None."""
    phrases = load()
    whole, alone = Screen(phrases, Model.load(WEIGHTS)), Screen(phrases)
    own = {half: cases.own(half) for half in ("kept", "tune")}
    given = cases.given(data)
    ready = Bench(whole, alone, own, given, Verdicts(), seed, say)
    texts = [*own["kept"], *own["tune"], *(case for found in given.values() for case in found)]
    say(f"screening {len(texts)} texts")
    ready.verdicts.hear(texts, whole, alone)
    learned = training.sources(data)
    if any(not case.risk for case in learned) and ready.everyday:
        say("training the TF-IDF baseline")
        model = baselines.TfIdf(learned, ready.everyday, EVERYDAY_BUDGET)
        say("reading with the TF-IDF baseline")
        ready.verdicts.hear_tfidf(texts, model)
    return ready


# --- sections -----------------------------------------------------------------------------------------------


def by_source(bench: Bench) -> Section:
    """Every way of flagging on every set."""
    rows: list[Sequence[object]] = []
    data: dict[str, object] = {}
    for name, texts in bench.sets().items():
        scores = {way: Score.of(texts, flag) for way, flag in bench.verdicts.flags().items()}
        rows += [
            (name if not at else "", way, *score.cells()) for at, (way, score) in enumerate(scores.items())
        ]
        rows[-len(scores)] = (f"{name} ({len(texts)})", *rows[-len(scores)][1:])
        data[name] = {way: score.as_json() for way, score in scores.items()}
    return Section(
        "Found and falsely flagged, by source", table(("source", "flagged by", *SCORED), rows), data
    )


def acute(bench: Bench) -> Section:
    """Severity 4 and 5: at high or imminent, and at all."""
    rows: list[Sequence[object]] = []
    data: dict[str, object] = {}
    for name, texts in bench.sets().items():
        grave = [case for case in texts if (case.severity or 0) >= cases.ACUTE]
        if grave:
            high = Share.of(bench.verdicts.screen[case.text] >= Level.HIGH for case in grave)
            seen = Share.of(bench.verdicts.screen[case.text] >= Level.CONCERN for case in grave)
            rows.append((name, len(grave), high, seen))
            data[name] = {"high": high.as_json(), "concern": seen.as_json()}
    return Section("Acute: severity 4 and 5", table(("source", "n", ">= high", ">= concern"), rows), data)


def everyday(bench: Bench) -> Section:
    """What is flagged of texts that hold no risk, by source and in total."""
    found = {source.name: texts for source, texts in bench.given.items() if source.everyday}
    found["in total"] = bench.everyday
    if not bench.everyday:
        return Section("Everyday texts", "none given", {})
    ways = bench.verdicts.flags()
    shares = {
        name: {way: Share.of(map(flag, texts)) for way, flag in ways.items()} for name, texts in found.items()
    }
    rows = [(name, len(found[name]), *row.values()) for name, row in shares.items()]
    data = {name: {way: share.as_json() for way, share in row.items()} for name, row in shares.items()}
    return Section("Everyday texts: falsely flagged", table(("source", "n", *ways), rows), data)


def slices(bench: Bench) -> Section:
    """By category, language, severity and tag, for what has them."""
    parts, data = [], {}
    for name, texts in bench.sets().items():
        if texts[0].severity is None:
            continue
        rows = _sliced(texts, bench)
        parts.append(f"{name}\n{table(('slice', 'n', 'recall', 'recall >= high', 'false alarms'), rows)}")
        data[name] = {str(row[0]): [str(cell) for cell in row[1:]] for row in rows}
    return Section("By category, language, severity and slice", "\n\n".join(parts), data)


def _sliced(texts: Iterable[Case], bench: Bench) -> list[Sequence[object]]:
    groups: dict[str, list[Case]] = defaultdict(list)
    for case in texts:
        groups[f"category {case.category or '-'}"].append(case)
        groups[f"language {case.lang}"].append(case)
        groups[f"severity {case.severity}"].append(case)
        for name in case.slices:
            groups[f"slice {name}"].append(case)
    order = ("category", "language", "severity", "slice")
    ways = bench.verdicts.flags()
    rows: list[Sequence[object]] = []
    for name in sorted(groups, key=lambda name: (order.index(name.split()[0]), name)):
        if len(groups[name]) >= FEWEST:
            flagged = Score.of(groups[name], ways["screen >= concern"])
            high = Score.of(groups[name], ways["screen >= high"])
            rows.append((name, len(groups[name]), flagged.recall, high.recall, flagged.false_alarms))
    return rows


def carrying(bench: Bench) -> Section:
    """Leave one source out: what may ship, and how far the design would go with what may only measure."""
    permitted = {"own tuning half": bench.own["tune"]}
    permitted |= {source.name: texts for source, texts in bench.given.items() if source.trains}
    others = {
        source.name: texts
        for source, texts in bench.given.items()
        if not source.trains and not source.everyday
    }
    calm = [c for source, texts in bench.given.items() if source.trains and source.everyday for c in texts]
    if not calm:
        return Section("Left out", "no everyday texts to fix a threshold by", {})
    shipped = [case for texts in permitted.values() for case in texts]
    runs: list[tuple[str, str, list[Case], list[Case]]] = []
    for name, texts in permitted.items():
        if any(case.risk for case in texts):
            runs.append((name, "permitted", texts, _without(permitted, name)))
    for name, texts in others.items():
        runs.append((name, "permitted", texts, shipped))
    for name, texts in others.items():
        runs.append((name, "all (measure only)", texts, shipped + _without(others, name)))
    rows: list[Sequence[object]] = []
    data = []
    for name, variant, texts, learned in runs:
        bench.say(f"leaving out {name}, learning from {variant}")
        found = carry.carried(texts, learned, calm, bench.verdicts.phrases, bench.alone.phrases)
        alone, both = _score(texts, found.model), _score(texts, found.together)
        rows.append((name, variant, alone.recall, alone.false_alarms, *both.cells()))
        data.append(
            {"source": name, "learned": variant, "model": alone.as_json(), "together": both.as_json()}
        )
    head = ("left out", "learned from", "model: recall", "false alarms", "with phrases: recall", *SCORED[1:])
    note = f"Thresholds frozen before at {carry.BUDGET:.0%} of everyday texts that were not learned from.\n"
    return Section("Leave one source out", note + table(head, rows), data)


def _without(sets: Mapping[str, list[Case]], name: str) -> list[Case]:
    return [case for other, texts in sets.items() if other != name for case in texts]


def _score(texts: Sequence[Case], flagged: Sequence[bool]) -> Score:
    told = {case.text: said for case, said in zip(texts, flagged, strict=True)}
    return Score.of(texts, lambda case: told[case.text])


def disguised(bench: Bench) -> Section:
    """Recall before and after the words of risk were disguised, by way of disguise."""
    dice = random.Random(bench.seed)
    risky = [case for texts in bench.sets().values() for case in texts if case.risk and is_risky(case.text)]
    risky = dice.sample(risky, min(len(risky), MOST_DISGUISED))
    clean = Share.of(bench.verdicts.screen[case.text] >= Level.CONCERN for case in risky)
    rows: list[Sequence[object]] = [("as written", clean, "")]
    data: dict[str, object] = {"seed": bench.seed, "as written": clean.as_json()}
    for way in (None, *WAYS):
        seen = Share.of(
            bench.screen.assess(perturb(case.text, dice, way), NOTHING_EARLIER).level >= Level.CONCERN
            for case in risky
        )
        name = way or "all ways mixed"
        rows.append((name, seen, f"{100 * (clean.value - seen.value):+.1f}"))
        data[name] = seen.as_json()
    note = f"{len(risky)} texts with a word of risk, seed {bench.seed} (--seed repeats it)\n"
    return Section("Disguised words of risk", note + table(("way", "recall", "points lost"), rows), data)


def conversations(bench: Bench) -> Section:
    """Our own conversations: told in time, too late or never, and told of where nothing was to tell."""

    def by_message(turns: Turns) -> int | None:
        said = [text for who, text in turns if who == "visitor"]
        levels = (bench.screen.assess(text, NOTHING_EARLIER).level for text in said)
        return next((at for at, level in enumerate(levels, 1) if level >= Level.HIGH), None)

    ways: dict[str, Callable[[Turns], int | None]] = {
        "each message alone": by_message,
        "over the conversation": talks.run,
    }
    rows: list[Sequence[object]] = []
    data: dict[str, object] = {}
    for half in ("kept", "tune"):
        for way, told in ways.items():
            seen = [(talk.alert_at, told(talk.turns)) for talk in cases.talks(half)]
            in_time = Share.of(at is not None and at <= wanted for wanted, at in seen if wanted)
            falsely = Share.of(at is not None for wanted, at in seen if not wanted)
            rows.append((f"{half} half ({len(seen)})", way, in_time, falsely))
            data[f"{half}, {way}"] = {"in time": in_time.as_json(), "falsely": falsely.as_json()}
    head = ("conversations", "read", "high at or before the message", "falsely high")
    return Section("Conversations", table(head, rows), data)


def times(bench: Bench) -> Section:
    """What it costs, in microseconds."""
    dice = random.Random(bench.seed)
    calm = bench.everyday or [case for texts in bench.own.values() for case in texts if not case.risk]
    texts = [case.text for case in dice.sample(calm, min(len(calm), 2_000))]
    phrases = bench.alone.phrases

    def layer(text: str) -> object:
        return bench.alone.findings(phrases.normalise(text))

    def whole(text: str) -> object:
        return bench.screen.assess(text, NOTHING_EARLIER)

    long = clock.long_texts(texts, dice)
    worst, pieces = clock.worst(whole, texts, dice)
    rows = [
        ("ordinary message, phrase layer, median", f"{clock.median(layer, texts):.0f}", "30"),
        ("ordinary message, whole screen, median", f"{clock.median(whole, texts):.0f}", "120"),
        (f"{clock.LONGEST} characters, p99", f"{clock.p99(whole, long):.0f}", "1000"),
        (f"worst found in {clock.TRIES} tries", f"{worst:.0f}", "5000"),
    ]
    note = f"\nthe worst repeats {pieces[:60]!r}"
    data = {name: float(value) for name, value, _ in rows}
    return Section("Times, microseconds", table(("what", "measured", "at most"), rows) + note, data)


SECTIONS = (by_source, acute, everyday, slices, conversations, disguised, carrying, times)


def report(bench: Bench) -> Iterable[Section]:
    """All sections, each when it is ready."""
    for section in SECTIONS:
        bench.say(section.__name__.replace("_", " "))
        yield section(bench)
