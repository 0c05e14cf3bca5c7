"""Layers without a value are told with their reason, and are no bad numbers."""

from __future__ import annotations

import numpy as np
import pytest

from resnet_viz.findings.race_summary import claims, happened
from resnet_viz.quantities.layer_states import LAYER_STATE, LayerState
from resnet_viz.quantities.quantity import Along
from tests.findings.made import falling, run

NAMES = tuple(f"layer{place}" for place in range(20))


@pytest.mark.parametrize("state", [one for one in LayerState if one != LayerState.MEASURED])
def test_a_layer_without_a_value_is_told_with_its_reason(state: LayerState) -> None:
    codes = [float(state) if place in (3, 4) else 0.0 for place in range(20)]
    net = run(
        "plain20-cifar",
        falling(2.5, 0.1, 20),
        values=lambda step: {} if step else {LAYER_STATE: codes},
        header={LAYER_STATE: Along("layer", NAMES)},
    )
    (claim,) = (claim for claim in claims([net]) if claim.kind == "layer state")
    assert (claim.values["layers"], claim.values["among"]) == (2, 20)
    assert claim.details["state"] == state.name.lower()
    assert claim.steps == (0, 39)
    told = [said.text for said in happened([net])]
    assert f"2 layers of plain20-cifar (layer3 first) are marked as {state.words}." in told


def test_codes_of_a_file_from_elsewhere_break_no_sentence() -> None:
    """They need not be whole numbers: the claims of such a race failed, and its stage with them."""
    codes = [LayerState.FROZEN + 0.5, *[0.25] * 19]
    net = run("plain20-cifar", falling(2.5, 0.1, 20), values=lambda step: {LAYER_STATE: codes})
    (claim,) = (claim for claim in claims([net]) if claim.kind == "layer state")
    assert (claim.values["layers"], claim.steps) == (1, (0, 39))


def test_a_layer_that_is_thawed_is_not_told_as_frozen() -> None:
    def states(step: int) -> dict[str, list[float]]:
        code = {0: LayerState.FROZEN, 9: LayerState.MEASURED}.get(step)
        return {} if code is None else {LAYER_STATE: [float(code)] * 20}

    net = run("plain20-cifar", falling(2.5, 0.1, 20), values=states)
    assert "layer state" not in {claim.kind for claim in claims([net])}


def test_gradients_that_were_cleared_are_no_dead_net() -> None:
    def norm(step: int, column: int) -> float:
        return 1.0 if step < 5 else 0.0

    def states(step: int) -> dict[str, list[float]]:
        return {LAYER_STATE: [float(LayerState.CLEARED)] * 20} if step == 5 else {}

    flat = falling(2.4, 2.3, 5)
    cleared = run("plain20-cifar", flat, norm=norm, values=states, accuracy=lambda step: 0.1)
    assert "dead" not in {claim.kind for claim in claims([cleared])}
    unknown = run("plain20-cifar", flat, norm=norm, accuracy=lambda step: 0.1)
    assert "dead" in {claim.kind for claim in claims([unknown])}
    assert np.isfinite(unknown.history.loss).all()
