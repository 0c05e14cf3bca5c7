"""Learning rates against depth, with and without shortcuts."""

from resnet_viz.experiments.ready_sweep import ReadySweep, cifar_depths

READY_SWEEP = ReadySweep(
    key="learning-rate",
    name="Learning rate against depth",
    place=40,
    net="resnet20-cifar",
    axes={
        "lr": (0.001, 0.003, 0.01, 0.03, 0.1),
        "depths": cifar_depths(8, 20, 56),
        "plain": (False, True),
    },
    seeds=range(2),
    training={"steps": 80},
    look_for="Which learning rates does each depth bear? Does any of them rescue the deep plain "
    "net?",
)
