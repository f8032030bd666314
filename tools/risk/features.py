"""Texts as the model reads them, as rows of a sparse matrix: its own grams, each block brought to length one."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from routing.risk.model import BUCKETS, grams

Words = Sequence[str]
NOTHING = (".",)  # what an empty text is read as, so that every text has a row


def rarity(texts: Sequence[Words]) -> NDArray[np.float32]:
    """How rare each bucket is among `texts`: the smoothed inverse document frequency, at least one."""
    holding = np.zeros(BUCKETS)
    for words in texts:
        holding[np.unique(grams(words or NOTHING).buckets)] += 1
    return (np.log((1 + len(texts)) / (1 + holding)) + 1).astype(np.float32)


def matrix(texts: Sequence[Words], rare: NDArray[np.float32]) -> csr_matrix:
    """One row a text; a gram that comes twice counts twice, as in `routing.risk.model`."""
    buckets, values, ends = [], [], [0]
    for words in texts:
        found = grams(words or NOTHING)
        value = rare[found.buckets]
        for block in (value[: found.words], value[found.words :]):
            block /= np.sqrt(block @ block)
        buckets.append(found.buckets.astype(np.int32))
        values.append(value)
        ends.append(ends[-1] + len(value))
    rows = csr_matrix(
        (np.concatenate(values), np.concatenate(buckets), np.array(ends)), shape=(len(texts), BUCKETS)
    )
    rows.sum_duplicates()
    return rows
