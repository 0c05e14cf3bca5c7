"""The same layers with and without shortcuts."""

from resnet_viz.experiments.starting_point import StartingPoint, preset_entries

STARTING_POINT = StartingPoint(
    name="Default race",
    place=10,
    entries=preset_entries("resnet56-cifar", "plain56-cifar"),
    look_for=(
        "The same layers with shortcuts and without. Compare the gradients of the first layers "
        "at step 0 with those ten steps later, and see whose loss leaves ln 10 = 2.30, the loss of "
        "guessing."
    ),
)
