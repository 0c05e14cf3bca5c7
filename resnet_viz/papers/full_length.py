"""Full length: the papers' own training on CIFAR-10, as a sweep that runs where the data is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from resnet_viz.arch.presets import preset
from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.experiments.sweep_spec import AxisValue, SweepSpec

STEPS = 64_000
RECIPE = {
    "dataset": "cifar10",
    "augment": "crop_flip",
    "steps": STEPS,
    "batch_size": 128,
    "lr": 0.1,
    "schedule": "step",
    "step_milestones": (32_000, 48_000),
    "measure_every": 1000,
    "evaluate_every": 1000,
}
"""He et al. 2015, sec. 4.2."""


def cifar10(
    net: str, axes: Mapping[str, Sequence[AxisValue]], seeds: Sequence[int] = (0,)
) -> SweepSpec:
    """The sweep in the papers' settings: 64,000 steps of 128 images, cropped and mirrored."""
    base = RunSpec.model_validate({"config": preset(net), **RECIPE})
    values = {axis: tuple(of) for axis, of in axes.items()}
    return SweepSpec(name="CIFAR-10 at full length", base=base, axes=values, seeds=tuple(seeds))
