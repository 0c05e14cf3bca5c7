"""A net and its plain twin, with batch norm and without."""

from resnet_viz.arch.config import revise
from resnet_viz.arch.presets import PRESETS
from resnet_viz.experiments.starting_point import StartingPoint, preset_entries, with_twin

_BARE = revise(PRESETS["resnet20-cifar"], norm="none")

STARTING_POINT = StartingPoint(
    name="No norm",
    place=30,
    entries=(
        *preset_entries("resnet20-cifar", "plain20-cifar"),
        *with_twin("resnet20-cifar, no norm", _BARE, "plain20-cifar, no norm"),
    ),
    look_for=(
        "The same two nets with batch norm and without. Compare their gradients at step 0, in "
        "size and in slope from layer to layer; then see whose loss leaves ln 10 = 2.30, the "
        "loss of guessing."
    ),
)
