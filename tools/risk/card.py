"""The model card: what the model is for and not for, what it learned from, how well it does, where it fails."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from sklearn.metrics import roc_auc_score

from routing.risk.model import HEADS, Model
from routing.risk.screen import Screen
from routing.risk.verdict import Level
from tools.risk import budget, cases
from tools.risk.budget import Seen
from tools.risk.cases import Case
from tools.risk.training import Example, Trained
from tools.risk.verdicts import NOTHING_EARLIER, Flag, Score

_LICENCES = {
    "own tune": "our own writing; this project's licence",
    "own teaching": "our own writing; this project's licence",
    "hard_cases": "written for this project",
    "counselchat": "MIT; questions to therapists, N. Bertagnolli, CounselChat",
    "sms_ham": "CC BY 4.0; SMS Spam Collection, T. A. Almeida and J. M. Gómez Hidalgo, UCI Machine Learning Repository",
    "xed_subtitles": "CC BY 4.0; XED, E. Öhman, M. Pàmies, K. Kajava and J. Tiedemann, lines of subtitles",
}

_CARD = """\
# The model behind the phrases

Written by `python -m tools.risk train`; do not edit by hand. Version {version}.

A linear model with a head for each category, one for *concern* (severity 2 and above) and one for *high* (3 and above),
over hashed words in ones and twos and letters in threes to fives of the normalised text. {buckets:,} buckets, one byte
a weight. It reads English and Spanish; other languages only as far as they share words.

## For
Raising a message to *concern* or *high* that no phrase meets, for a person to look at, and ordering what waits. Every
message is read by a person in any case. It shows the words that weighed most, and a probability.

## Not for
- lowering anything, closing anything, or deciding whether somebody is served;
- saying that something is happening now: it never raises to *imminent*;
- diagnosis, research on people, or any text outside a support line. Its probabilities are calibrated on the mix below,
  in which {share:.0%} of texts hold a risk, and not on any line's own stream.

## What it learned from
| source | texts | of them risk | licence |
|---|---|---|---|
{sources}

Also {phrases} examples that stand beside our phrases, {copies} copies with the words of risk disguised by our own
program, and pieces of long harmless posts. No text is in the weights; grams are hashed, and buckets shared. The half of
our own cases that is set aside by a hash of the text was not learned from.

## Figures
Out of fold (each text judged by a model that had not learned from it; {folds} folds):

| head | examples | area under the curve |
|---|---|---|
{heads}

Thresholds are the lowest that keep to budgets fixed beforehand:

| level | probability | everyday texts added (at most) | misleading texts added (at most) | risks added |
|---|---|---|---|---|
{levels}

The kept half of our own cases, {kept_texts} texts, scored only:

| | recall | false alarms | precision |
|---|---|---|---|
{kept}

## Limits
- It weighs words without their order beyond two of them: denial, the past, other people and jokes are what it
  mistakes most. Phrases see those; it does not.
- Most of what it calls risk was written by a few people for this project. Real messages differ; measure before
  relying on it.
- Labels are proxies by non-clinicians. Have clinicians review what it flags.
- Dialects and languages that are rare above are read worse.
"""


def kept(texts: Sequence[Case], whole: Screen, alone: Screen) -> dict[str, Score]:
    """The half that nothing was learned from: the phrases alone, and with the model."""
    return {
        f"{name}, {level.word} and above": Score.of(texts, _flags(screen, level))
        for level in (Level.CONCERN, Level.HIGH)
        for name, screen in (("phrases", alone), ("phrases and model", whole))
    }


def _flags(screen: Screen, level: Level) -> Flag:
    return lambda case: screen.assess(case.text, NOTHING_EARLIER).level >= level


def text(
    learned: Sequence[Example],
    trained: Trained,
    seen: Sequence[Seen],
    model: Model,
    kept_scores: dict[str, Score],
) -> str:
    """The card of one training."""
    told = [example.case for example in learned if example.case is not None]
    return _CARD.format(
        version=model.version,
        buckets=len(trained.rarity),
        share=np.mean([case.risk for case in told]),
        sources="\n".join(_sources(told)),
        phrases=sum(example.origin == "phrase" for example in learned),
        copies=sum(example.origin == "copy" for example in learned),
        folds=len({example.fold for example in learned}),
        heads="\n".join(_heads(learned, trained)),
        levels="\n".join(_levels(seen, model)),
        kept_texts=len(cases.own("kept")),
        kept="\n".join(
            f"| {name} | {score.recall} | {score.false_alarms} | {score.precision} |"
            for name, score in kept_scores.items()
        ),
    )


def _sources(told: Sequence[Case]) -> list[str]:
    count = Counter(case.source for case in told)
    risk = Counter(case.source for case in told if case.risk)
    return [f"| {name} | {count[name]:,} | {risk[name]:,} | {_LICENCES[name]} |" for name in count]


def _heads(learned: Sequence[Example], trained: Trained) -> list[str]:
    lines = []
    for head, name in enumerate(HEADS):
        wanted = [example.heads[head] for example in learned]
        area = roc_auc_score(wanted, trained.scores[:, head]) if any(wanted) else float("nan")
        lines.append(f"| {name} | {sum(wanted):,} | {area:.3f} |")
    return lines


def _levels(seen: Sequence[Seen], model: Model) -> list[str]:
    everyday = {source.name for source in cases.SOURCES if source.everyday}
    lines = []
    for one, threshold in zip(budget.BUDGETS, model.thresholds, strict=False):
        parts = []
        for texts, most in (
            ([x for x in seen if x.case.source in everyday], f" ({one.everyday:.2%})"),
            (
                [x for x in seen if x.case.severity is not None and not x.case.risk],
                f" ({one.misleading:.1%})",
            ),
            ([x for x in seen if x.case.risk], ""),
        ):
            added = sum(x.phrases is Level.NONE and x.chances[one.head] >= threshold for x in texts)
            parts.append(f"{added} of {len(texts):,}{most}")
        lines.append(f"| {one.level.word} | {threshold:.3f} | {' | '.join(parts)} |")
    return lines
