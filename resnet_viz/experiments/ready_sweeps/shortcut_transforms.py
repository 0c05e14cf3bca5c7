"""Shortcuts that are no longer the bare x, over seeds (He et al. 2016, Table 1)."""

from resnet_viz.arch.config import choices
from resnet_viz.experiments.ready_sweep import ReadySweep

READY_SWEEP = ReadySweep(
    key="shortcut-transforms",
    name="Shortcut transforms",
    place=20,
    net="resnet56-cifar",
    axes={"shortcut_transform": choices("shortcut_transform")},
    seeds=range(5),
    training={},
    look_for="Which changes to the shortcut cost the most? Compare each loss with the untouched "
    "net's (He et al. 2016, Table 1).",
)
