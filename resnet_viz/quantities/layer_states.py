"""Layer states of a run: whether a value is measured, and if not, why; no torch.

A value that is not there is NaN, and `layer_state` says the reason. The states are recorded at the
first step, and at every step at which they differ from those recorded last.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from resnet_viz.quantities.records import Floats, History, Series

LAYER_STATE = "layer_state"
"""The quantity that records them."""

States = NDArray[np.int64]
_OF_WEIGHTS = ("weight_norm", "update_ratio")


class LayerState(IntEnum):
    """The state of a layer at a step: whether its values count."""

    MEASURED = 0
    UNUSED = 1
    FROZEN = 2
    CLEARED = 3
    NOT_STEPPED = 4
    NOT_HOOKED = 5
    NOT_FINITE = 6

    @property
    def words(self) -> str:
        """The state in words, for people."""
        return WORDS[self]

    @property
    def short(self) -> str:
        """The state in a word or two."""
        return WORDS[self].partition(":")[0]


WORDS: Mapping[LayerState, str] = {
    LayerState.MEASURED: "measured",
    LayerState.UNUSED: "no gradient: the loss does not depend on this layer at this step",
    LayerState.FROZEN: "frozen: its weights are not trained",
    LayerState.CLEARED: "gradient cleared before it was read",
    LayerState.NOT_STEPPED: "not updated: it has a gradient, but its weights did not change",
    LayerState.NOT_HOOKED: "not measured: this kind of layer is not watched",
    LayerState.NOT_FINITE: "not finite: inf or NaN",
}
ABSENT = (LayerState.UNUSED, LayerState.FROZEN, LayerState.CLEARED, LayerState.NOT_HOOKED)
"""With these a layer has no gradient norm: NaN stands for nothing, and is no bad number."""


def layer_states(
    known: States, values: Mapping[str, Floats], *, is_cleared: bool = False
) -> States:
    """The states [L] at a step, of layers that are `known` to be measured or to have no value.

    `values` are the newest, by quantity, along the same layers; `is_cleared`: no gradient was seen
    on its way, so that gradients that are all 0 while weights move were set to 0 in between. A
    gradient of exactly 0 is a measured one otherwise.
    """
    nothing = np.full(len(known), np.nan, np.float32)
    gradients, weights, updates = (
        values.get(name, nothing) for name in ("grad_norm", "weight_norm", "update_ratio")
    )
    states = known.copy()
    is_open = known == LayerState.MEASURED
    if is_cleared and not gradients[is_open].any() and (updates[is_open] > 0).any():
        states[is_open] = LayerState.CLEARED
        return states
    states[is_open & (gradients > 0) & (updates == 0)] = LayerState.NOT_STEPPED
    states[is_open & ~(np.isfinite(gradients) & np.isfinite(weights))] = LayerState.NOT_FINITE
    return states


class StateLog:
    """Log of the last recorded states, so that they are recorded only when they change.

    What was seen of weights and updates holds until they are looked at again.
    """

    def __init__(self) -> None:
        self._last: States | None = None
        self._newest: dict[str, Floats] = {}

    def states(
        self, known: States, values: Mapping[str, Floats], *, is_cleared: bool = False
    ) -> States:
        """The states [L] at a step that found `values` (see `layer_states`)."""
        self._newest |= {name: values[name] for name in _OF_WEIGHTS if name in values}
        return layer_states(known, {**self._newest, **values}, is_cleared=is_cleared)

    def record(self, states: States) -> dict[str, Floats]:
        """The entry in a step's record: the states, or nothing if they are as before."""
        if self._last is not None and np.array_equal(self._last, states):
            return {}
        self._last = states
        return {LAYER_STATE: states.astype(np.float32)}

    def state_dict(self) -> dict[str, Any]:
        """The content of the log, to go on from later."""
        newest = {name: values.tolist() for name, values in self._newest.items()}
        return {"last": None if self._last is None else self._last.tolist(), "seen": newest}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore what `state_dict` returned."""
        last = state["last"]
        self._last = None if last is None else np.array(last, np.int64)
        newest = state.get("seen", {})
        self._newest = {name: np.array(values, np.float32) for name, values in newest.items()}


def state_at(history: History, step: int) -> States | None:
    """The states in force at `step` [L]; None for a run that has not recorded any."""
    series = history.series(LAYER_STATE)
    row = series.row_at(step)
    return None if row is None else series.values[row].astype(np.int64)


def states_over(history: History, steps: NDArray[np.int64]) -> States | None:
    """The states in force at each of `steps`, ascending [T, L]; None where none are recorded."""
    series = history.series(LAYER_STATE)
    if not len(series.steps):
        return None
    rows = np.searchsorted(series.steps, steps, side="right") - 1
    return series.values[np.maximum(rows, 0)].astype(np.int64)


def states_across(histories: Sequence[History]) -> Series:
    """The states of one net over several seeds: of each layer the worst one, at every step at which
    one changes."""
    recorded = [history for history in histories if len(history.series(LAYER_STATE).steps)]
    if not recorded:
        return History().series(LAYER_STATE)
    steps = np.unique(np.concatenate([h.series(LAYER_STATE).steps for h in recorded]))
    of_seeds = [states for h in recorded if (states := states_over(h, steps)) is not None]
    return Series(steps, np.max(of_seeds, axis=0).astype(np.float32))


def words_of(code: float) -> str:
    """The words of a recorded code; "" for one that this program does not know."""
    words = {float(state): state.words for state in LayerState}
    return words.get(float(code), "")
