"""What the screen is measured beside: a list of key words, and TF-IDF with a logistic regression.

The list is our own writing, of the kind that public tools use: plain words, found anywhere in the text.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import FeatureUnion, Pipeline

from tools.risk.cases import Case

RED_LIST = (
    "suicide|suicidal|kill myself|kill me|end my life|end it all|take my own life|want to die|wanna die|"
    "better off dead|better off without me|no reason to live|can't go on|don't want to live|"
    "don't want to be here|not worth living|hurt myself|harm myself|self harm|self-harm|selfharm|"
    "cut myself|cutting myself|slit my wrists|overdose|hang myself|shoot myself|jump off|kms|unalive|"
    "wish i was dead|rather be dead|ready to die|goodbye forever|suicide note|suicide plan|kill him|"
    "kill her|kill them|going to shoot|shoot up|abusing me|he hits me|raped|being abused|suicidarme|"
    "suicidio|matarme|quiero morir|quitarme la vida|acabar con mi vida|no quiero vivir|cortarme|"
    "hacerme daño|me pega|abusa de mí"
).split("|")


def red_listed(text: str) -> bool:
    """Whether any entry of the list stands anywhere in the text, as most such lists are used."""
    lowered = text.lower()
    return any(entry in lowered for entry in RED_LIST)


class TfIdf:
    """Words in ones and twos and letters in threes to fives, trained on what ours may learn from.

    `threshold` is where a share of `budget` of the everyday texts would be flagged.
    """

    def __init__(self, learned: Sequence[Case], everyday: Sequence[Case], budget: float) -> None:
        words = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
        letters = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), min_df=3, sublinear_tf=True)
        regression = LogisticRegression(C=4, class_weight="balanced", solver="liblinear", random_state=0)
        self._model = Pipeline(
            [("grams", FeatureUnion([("words", words), ("letters", letters)])), ("regression", regression)]
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            self._model.fit([case.text for case in learned], [case.risk for case in learned])
        scores = np.sort(self.scores(everyday))
        self.threshold = float(scores[-int(len(scores) * budget) - 1]) if len(scores) else 0.0

    def scores(self, texts: Sequence[Case]) -> NDArray[np.float64]:
        scores: NDArray[np.float64] = self._model.decision_function([case.text for case in texts])
        return scores

    def flagged(self, texts: Sequence[Case]) -> list[bool]:
        return [bool(score > self.threshold) for score in self.scores(texts)]
