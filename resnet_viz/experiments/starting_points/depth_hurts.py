"""Three depths, with and without shortcuts (He et al. 2015, Fig. 6)."""

from resnet_viz.experiments.starting_point import StartingPoint, preset_entries

STARTING_POINT = StartingPoint(
    name="Depth hurts",
    place=20,
    entries=preset_entries(
        *(f"{kind}{depth}-cifar" for depth in (20, 56, 110) for kind in ("resnet", "plain"))
    ),
    look_for=(
        "Does the deeper net reach a lower training loss or a higher one? Compare the three "
        "plain nets with each other, then the three with shortcuts (He et al. 2015, Fig. 6)."
    ),
)
