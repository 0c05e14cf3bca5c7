"""The course's ResNet-50 and its plain twin."""

from resnet_viz.experiments.starting_point import StartingPoint, quarter_width, with_twin

STARTING_POINT = StartingPoint(
    name="No activation after the addition",
    formerly="fastcampus50",
    place=100,
    entries=with_twin("fastcampus50", quarter_width("fastcampus50")),
    look_for=(
        "The course's ResNet-50, which halves the resolution in the last block of a stage and "
        "has no activation after the addition. Compare gradients at step 0, then the losses."
    ),
    training={
        "optimizer": "adam",
        "weight_decay": 0.0,
        "image_size": 32,
        "lr": 2e-4,
        "batch_size": 16,
        "steps": 100,
    },
    departs=(
        "A quarter as wide, the digits at 32x32 pixels and their ten classes instead of its "
        "own images of two, 16 images a step instead of 1, 100 steps."
    ),
)
