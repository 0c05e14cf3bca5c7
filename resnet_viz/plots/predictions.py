"""What theory says of a quantity's profile, as lines beside what is measured; no torch."""

from __future__ import annotations

from dataclasses import dataclass
from math import log, pi, sqrt

import numpy as np
from numpy.typing import NDArray

from resnet_viz.plots.contestant import Contestant

GROWTH = sqrt(pi / (pi - 1))
"""Of the gradient from layer to layer towards the input, by batch norm and ReLU: 1.211."""


@dataclass(frozen=True)
class Prediction:
    """Values [n] at positions [n]; in short what they are, in a sentence why, and the source."""

    positions: NDArray[np.int64]
    values: NDArray[np.float64]
    label: str
    sentence: str


def prediction(contestant: Contestant, name: str, step: int) -> Prediction | None:
    """What is predicted of a quantity of this net at `step`; None where nothing is."""
    if name == "branch_ratio":
        return _branch_ratio(contestant)
    if name in ("grad_norm", "grad_input_norm") and step == 0:
        return _mean_field(contestant, name)
    return None


def _branch_ratio(contestant: Contestant) -> Prediction | None:
    config = contestant.config
    blocks = contestant.along("branch_ratio").names
    if config is None or config.norm != "batch" or not blocks or config.zero_init_residual:
        return None
    if config.shortcut_transform != "identity":
        return None
    # "stages.1.0": the number of the block in its stage, from 1.
    within = np.array([int(block.rsplit(".", 1)[1]) + 1 for block in blocks])
    return Prediction(
        contestant.place("branch_ratio").positions,
        1.0 / within,
        "1/k at the start (De & Smith 2020)",
        "The thin line is 1/k in a stage's block k: what the branch adds has variance 1, what the "
        "shortcut passes on the sum of the k before it (De & Smith 2020, arXiv:2002.10444; for "
        "pre-activation nets at their start, counted anew at each stage).",
    )


def _mean_field(contestant: Contestant, name: str) -> Prediction | None:
    config = contestant.config
    if config is None or config.shortcut != "none" or config.norm != "batch":
        return None
    taken, places = contestant.history.taken(name), contestant.place(name).only("main")
    row = taken.row_at(0)
    if row is None or config.activation != "relu" or len(places.names) < 3:
        return None
    measured = taken.values[row, places.columns].astype(np.float64)
    # The classifier has no norm: growth begins at the last layer before it.
    last = len(measured) - (2 if name == "grad_norm" else 1)
    layers = 1 if name == "grad_norm" else _layers_per_block(contestant)
    if not (np.isfinite(measured[last]) and measured[last] > 0):
        return None
    distance = (last - np.arange(last + 1)) * layers
    return Prediction(
        places.positions[: last + 1],
        np.exp(log(measured[last]) + distance * log(GROWTH)),
        f"{GROWTH:.3f} a layer (Yang 2019)",
        f"The thin line grows by sqrt(pi / (pi - 1)) = {GROWTH:.3f} with each layer towards the "
        "input, from the last one that is measured: mean field theory of batch norm and ReLU at "
        "the start of a plain net (Yang et al. 2019, arXiv:1902.08129), for layers of one width.",
    )


def _layers_per_block(contestant: Contestant) -> int:
    return 2 if contestant.config is not None and contestant.config.block == "basic" else 3
