"""A ResNet-34 with its additions and without: the study notebook's, and its plain twin."""

from resnet_viz.experiments.starting_point import StartingPoint, quarter_width, with_twin

STARTING_POINT = StartingPoint(
    name="Forgetting the addition",
    formerly="notebook34",
    place=80,
    entries=with_twin("notebook34", quarter_width("notebook34")),
    look_for=(
        "The study notebook's ResNet-34 and what it is where the addition is forgotten. "
        "Compare the gradients of the first layers at step 0: can a step change them?"
    ),
    training={"optimizer": "adam", "weight_decay": 0.0, "image_size": 32, "lr": 1e-3},
    departs=("A quarter as wide, the digits at 32x32 pixels instead of its own images, 60 steps."),
)
