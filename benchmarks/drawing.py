"""The race's three figures, for 56 layers and 60 steps of two nets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from benchmarks.result import Result, median_seconds
from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import preset
from resnet_viz.figures.heat_maps.heat_maps import heat_maps
from resnet_viz.figures.layer_profile import profile
from resnet_viz.figures.training_curves import training_curves
from resnet_viz.findings.colours import contestant_colours
from resnet_viz.findings.contestant import Contestant
from resnet_viz.quantities.records import History, StepRecord

NETS = ("resnet56-cifar", "plain56-cifar")
STEPS = 60


def run() -> Iterator[Result]:
    """Milliseconds for each figure: an update of the page makes all three."""
    colours = contestant_colours([preset(name) for name in NETS])
    nets = [_contestant(name, colour) for name, colour in zip(NETS, colours, strict=True)]
    figures: dict[str, Callable[[], object]] = {
        "gradient by layer": lambda: profile(nets, STEPS - 1),
        "heat maps": lambda: heat_maps(nets),
        "training curves": lambda: training_curves(nets),
    }
    for name, draw in figures.items():
        seconds = median_seconds(draw, 15)
        yield Result(f"figure: {name}", f"{1000 * seconds:.1f} ms", "< 15 ms", seconds < 0.015)


def _contestant(name: str, colour: str) -> Contestant:
    layers = plan(preset(name)).weighted_layers
    history = History()
    history.extend(_records(len(layers)))
    return Contestant(name, colour, layers, history)


def _records(layers: int) -> Sequence[StepRecord]:
    generator = np.random.default_rng(0)
    return [
        StepRecord(step, 2.0, 0.5, float(step), {"grad_norm": generator.random(layers, np.float32)})
        for step in range(STEPS)
    ]
