"""He et al. 2016, Table 3: the original and the pre-activation unit at several depths."""

from collections.abc import Mapping

from resnet_viz.arch.presets import preset
from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.experiments.sweep_spec import SweepSpec
from resnet_viz.papers.exhibit import Exhibit, Trained
from resnet_viz.papers.exhibits.he2016_fig1 import GROUPS, ORDERS, SWEEP
from resnet_viz.papers.full_length import cifar10
from resnet_viz.papers.statements import Below

PUBLISHED: Mapping[str, tuple[float, float]] = {
    "110-1layer": (9.9, 8.91),
    "110": (6.61, 6.37),
    "164": (5.93, 5.46),
    "1001": (7.61, 4.92),
}
"""Test error on CIFAR-10 in percent with the original and the pre-activation unit."""


_ONE_LAYER = SweepSpec(
    name="Original and pre-activation, 110 layers of one-layer units",
    base=RunSpec(config=preset("resnet110-1layer-cifar"), lr=0.1),
    axes={"activation_order": tuple(ORDERS)},
    seeds=tuple(range(5)),
)
_DEEP = SweepSpec(
    name="Original and pre-activation, 164 layers of bottlenecks",
    base=RunSpec(config=preset("preact164-cifar"), lr=0.1),
    axes={"activation_order": tuple(ORDERS)},
    seeds=tuple(range(5)),
)


def _row(net: str, published: str) -> Below:
    original, before = PUBLISHED[published]
    depth, *one_layer = net.split("-")
    of = " of one-layer units" if one_layer else ""
    at = "" if published == net else f" at {published} layers"
    return Below(
        f"Held-out loss at {depth} layers{of}: pre-activation below original",
        f"{before} % against {original} %{at}",
        _group("Pre-activation", net),
        _group("Original", net),
    )


def _group(order: str, net: str) -> str:
    return f"{order}-{net.replace('-1layer', ' (1-layer)')}"


def _alone(sweep: SweepSpec, net: str) -> Trained:
    """A part that compares the two units in one net."""
    groups = {_group(name, net): {"activation_order": order} for order, name in ORDERS.items()}
    return Trained(sweep, groups, (_row(net, net),), "held-out loss [nats]", of="eval_loss")


EXHIBIT = Exhibit(
    key="he2016-table3",
    paper="he2016",
    place=70,
    label="Table 3",
    title="Error of pre-activation nets by depth",
    states="Pre-activation has the lower error at each depth. The gain grows with depth: 7.61 % "
    "against 4.92 % at 1001 layers (sec. 4.1, Table 3).",
    how="Nets of 110 layers whose units have one 3 x 3 layer each, the nets of Figure 1 with "
    "two-layer units, and nets of 164 layers with bottleneck units. The number is the loss on all "
    "held-out digits after 60 steps at a learning rate of 0.1, from five seeds each.",
    parts=(
        _alone(_ONE_LAYER, "110-1layer"),
        Trained(
            SWEEP,
            GROUPS,
            (_row("56", "110"), _row("110", "110")),
            "held-out loss [nats]",
            of="eval_loss",
        ),
        _alone(_DEEP, "164"),
    ),
    pictures={
        "Original, 110 layers of one-layer units": preset("resnet110-1layer-cifar"),
        "Pre-activation, 164 layers": preset("preact164-cifar"),
        "Pre-activation, 1001 layers": preset("preact1001-cifar"),
    },
    not_here="1001 layers, and the errors on CIFAR-10 and CIFAR-100: they take the full length.",
    full=cifar10("preact164-cifar", {"activation_order": tuple(ORDERS)}),
)
