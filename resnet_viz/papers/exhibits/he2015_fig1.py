"""He et al. 2015, Fig. 1: a deeper plain net has a higher training error, and so test error."""

from resnet_viz.arch.presets import preset
from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.experiments.sweep_spec import SweepSpec
from resnet_viz.papers.exhibit import Exhibit, Trained
from resnet_viz.papers.full_length import cifar10
from resnet_viz.papers.nets import blocks
from resnet_viz.papers.statements import Below

_DEPTHS = tuple(map(blocks, (20, 56)))
_SWEEP = SweepSpec(
    name="Plain nets of 20 and 56 layers",
    base=RunSpec(config=preset("plain20-cifar"), steps=80),
    axes={"depths": _DEPTHS},
    seeds=tuple(range(5)),
)
_GROUPS = {f"Plain-{depth}": {"depths": blocks(depth)} for depth in (20, 56)}
_STATED = "the 56-layer net has the higher {} error (Fig. 1, {})"

EXHIBIT = Exhibit(
    key="he2015-fig1",
    paper="he2015",
    place=10,
    label="Figure 1",
    title="Training and test error of plain nets",
    states="The plain net of 56 layers has a higher training error than the one of 20 layers, and "
    "so a higher test error (sec. 1, Fig. 1).",
    how="Both nets, trained for 80 steps on handwritten digits of 8 x 8 pixels at a learning rate "
    "of 0.01, five seeds each: the loss after the last step, on training and on held-out digits.",
    parts=(
        Trained(
            _SWEEP,
            _GROUPS,
            (
                Below(
                    "Training loss: Plain-20 below Plain-56",
                    _STATED.format("training", "left"),
                    *_GROUPS,
                ),
            ),
            "training loss [nats]",
        ),
        Trained(
            _SWEEP,
            _GROUPS,
            (
                Below(
                    "Held-out loss: Plain-20 below Plain-56",
                    _STATED.format("test", "right"),
                    *_GROUPS,
                ),
            ),
            "held-out loss [nats]",
            of="eval_loss",
        ),
    ),
    not_here="The errors over 64,000 steps on CIFAR-10, which take the full length.",
    full=cifar10("plain20-cifar", {"depths": _DEPTHS}),
)
