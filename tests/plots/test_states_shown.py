"""A layer's value that is not there is shown as that, and not as a bad number."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from resnet_viz.arch.plan import WeightedLayer
from resnet_viz.figures.heat_maps.heat_maps import heat_maps
from resnet_viz.figures.layer_profile import profile
from resnet_viz.findings.contestant import Contestant
from resnet_viz.findings.verdicts import first_broken
from resnet_viz.quantities.layer_states import LayerState
from resnet_viz.quantities.quantity import Along
from resnet_viz.quantities.records import History, StepRecord

NAMES = ("conv1", "conv2", "fc")


def net(gradients: list[list[float]], states: list[list[LayerState]]) -> Contestant:
    records = [
        StepRecord(
            step,
            1.0,
            0.5,
            0.1,
            {
                "grad_norm": np.array(own, np.float32),
                "layer_state": np.array(state, np.float32),
            },
        )
        for step, (own, state) in enumerate(zip(gradients, states, strict=True))
    ]
    layers = tuple(WeightedLayer(name, i, "main", None) for i, name in enumerate(NAMES, 1))
    along = Along("layer", NAMES)
    header = {"grad_norm": along, "layer_state": along}
    return Contestant("net", "#000000", layers, History(records), header=header)


def test_frozen_and_unused_layers_are_named_in_maps_profile_and_diagnosis() -> None:
    measured, frozen, unused = LayerState.MEASURED, LayerState.FROZEN, LayerState.UNUSED
    nan = np.nan
    one = net(
        [[nan, nan, 2.0], [1.0, nan, 2.0]],
        [[frozen, unused, measured], [measured, unused, measured]],
    )
    maps = heat_maps([one])
    said = {
        trace.hovertemplate: int(np.isfinite(trace.z).sum())
        for trace in maps.data
        if trace.type == "heatmap"
    }
    of_state = {text.split(": ", 1)[1]: cells for text, cells in said.items()}
    assert of_state[frozen.words] == 1
    assert of_state[unused.words] == 2
    assert "not finite" not in of_state
    titles = " ".join(str(note.text) for note in maps.layout.annotations)
    assert "3 without a value (grey)" in titles
    assert "red" not in titles
    notes = " ".join(str(note.text) for note in profile([one], 0).layout.annotations)
    assert "1 layer no gradient, 1 layer frozen" in notes
    assert first_broken(one).word == "none"


def test_a_block_without_a_gradient_and_weights_of_0_are_no_bad_numbers() -> None:
    one = net([[1.0, 1.0, 2.0]], [[LayerState.MEASURED] * 3])
    (record,) = one.history.records()
    ratio, weights = np.array([np.inf, 1.0, 1.0]), np.array([0.0, 1.0, 1.0])
    more = {"update_ratio": ratio, "weight_norm": weights, "grad_input_norm": np.array([np.nan])}
    values = {name: own.astype(np.float32) for name, own in more.items()}
    history = History([replace(record, values={**record.values, **values})])
    along = Along("layer", NAMES)
    blocks = {"grad_input_norm": Along("block", ("layer1",))}
    header = {**one.header, **blocks, "update_ratio": along, "weight_norm": along}
    sound = replace(one, history=history, header=header)
    assert first_broken(sound).word == "none"
    states = {"layer_state": np.array([LayerState.NOT_FINITE, 0, 0], np.float32)}
    broken = History([replace(record, values={**record.values, **values, **states})])
    assert first_broken(replace(sound, history=broken)).word == "at step 0"


def test_a_value_that_is_not_finite_is_still_said_so() -> None:
    one = net([[np.inf, np.nan, 2.0]], [[LayerState.NOT_FINITE, LayerState.FROZEN, 0]])
    maps = heat_maps([one])
    hover = [trace.hovertemplate for trace in maps.data if trace.type == "heatmap"]
    assert sum("not finite" in text for text in hover) == 1
    assert first_broken(one).word == "at step 0"
    notes = " ".join(str(note.text) for note in profile([one], 0).layout.annotations)
    assert "1 layer frozen, 1 layer not finite" in notes
