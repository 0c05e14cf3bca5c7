"""Absence: which values are missing, and why, from the states of the layers they belong to."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from resnet_viz.findings.contestant import Contestant
from resnet_viz.quantities.layer_states import ABSENT, LAYER_STATE, LayerState, States, states_over
from resnet_viz.quantities.records import Series


def layer_states_of(net: Contestant, name: str, series: Series) -> States | None:
    """The states [T, n] of the layers of a quantity's values; None if it is not by layer, or no
    states were recorded."""
    names, known = net.along(name).names, net.along(LAYER_STATE).names
    if net.along(name).axis != "layer" or not set(names) <= set(known):
        return None
    states = states_over(net.history, series.steps)
    return None if states is None else states[:, [known.index(of) for of in names]]


def absent_states(net: Contestant, name: str, series: Series) -> States:
    """The reasons why values [T, n] are missing: codes of `ABSENT`, 0 for a value that is there.

    At a block nothing has passed where the value is NaN and one of its layers has no value, but
    none is not finite.
    """
    codes = np.zeros(series.values.shape, np.int64)
    is_none = np.isnan(series.values)
    if not is_none.any():
        return codes
    axis = net.along(name).axis
    states = (
        layer_states_of(net, name, series) if axis == "layer" else _of_blocks(net, name, series)
    )
    if states is None:
        return codes
    return np.where(is_none & np.isin(states, ABSENT), states, codes)


def short_words(code: int) -> str:
    """A state in a word or two."""
    return LayerState(code).short


def _of_blocks(net: Contestant, name: str, series: Series) -> States | None:
    """Of each block the state of its layers that says why nothing is there, if one does."""
    if net.along(name).axis != "block":
        return None
    states, layers = states_over(net.history, series.steps), net.along(LAYER_STATE).names
    if states is None:
        return None
    inside = [
        [i for i, layer in enumerate(layers) if layer.startswith(f"{block}.") or layer == block]
        for block in net.along(name).names
    ]
    return np.stack([_of_one(states[:, columns]) for columns in inside], axis=1)


def _of_one(states: States) -> NDArray[np.int64]:
    """The state [T] of a block, of those of its layers [T, l]."""
    none = LayerState.NOT_FINITE + 1
    least = np.where(np.isin(states, ABSENT), states, none).min(axis=1, initial=none)
    is_bad = (states == LayerState.NOT_FINITE).any(axis=1)
    return np.where(is_bad | (least == none), LayerState.MEASURED, least)
