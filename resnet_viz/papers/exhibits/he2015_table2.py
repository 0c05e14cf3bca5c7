"""He et al. 2015, Table 2: plain and residual nets of 18 and 34 layers, in small."""

from collections.abc import Mapping

from resnet_viz.arch.config import revise
from resnet_viz.arch.presets import preset
from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.experiments.sweep_spec import SweepSpec
from resnet_viz.papers.exhibit import Exhibit, Trained, Values
from resnet_viz.papers.statements import Below

PUBLISHED = {"plain-18": 27.94, "plain-34": 28.54, "resnet-18": 27.88, "resnet-34": 25.03}
"""Top-1 error on ImageNet in percent, 10 crops."""
_BLOCKS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3)}
_NARROW = revise(
    preset("resnet18"), widths=(16, 32, 64, 128), stem="cifar", shortcut="zero_pad", image_size=32
)
_GROUPS: Mapping[str, Values] = {
    f"{kind}-{depth}": {"depths": shape, "plain": kind == "Plain"}
    for kind in ("Plain", "ResNet")
    for depth, shape in _BLOCKS.items()
}


def _order(lower: str, higher: str) -> Below:
    errors = [PUBLISHED[name.lower()] for name in (lower, higher)]
    return Below(
        f"{lower} ends below {higher}",
        f"{errors[0]} % against {errors[1]} % top-1 error",
        lower,
        higher,
    )


EXHIBIT = Exhibit(
    key="he2015-table2",
    paper="he2015",
    place=50,
    label="Table 2",
    title="Top-1 error on ImageNet, 18 and 34 layers",
    states="The plain net gets worse from 18 to 34 layers, and the residual net gets better. At 34 "
    "layers the residual net has 3.5 % less error than the plain one (sec. 4.1, Table 2).",
    how="Nets of the same depths in four stages, a quarter as wide and with a CIFAR stem, trained "
    "for 80 steps on handwritten digits, five seeds each: the loss on up to 1,000 training images. "
    "Shortcuts are of option A, as in the paper's table.",
    parts=(
        Trained(
            SweepSpec(
                name="18 and 34 layers in four stages",
                base=RunSpec(config=_NARROW, steps=80),
                axes={"depths": tuple(_BLOCKS.values()), "plain": (False, True)},
                seeds=tuple(range(5)),
            ),
            _GROUPS,
            (
                _order("Plain-18", "Plain-34"),
                _order("ResNet-34", "ResNet-18"),
                _order("ResNet-34", "Plain-34"),
            ),
            "training loss [nats]",
        ),
    ),
    not_here="The errors on ImageNet: 600,000 steps, each of 256 of its 1.28 million images.",
)
