"""The blog post's ResNet-32 and its plain twin."""

from resnet_viz.arch.presets import PRESETS
from resnet_viz.experiments.starting_point import StartingPoint, with_twin

STARTING_POINT = StartingPoint(
    name="A falling learning rate",
    formerly="dnddnjs32",
    place=90,
    entries=with_twin("dnddnjs32-cifar", PRESETS["dnddnjs32-cifar"]),
    look_for=(
        "The blog post's ResNet-32 for CIFAR-10, with its rate, which falls to a tenth at "
        "half and at three quarters of the steps. Look at both losses where it falls."
    ),
    training={"lr": 0.1, "batch_size": 128, "schedule": "step", "steps": 80},
    departs=(
        "The digits at 8x8 pixels instead of CIFAR-10, neither cropped nor mirrored (mirrored "
        "digits are other signs), 80 steps instead of 64,000."
    ),
)
