"""Gradient flow bars: the records' numbers at the step shown, or the newest before it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from resnet_viz.figures.gradient_flow_bars import gradient_flow_bars
from resnet_viz.quantities.records import History, StepRecord
from tests.findings.made import contestant


def test_bars_are_the_records_numbers_of_the_main_path() -> None:
    made = contestant("resnet20-cifar", 1)
    layers = len(made.place("grad_norm").names)
    random = np.random.default_rng(0)
    averages, largest = random.lognormal(size=(2, layers)).astype(np.float32)
    largest += averages
    values = {"grad_mean_abs": averages, "grad_max_abs": largest}
    records = [StepRecord(0, 1.0, 0.5, 0.1, values), StepRecord(1, 1.0, 0.5, 0.2, {})]
    net = replace(made, history=History(records))
    main = [i for i, role in enumerate(made.place("grad_norm").roles) if role == "main"]

    figure = gradient_flow_bars([net, replace(net, name="other")], 1)
    assert [trace.name.partition(", ")[2] for trace in figure.data] == [
        "largest (step 0)",
        "average (step 0)",
    ] * 2
    for trace, wanted in zip(figure.data, (largest, averages) * 2, strict=True):
        np.testing.assert_array_equal(trace.y, wanted[main])
    # Each net's two bars stand one before the other, beside the other net's.
    assert [trace.offsetgroup for trace in figure.data] == ["net0", "net0", "net1", "net1"]
    low, high = figure.layout.yaxis.range
    assert 10**low <= averages.min()
    assert 10**high >= largest.max()


def test_before_the_first_step_it_waits() -> None:
    figure = gradient_flow_bars([replace(contestant("plain20-cifar", 1), history=History([]))], 0)
    assert not figure.data
    assert figure.layout.annotations[0].text
