"""Six depths, with and without shortcuts (He et al. 2015, Fig. 1 and 6)."""

from resnet_viz.experiments.ready_sweep import ReadySweep, cifar_depths

READY_SWEEP = ReadySweep(
    key="degradation",
    name="Depth hurts plain nets",
    place=10,
    net="resnet20-cifar",
    axes={"depths": cifar_depths(8, 14, 20, 32, 44, 56), "plain": (False, True)},
    seeds=range(5),
    training={"steps": 80},
    look_for="Where does the training loss begin to grow with depth? Compare the plain nets with "
    "the residual nets of the same depth (He et al. 2015, Fig. 6).",
)
