"""What was trained, as the one file that ships: weights in steps of a hundred-and-twenty-seventh, the same bytes
for the same model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tools.risk.training import Trained

_STEPS = 127  # of a weight, to either side of nothing


def write(trained: Trained, thresholds: Sequence[float], path: Path) -> None:
    """Write the file that `routing.risk.model.Model.load` reads. Zip entries carry no time of writing."""
    scale = np.maximum(np.abs(trained.weights).max(axis=0) / _STEPS, 1e-9)
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(
        path,
        weights=np.rint(trained.weights / scale).astype(np.int8),
        scale=scale.astype(np.float32),
        rarity=trained.rarity.astype(np.float16),
        bias=trained.bias.astype(np.float32),
        thresholds=np.array(thresholds, np.float64),
    )
