"""He et al. 2016, Fig. 4: where norm and activation stand, counted."""

from collections.abc import Mapping

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.plan import plan
from resnet_viz.papers.exhibit import Counted, Exhibit
from resnet_viz.papers.nets import cifar
from resnet_viz.papers.statements import Count, Numbers
from resnet_viz.views.poster.poster import block_poster

ORDERS: Mapping[str, ResNetConfig] = {
    "(a) original": cifar(110),
    "(b) norm after addition": cifar(110, activation_order="norm_after_addition"),
    "(c) ReLU before addition": cifar(110, activation_order="relu_before_addition"),
    "(d) ReLU-only pre-activation": cifar(110, activation_order="relu_only_preactivation"),
    "(e) full pre-activation": cifar(110, activation_order="full_preactivation"),
}
_STATED = {"(a)": (1, 0), "(b)": (2, 0), "(c)": (0, 0), "(d)": (0, 1), "(e)": (0, 2)}
"""Operations after the addition, and before the first weight layer."""


def _count() -> Numbers:
    numbers: dict[str, list[float]] = {}
    for name, net in ORDERS.items():
        operations = list(plan(net).blocks)[1].unit.operations
        kinds = [operation.kind for operation in operations]
        numbers[f"{name}: after"] = [float(len(kinds) - 1 - kinds.index("add"))]
        numbers[f"{name}: before"] = [float(kinds.index("conv"))]
    return numbers


EXHIBIT = Exhibit(
    key="he2016-fig4",
    paper="he2016",
    place=40,
    label="Figure 4",
    title="Usages of activation",
    states="Five orders of norm, ReLU and addition with the same components. In (a) and (b) the "
    "signal passes operations after the addition; in (c) to (e) it passes none (sec. 4.1, Fig. 4).",
    how="Counted from the plan of a block of ResNet-110 in each order: what follows the addition, "
    "and what comes before the first convolution.",
    parts=(
        Counted(
            _count,
            tuple(
                Count(f"{name}: {words}", _STATED[name[:3]][place], f"{name}: {where}")
                for name in ORDERS
                for place, where, words in (
                    (0, "after", "operations after the addition"),
                    (1, "before", "operations before the first convolution"),
                )
            ),
            "operations",
        ),
    ),
    pictures=ORDERS,
    drawing=lambda: block_poster(cifar(110), vary="activation_order"),
)
