"""Initialisations of plain nets of four depths."""

from resnet_viz.experiments.ready_sweep import ReadySweep, cifar_depths

READY_SWEEP = ReadySweep(
    key="initialisation",
    name="Initialisations over depth",
    place=30,
    net="plain20-cifar",
    axes={
        "init": ("kaiming_fan_out", "kaiming_fan_in", "xavier", "orthogonal", "pytorch"),
        "depths": cifar_depths(8, 20, 32, 44),
    },
    seeds=range(3),
    training={"steps": 80},
    look_for="Does another initialisation help the deep plain nets? Compare the losses at each "
    "depth.",
)
