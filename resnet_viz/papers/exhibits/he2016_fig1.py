"""He et al. 2016, Fig. 1: the proposed unit makes very deep nets easier to train."""

from collections.abc import Mapping

from resnet_viz.arch.presets import preset
from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.experiments.sweep_spec import SweepSpec
from resnet_viz.papers.exhibit import Exhibit, Trained, Values
from resnet_viz.papers.full_length import cifar10
from resnet_viz.papers.nets import blocks
from resnet_viz.papers.statements import Below

ORDERS = {"original": "Original", "full_preactivation": "Pre-activation"}
SWEEP = SweepSpec(
    name="Original and pre-activation by depth",
    base=RunSpec(config=preset("resnet56-cifar"), lr=0.1),
    axes={"depths": tuple(map(blocks, (56, 110))), "activation_order": tuple(ORDERS)},
    seeds=tuple(range(5)),
)
GROUPS: Mapping[str, Values] = {
    f"{name}-{depth}": {"depths": blocks(depth), "activation_order": order}
    for depth in (56, 110)
    for order, name in ORDERS.items()
}

EXHIBIT = Exhibit(
    key="he2016-fig1",
    paper="he2016",
    place=10,
    label="Figure 1",
    title="The original and the proposed residual unit",
    states="With pre-activation the 1001-layer net is easier to train and generalises better than "
    "the original one (sec. 1, Fig. 1).",
    how="Both units at 56 and 110 layers, trained for 60 steps on handwritten digits at the "
    "paper's learning rate of 0.1, five seeds each. Only the order of norm and activation differs.",
    parts=(
        Trained(
            SWEEP,
            GROUPS,
            tuple(
                Below(
                    f"Training loss at {depth} layers: pre-activation below original",
                    "easier to train at 1001 layers (Fig. 1)",
                    f"Pre-activation-{depth}",
                    f"Original-{depth}",
                )
                for depth in (56, 110)
            ),
            "training loss [nats]",
        ),
    ),
    pictures={
        "Original, 110 layers": preset("resnet110-cifar"),
        "Pre-activation, 110 layers": preset("preact110-cifar"),
    },
    not_here="1001 layers, and the test error on CIFAR-10: both take the full length.",
    full=cifar10("preact1001-cifar", {"activation_order": tuple(ORDERS)}),
)
