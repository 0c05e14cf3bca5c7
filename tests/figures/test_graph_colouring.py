"""Values of nodes and lines: those of the records, unit by unit."""

from __future__ import annotations

import math

import numpy as np
import pytest
from plotly.colors import sequential

from resnet_viz.arch.config import revise
from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import preset
from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.figures.graph_colouring import (
    NOTHING,
    RAMP,
    is_on_graph,
    line_scale,
    line_values,
    node_scale,
    node_values,
)
from resnet_viz.findings.contestant import Contestant
from resnet_viz.quantities.quantity import Along
from resnet_viz.quantities.records import History, StepRecord
from resnet_viz.training.loop import train
from resnet_viz.views.graph.graph import shortcut_graph


def trained(net: str, steps: int = 3) -> tuple[Contestant, list[StepRecord]]:
    config = revise(preset(net), depths=(2, 1, 1), widths=(4, 8, 8))
    spec = RunSpec(config=config, steps=steps, batch_size=8, device="cpu", measure_every=2)
    records = list(train(spec))
    net_plan = plan(spec.adapted)
    blocks = tuple(block.name for block in net_plan.blocks)
    layers, header = net_plan.weighted_layers, spec.quantities
    one = Contestant(
        net, "#000000", layers, History(records), 10, header, blocks, config=spec.adapted
    )
    return one, records


@pytest.fixture(scope="module")
def residual() -> tuple[Contestant, list[StepRecord]]:
    return trained("resnet20-cifar")


@pytest.fixture(scope="module")
def plain() -> tuple[Contestant, list[StepRecord]]:
    return trained("plain20-cifar")


def test_each_layer_has_its_value_and_each_unit_the_largest_of_its_layers(
    residual: tuple[Contestant, list[StepRecord]],
) -> None:
    one, records = residual
    values = node_values(one, 1)
    assert values.step == 1
    names = [layer.name for layer in one.layers]
    raw = dict(zip(names, records[1].values["grad_norm"].tolist(), strict=True))
    assert {name: values.of[name] for name in names} == raw
    for unit in ("stem", *one.blocks, "head"):
        own = [value for name, value in raw.items() if name.startswith(f"{unit}.")]
        assert own, unit
        assert values.of[unit] == max(own), unit
    assert len(values.of) == len(raw) + len(one.blocks) + 2


def test_what_is_measured_now_and_then_is_of_the_newest_measured_step(
    residual: tuple[Contestant, list[StepRecord]],
) -> None:
    one, records = residual
    values = node_values(one, 1, "grad_input_norm")
    assert values.step == 0
    assert values.of == dict(
        zip(one.blocks, records[0].values["grad_input_norm"].tolist(), strict=True)
    )
    assert node_values(one, 2, "grad_input_norm").step == 2
    assert node_values(one, -1) == NOTHING


def test_lines_have_the_gradient_and_its_parts(
    residual: tuple[Contestant, list[StepRecord]], plain: tuple[Contestant, list[StepRecord]]
) -> None:
    one, records = residual
    lines = line_values(one, 2)
    assert lines.step == 2
    for part in ("input", "shortcut", "branch"):
        raw = records[2].values[f"grad_{part}_norm"].tolist()
        assert [lines.of[f"{block}.{part}"] for block in one.blocks] == raw
    # They are parts of one vector: no part is longer than the sum of the other two.
    for block in one.blocks:
        whole, *parts = (lines.of[f"{block}.{part}"] for part in ("input", "shortcut", "branch"))
        assert whole <= sum(parts) * (1 + 1e-5)

    of_plain = line_values(plain[0], 2).of
    assert not [name for name in of_plain if name.endswith(".shortcut")]
    for block in plain[0].blocks:
        assert of_plain[f"{block}.branch"] == pytest.approx(of_plain[f"{block}.input"], rel=1e-5)


def test_all_nets_have_one_scale_that_holds_almost_all_values(
    residual: tuple[Contestant, list[StepRecord]], plain: tuple[Contestant, list[StepRecord]]
) -> None:
    nets = [residual[0], plain[0]]
    scale = node_scale(nets)
    assert scale.is_log
    every = np.concatenate(
        [record.grad_norm for _, records in (residual, plain) for record in records]
    )
    inside = (every >= scale.low * 0.999) & (every <= scale.high * 1.001)
    assert inside.mean() > 0.95
    assert not node_scale(nets, "grad_cosine").is_log
    lines = line_scale(nets)
    assert lines
    assert lines.low < lines.high
    assert line_scale([Contestant("new", "#000000", (), History())]) is None


def test_not_finite_and_zero_stay_what_they_are() -> None:
    layers = plan(preset("resnet20-cifar")).weighted_layers
    raw = np.ones(len(layers), np.float32)
    names = [layer.name for layer in layers]
    for name, value in (
        ("stages.0.0.branch.conv1", np.nan),
        ("stages.0.1.branch.conv2", np.inf),
        ("stages.0.2.branch.conv1", 0),
        ("stages.0.2.branch.conv2", 0),
    ):
        raw[names.index(name)] = value
    header = {"grad_norm": Along("layer", tuple(names))}
    one = Contestant(
        "net", "#000000", layers, History([StepRecord(0, 1, 0, 0, {"grad_norm": raw})]), 10, header
    )
    of = node_values(one, 0).of
    assert math.isnan(of["stages.0.0"])
    assert math.isinf(of["stages.0.1"])
    assert of["stages.0.2"] == 0
    assert of["stages.1.0"] == 1


def test_names_are_those_of_the_graph_s_nodes(
    residual: tuple[Contestant, list[StepRecord]],
) -> None:
    one, _ = residual
    assert one.config
    opened = shortcut_graph(one.config, frozenset(("stem", *one.blocks, "head"))).nodes
    closed = shortcut_graph(one.config).nodes
    of = node_values(one, 0).of
    assert set(of) <= {node.id for node in (*opened, *closed)}
    assert {node.id for node in closed if node.kind in ("stem", "block", "head")} <= set(of)


def test_the_net_as_a_whole_is_no_node(residual: tuple[Contestant, list[StepRecord]]) -> None:
    assert is_on_graph([residual[0]], "grad_norm")
    assert not is_on_graph([residual[0]], "grad_total_norm")


def test_the_ramp_is_one_for_every_kind_of_colour_vision() -> None:
    assert tuple(sequential.Viridis) == RAMP
