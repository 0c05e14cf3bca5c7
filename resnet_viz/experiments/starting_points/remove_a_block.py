"""A net and its plain twin that both learn, for removing their blocks (Veit et al. 2016)."""

from resnet_viz.experiments.starting_point import StartingPoint, preset_entries

STARTING_POINT = StartingPoint(
    name="Remove a block",
    place=25,
    entries=preset_entries("resnet20-cifar", "plain20-cifar"),
    training={"steps": 80},
    look_for=(
        "Both networks are shallow enough to learn. When the race is over, click blocks in the "
        "picture at the top to remove them. How does the error of each change (Veit et al. 2016)?"
    ),
)
