"""Predictions of theory for a quantity's profile, as lines beside the measurements; no torch."""

from __future__ import annotations

from dataclasses import dataclass
from math import log

import numpy as np
from numpy.typing import NDArray

from resnet_viz.findings.contestant import Contestant
from resnet_viz.findings.theory import mean_field
from resnet_viz.findings.theory.layers_left import layers_left

GRADIENTS = ("grad_norm", "grad_input_norm")
BRANCHES = "branch_ratio"


@dataclass(frozen=True)
class Prediction:
    """A prediction: values [n] at positions [n], a short label, and the source."""

    positions: NDArray[np.int64]
    values: NDArray[np.float64]
    label: str


def prediction(contestant: Contestant, name: str, step: int) -> Prediction | None:
    """The prediction for a quantity of this net at `step`; None if there is none.

    Theory is of new nets: there is none after the first step.
    """
    if step != 0:
        return None
    if name == BRANCHES:
        expected = _branch_theory(contestant)
        positions = contestant.place(BRANCHES).positions
        label = "theory (De & Smith 2020)"
        return Prediction(positions, np.array(expected), label) if expected else None
    return _mean_field(contestant, name) if name in GRADIENTS else None


def about_prediction(contestant: Contestant, name: str) -> str:
    """The meaning and source of such a line, whether measured yet or not; "" for none."""
    if name == BRANCHES and _branch_theory(contestant) is not None:
        return (
            "Thin line (step 0 only): theory for a new pre-activation net, where every branch adds "
            "the same variance to what the blocks before it have added up. The sum starts again "
            "at a projection and halves at a zero-padded shortcut (De & Smith 2020, "
            "arXiv:2002.10444)."
        )
    if name in GRADIENTS and _has_mean_field(contestant):
        return (
            f"Thin line (step 0 only): theory predicts growth of {mean_field.BATCH_NORM:.3f}x per "
            "layer in a plain batch-norm net of constant width (Yang et al. 2019, "
            "arXiv:1902.08129). It leaves out the borders of the images, which lower the growth to "
            "between 1.15x and 1.20x on maps of 2 to 16 pixels."
        )
    return ""


def _branch_theory(contestant: Contestant) -> list[float] | None:
    """Var F(x) / Var x of the blocks that have a shortcut, in the order of the records."""
    config = contestant.config
    expected = None if config is None else mean_field.branch_ratios(config)
    if expected is None or contestant.along(BRANCHES).names != contestant.blocks:
        return None
    return list(expected)


def _has_mean_field(contestant: Contestant) -> bool:
    """Whether it is one of the nets that the mean field theory of batch norm is of."""
    config, batch = contestant.config, contestant.batch_size
    if config is None or batch is None or config.norm != "batch":
        return False
    return mean_field.profile(config, batch) is not None


def _mean_field(contestant: Contestant, name: str) -> Prediction | None:
    if not _has_mean_field(contestant):
        return None
    series, places = contestant.history.series(name), contestant.place(name).only("main")
    row = series.row_at(0)
    if row is None or len(places.names) < 3:
        return None
    measured = series.values[row, places.columns].astype(np.float64)
    if name == "grad_norm":  # the classifier has no norm: growth begins at the layer before it
        measured = measured[:-1]
        left = np.arange(len(measured), 0.0, -1)
    else:
        left = layers_left(contestant.layers, places.names)
    if not (np.isfinite(measured[-1]) and measured[-1] > 0):
        return None
    grown = (left - left[-1]) * log(mean_field.BATCH_NORM)
    return Prediction(
        places.positions[: len(measured)],
        np.exp(log(measured[-1]) + grown),
        f"theory: {mean_field.BATCH_NORM:.3f}x per layer (Yang 2019)",
    )
