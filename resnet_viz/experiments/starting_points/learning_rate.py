"""Two nets at two learning rates."""

from resnet_viz.arch.presets import PRESETS
from resnet_viz.experiments.starting_point import Entry, StartingPoint

STARTING_POINT = StartingPoint(
    name="Two learning rates",
    formerly="The rate",
    place=70,
    entries=tuple(
        Entry(PRESETS[name], f"{name}, lr {rate:g}", {"lr": rate})
        for rate in (0.01, 0.1)
        for name in ("resnet56-cifar", "plain56-cifar")
    ),
    look_for=(
        "Does another learning rate rescue the plain net? And watch the first ten steps of the "
        "net with shortcuts at the higher rate: does its loss jump before it falls?"
    ),
)
