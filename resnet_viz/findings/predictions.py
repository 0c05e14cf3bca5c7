"""What theory says of a quantity's profile, as lines beside what is measured; no torch."""

from __future__ import annotations

from dataclasses import dataclass
from math import log, pi, sqrt

import numpy as np
from numpy.typing import NDArray

from resnet_viz.findings.contestant import Contestant

GROWTH = sqrt(pi / (pi - 1))
"""Of the gradient from layer to layer towards the input, by batch norm and ReLU: 1.211."""
GRADIENTS = ("grad_norm", "grad_input_norm")


@dataclass(frozen=True)
class Prediction:
    """Values [n] at positions [n]; in short what they are, and the source."""

    positions: NDArray[np.int64]
    values: NDArray[np.float64]
    label: str


def prediction(contestant: Contestant, name: str, step: int) -> Prediction | None:
    """What is predicted of a quantity of this net at `step`; None where nothing is."""
    if name == "branch_ratio":
        return _branch_ratio(contestant)
    if name in GRADIENTS and step == 0:
        return _mean_field(contestant, name)
    return None


def about_prediction(contestant: Contestant, name: str) -> str:
    """What such a line is and where it comes from, whatever was measured yet; "" for none."""
    if name == "branch_ratio" and _adds_up(contestant):
        return (
            "The thin line is 1/k in a stage's block k: what the branch adds has variance 1, what "
            "the shortcut passes on the sum of the k before it (De & Smith 2020, "
            "arXiv:2002.10444; for pre-activation nets at their start, counted anew at each stage)."
        )
    if name in GRADIENTS and _is_plain_with_norm(contestant):
        return (
            "At the first step a thin line grows by sqrt(pi / (pi - 1)) = "
            f"{GROWTH:.3f} with each layer towards the input, from the last one that is measured: "
            "mean field theory of batch norm and ReLU at the start of a plain net (Yang et al. "
            "2019, arXiv:1902.08129), for layers of one width."
        )
    return ""


def _adds_up(contestant: Contestant) -> bool:
    """Whether its blocks add branches of variance 1 to what identities pass on."""
    config = contestant.config
    if config is None or config.norm != "batch" or config.zero_init_residual:
        return False
    has_blocks = bool(contestant.along("branch_ratio").names)
    return has_blocks and config.shortcut_transform == "identity"


def _is_plain_with_norm(contestant: Contestant) -> bool:
    """Whether it is one of the nets that the mean field theory is of."""
    config = contestant.config
    if config is None or config.shortcut != "none" or config.norm != "batch":
        return False
    return config.activation == "relu"


def _branch_ratio(contestant: Contestant) -> Prediction | None:
    if not _adds_up(contestant):
        return None
    # "stages.1.0": the number of the block in its stage, from 1.
    blocks = contestant.along("branch_ratio").names
    within = np.array([int(block.rsplit(".", 1)[1]) + 1 for block in blocks])
    return Prediction(
        contestant.place("branch_ratio").positions,
        1.0 / within,
        "1/k at the start (De & Smith 2020)",
    )


def _mean_field(contestant: Contestant, name: str) -> Prediction | None:
    if not _is_plain_with_norm(contestant):
        return None
    taken, places = contestant.history.taken(name), contestant.place(name).only("main")
    row = taken.row_at(0)
    if row is None or len(places.names) < 3:
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
    )


def _layers_per_block(contestant: Contestant) -> int:
    return 2 if contestant.config is not None and contestant.config.block == "basic" else 3
