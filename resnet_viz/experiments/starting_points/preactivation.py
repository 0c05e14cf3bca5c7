"""Norm and activation before each convolution (He et al. 2016, Fig. 1)."""

from collections.abc import Sequence

from resnet_viz.arch.config import revise
from resnet_viz.arch.presets import PRESETS
from resnet_viz.experiments.starting_point import Entry, StartingPoint, preset_entries


def _both_orders(name: str) -> Sequence[Entry]:
    changed = revise(PRESETS[name], activation_order="full_preactivation")
    return *preset_entries(name), Entry(changed, f"{name}, pre-activation")


STARTING_POINT = StartingPoint(
    name="Pre-activation",
    place=50,
    entries=(*_both_orders("resnet56-cifar"), *_both_orders("resnet110-cifar")),
    look_for=(
        "Norm and activation before each convolution instead of after the addition (He et al. "
        "2016, Fig. 1), at a rate of 0.1. Which loss jumps in the first steps, and does more "
        "depth make it worse?"
    ),
    training={"lr": 0.1},
)
