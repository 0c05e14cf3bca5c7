"""A layer's value that is not there is shown as that, and not as a bad number."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.plan import WeightedLayer
from resnet_viz.figures.graph_colouring import line_values, node_scale, node_values
from resnet_viz.figures.heat_maps.heat_maps import heat_maps
from resnet_viz.figures.layer_profile import profile
from resnet_viz.figures.through_time import through_time
from resnet_viz.findings.contestant import Contestant
from resnet_viz.findings.verdicts import first_broken
from resnet_viz.quantities.layer_states import LayerState
from resnet_viz.quantities.quantity import Along
from resnet_viz.quantities.records import History, StepRecord
from resnet_viz.report.replay import Numbers, replay
from resnet_viz.ui.components.graphs.graph_values import Painted, values_data

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


def with_values(one: Contestant, **more: list[list[float]]) -> Contestant:
    records = [
        replace(record, values={**record.values, **dict(own)})
        for number, record in enumerate(one.history.records())
        for own in [[(name, np.array(rows[number], np.float32)) for name, rows in more.items()]]
    ]
    along = {name: Along("layer", NAMES) for name in more}
    return replace(one, history=History(records), header={**one.header, **along})


def test_through_time_says_the_state_of_the_layers_that_a_value_is_of() -> None:
    measured, frozen, unused = LayerState.MEASURED, LayerState.FROZEN, LayerState.UNUSED
    still, nan = LayerState.NOT_STEPPED, np.nan
    one = net(
        [[nan, 1, 2], [1, nan, 2], [1, 1, nan], [1, 1, np.inf]],
        [
            [frozen, measured, measured],
            [measured, unused, still],
            [measured, measured, unused],
            [measured, measured, LayerState.NOT_FINITE],
        ],
    )
    updates = [[0.0, 0.0, 1.0], [1.0, 1.0, 0.0], [1.0, 1.0, 1.0], [1.0, np.nan, 1.0]]
    figure = through_time([with_values(one, update_ratio=updates)])
    said = " ".join(str(note.text) for note in figure.layout.annotations).replace("<br>", " ")
    # inf over inf is no state, and the middle layer is none of the two that are compared.
    assert "first / last no gradient or frozen or 0, first at step 0" in said
    assert "update / weight frozen or not finite, first at step 0" in said


def test_nodes_and_lines_have_the_state_in_the_place_of_a_value() -> None:
    measured, frozen, unused = LayerState.MEASURED, LayerState.FROZEN, LayerState.UNUSED
    nan = np.nan
    names = ("stem.conv", *(f"stages.0.{i}.branch.conv1" for i in range(4)), "head.linear")
    blocks = tuple(f"stages.0.{i}" for i in range(4))
    values = {
        "grad_norm": [nan, nan, nan, 1.0, nan, 2.0],
        "grad_input_norm": [nan, nan, nan, nan],
        "layer_state": [frozen, unused, unused, measured, LayerState.NOT_FINITE, measured],
    }
    record = StepRecord(0, 1, 0, 0, {name: np.array(v, np.float32) for name, v in values.items()})
    layers = tuple(WeightedLayer(name, i, "main", None) for i, name in enumerate(names, 1))
    along = Along("layer", names)
    header = {
        "grad_norm": along,
        "layer_state": along,
        "grad_input_norm": Along("block", blocks),
    }
    one = Contestant("net", "#000000", layers, History([record]), header=header, blocks=blocks)
    one = replace(one, config=ResNetConfig(depths=(4,), widths=(8,)))  # one of ours
    nodes, lines = node_values(one, 0), line_values(one, 0)
    assert nodes.of["stem"] == nodes.of["stem.conv"] == frozen.short
    assert nodes.of["stages.0.0"] == unused.short == "no gradient"
    assert nodes.of["stages.0.2"] == 1
    assert np.isnan(float(nodes.of["stages.0.3"]))
    told = lines.of["stages.0.0.input"], lines.of["stages.0.2.input"], lines.of["stages.0.3.input"]
    assert told[0] == unused.short
    assert np.isnan([float(value) for value in told[1:]]).all(), "nothing says that it is absent"
    data = values_data("race", node_scale([one]), None, {"0": Painted(nodes.of, lines.of)})
    assert data["absent"] is True
    assert '"no gradient"' in str(data["graphs"])
    scene = replay([one], numbers := Numbers())
    begin, end = scene["nets"][0]["taken"]["grad_norm"]["why"]
    codes = np.frombuffer(numbers.bytes, "<f4")[begin:end]
    said = [scene["states"].get(str(int(code))) for code in codes]
    assert said == [frozen.short, unused.short, unused.short, None, None, None]
