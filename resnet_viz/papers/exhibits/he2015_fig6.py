"""He et al. 2015, Fig. 6: training of plain and residual nets of growing depth."""

from resnet_viz.experiments.ready_sweeps import ready_sweeps
from resnet_viz.papers.exhibit import Exhibit, Trained
from resnet_viz.papers.full_length import cifar10
from resnet_viz.papers.nets import blocks
from resnet_viz.papers.statements import Below

_DEPTHS = (20, 32, 44, 56)
_GROUPS = {
    f"{'Plain' if plain else 'ResNet'}-{depth}": {"depths": blocks(depth), "plain": plain}
    for plain in (True, False)
    for depth in _DEPTHS
}
_HIGHER = "higher training error for deeper plain nets (Fig. 6, left)"

EXHIBIT = Exhibit(
    key="he2015-fig6",
    paper="he2015",
    place=70,
    label="Figure 6",
    title="Training on CIFAR-10: plain nets, residual nets",
    states="Deeper plain nets have a higher training error. Residual nets overcome this and gain "
    "accuracy with depth (sec. 4.2, Fig. 6).",
    how="The same shapes, trained for 80 steps on handwritten digits of 8 x 8 pixels at a learning "
    "rate of 0.01, from five seeds each. The number is the loss on up to 1,000 training images "
    "after the last step.",
    parts=(
        Trained(
            ready_sweeps()["degradation"].spec,
            _GROUPS,
            (
                Below("Plain-20 ends below Plain-32", _HIGHER, "Plain-20", "Plain-32"),
                Below("Plain-32 ends below Plain-44", _HIGHER, "Plain-32", "Plain-44"),
                Below("Plain-44 ends below Plain-56", _HIGHER, "Plain-44", "Plain-56"),
                Below(
                    "ResNet-56 ends below ResNet-20",
                    "lower error with depth (Fig. 6, middle)",
                    "ResNet-56",
                    "ResNet-20",
                ),
                Below(
                    "ResNet-56 ends below Plain-56",
                    "ResNets overcome the difficulty (Fig. 6)",
                    "ResNet-56",
                    "Plain-56",
                ),
            ),
            "training loss [nats]",
        ),
    ),
    not_here="Depths 110 and 1202, and the error on CIFAR-10: this takes the full length.",
    full=cifar10("resnet20-cifar", {"depths": tuple(map(blocks, _DEPTHS)), "plain": (True, False)}),
)
