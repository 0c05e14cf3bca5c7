"""Shortcuts that are no longer the bare x (He et al. 2016, Table 1)."""

from resnet_viz.arch.config import revise
from resnet_viz.arch.presets import PRESETS
from resnet_viz.experiments.starting_point import Entry, StartingPoint, preset_entries

_TRANSFORMS = {
    "scaled": "halved",
    "shortcut_only_gate": "gate on the shortcut",
    "exclusive_gate": "gate on both paths",
    "conv1x1": "1x1 convolution",
    "dropout": "dropout",
}

STARTING_POINT = StartingPoint(
    name="Shortcut transforms",
    place=60,
    entries=(
        *preset_entries("resnet56-cifar"),
        *(
            Entry(
                revise(PRESETS["resnet56-cifar"], shortcut_transform=transform),
                f"resnet56-cifar, {words}",
            )
            for transform, words in _TRANSFORMS.items()
        ),
    ),
    look_for=(
        "What if a shortcut is no longer the bare x? Compare each loss with the "
        "untouched net's, and the slope of the gradients at step 0 (He et al. 2016, Table 1)."
    ),
)
