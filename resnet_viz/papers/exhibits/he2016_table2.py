"""He et al. 2016, Table 2: error with five orders of norm and activation."""

from collections.abc import Mapping

from resnet_viz.arch.presets import preset
from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.experiments.sweep_spec import SweepSpec
from resnet_viz.papers.exhibit import Exhibit, Trained
from resnet_viz.papers.full_length import cifar10
from resnet_viz.papers.statements import Below

PUBLISHED: Mapping[str, float] = {
    "original": 6.61,
    "norm_after_addition": 8.17,
    "relu_before_addition": 7.84,
    "relu_only_preactivation": 6.71,
    "full_preactivation": 6.37,
}
"""Test error of ResNet-110 on CIFAR-10 in percent."""
_NAMES = {
    "original": "Original",
    "norm_after_addition": "Norm after addition",
    "relu_before_addition": "ReLU before addition",
    "relu_only_preactivation": "ReLU-only pre-activation",
    "full_preactivation": "Full pre-activation",
}
SWEEP = SweepSpec(
    name="Orders of norm and activation",
    base=RunSpec(config=preset("resnet56-cifar"), lr=0.1),
    axes={"activation_order": tuple(_NAMES)},
    seeds=tuple(range(5)),
)
GROUPS = {name: {"activation_order": order} for order, name in _NAMES.items()}


def _order(lower: str, higher: str) -> Below:
    return Below(
        f"{_NAMES[lower]} ends below {_NAMES[higher]}",
        f"{PUBLISHED[lower]} % against {PUBLISHED[higher]} %",
        _NAMES[lower],
        _NAMES[higher],
    )


EXHIBIT = Exhibit(
    key="he2016-table2",
    paper="he2016",
    place=50,
    label="Table 2",
    title="Error with different usages of activation",
    states="Full pre-activation has the lowest error, 6.37 %. Norm after the addition and ReLU "
    "before it are worse than the original, with 8.17 % and 7.84 % (sec. 4.1, Table 2).",
    how="The five orders at 56 layers, trained for 60 steps on handwritten digits at the paper's "
    "learning rate of 0.1, five seeds each: the loss on up to 1,000 training images.",
    parts=(
        Trained(
            SWEEP,
            GROUPS,
            (
                _order("full_preactivation", "original"),
                _order("full_preactivation", "relu_only_preactivation"),
                _order("original", "norm_after_addition"),
                _order("original", "relu_before_addition"),
            ),
            "training loss [nats]",
        ),
    ),
    not_here="The errors on CIFAR-10 at 110 and 164 layers.",
    full=cifar10("resnet110-cifar", {"activation_order": tuple(_NAMES)}, seeds=range(5)),
)
