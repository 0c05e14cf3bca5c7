"""He et al. 2015, Table 6: parameters and CIFAR-10 error of residual nets of six depths."""

from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import preset
from resnet_viz.experiments.ready_sweeps import ready_sweeps
from resnet_viz.experiments.sweep_spec import SweepSpec
from resnet_viz.papers.exhibit import Counted, Exhibit, Trained
from resnet_viz.papers.full_length import cifar10
from resnet_viz.papers.nets import blocks
from resnet_viz.papers.statements import Below, Count, Numbers

PUBLISHED = {
    20: (0.27, 8.75),
    32: (0.46, 7.51),
    44: (0.66, 7.17),
    56: (0.85, 6.97),
    110: (1.7, 6.43),
    1202: (19.4, 7.93),
}
"""Depth -> millions of parameters, test error on CIFAR-10 in percent."""
_SMALL = (20, 32, 44, 56, 110)
_DEGRADATION = ready_sweeps()["degradation"].spec
_SWEEP = SweepSpec(
    name="Residual nets by depth",
    base=_DEGRADATION.base,
    axes={"depths": tuple(map(blocks, _SMALL))},
    seeds=_DEGRADATION.seeds,
)


def _count() -> Numbers:
    nets = {f"ResNet-{depth}": plan(preset(f"resnet{depth}-cifar")) for depth in PUBLISHED}
    return {name: [float(net.params)] for name, net in nets.items()}


def _order(deeper: int, shallower: int) -> Below:
    errors = f"{PUBLISHED[deeper][1]} % against {PUBLISHED[shallower][1]} % test error"
    names = f"ResNet-{deeper}", f"ResNet-{shallower}"
    return Below(f"{names[0]}: held-out loss below {names[1]}'s", errors, *names)


EXHIBIT = Exhibit(
    key="he2015-table6",
    paper="he2015",
    place=75,
    label="Table 6",
    title="Classification error on CIFAR-10 by depth",
    states="Test errors fall from 8.75 % at 20 layers to 6.43 % at 110; 1202 layers reach 7.93 % "
    "(Table 6).",
    how="Parameters are counted from the plans. The order of the errors is measured in small: 80 "
    "steps on handwritten digits, five seeds, the loss on all held-out digits.",
    parts=(
        Counted(
            _count,
            tuple(
                Count(f"ResNet-{depth}: parameters", millions, f"ResNet-{depth}", "M", 1e6)
                for depth, (millions, _) in PUBLISHED.items()
            ),
            "parameters",
        ),
        Trained(
            _SWEEP,
            {f"ResNet-{depth}": {"depths": blocks(depth)} for depth in _SMALL},
            (_order(32, 20), _order(56, 20), _order(110, 20)),
            "held-out loss [nats]",
            of="eval_loss",
        ),
    ),
    not_here="The errors themselves, and a trained net of 1202 layers: both take the full length.",
    full=cifar10("resnet20-cifar", {"depths": tuple(map(blocks, PUBLISHED))}),
)
