"""Branches that start at 0 (Goyal et al. 2017, 5.1)."""

from resnet_viz.arch.config import revise
from resnet_viz.arch.presets import PRESETS
from resnet_viz.experiments.starting_point import Entry, StartingPoint, preset_entries

_ZEROED = revise(PRESETS["resnet56-cifar"], zero_init_residual=True)

STARTING_POINT = StartingPoint(
    name="Zero-init",
    place=40,
    entries=(
        *preset_entries("resnet56-cifar"),
        Entry(_ZEROED, "resnet56-cifar, zero-init"),
        *preset_entries("plain56-cifar"),
    ),
    look_for=(
        "Where each branch starts at 0, a net is at first no more than its shortcuts (Goyal et "
        "al. 2017, 5.1). Compare the slope of the three gradients at step 0, then their first "
        "losses."
    ),
)
