"""He et al. 2015, Fig. 5: the bottleneck block beside the basic one."""

from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import preset
from resnet_viz.papers.exhibit import Counted, Exhibit
from resnet_viz.papers.statements import Count, Numbers, Within
from resnet_viz.views.poster.poster import block_poster

_BASIC, _BOTTLENECK = preset("resnet34"), preset("resnet50")


def _count() -> Numbers:
    basic, bottleneck = (
        next(b for b in plan(net).blocks if b.shortcut == "identity").unit
        for net in (_BASIC, _BOTTLENECK)
    )
    return {
        "basic": [float(sum(o.kind == "conv" for o in basic.operations))],
        "bottleneck": [float(sum(o.kind == "conv" for o in bottleneck.operations))],
        "wide": [float(bottleneck.in_shape[0])],
        "ratio": [bottleneck.macs / basic.macs],
    }


EXHIBIT = Exhibit(
    key="he2015-fig5",
    paper="he2015",
    place=60,
    label="Figure 5",
    title="A deeper residual function",
    states="The basic block has two 3 x 3 layers of 64 channels. The bottleneck has 1 x 1, 3 x 3 "
    "and 1 x 1 between 256 channels, at a similar time complexity (sec. 4.1, Fig. 5).",
    how="Counted from the plans: an identity block of the first stage of ResNet-34 and one of "
    "ResNet-50, both on maps of 56 x 56.",
    parts=(
        Counted(
            _count,
            (
                Count("Layers of the basic block", 2, "basic"),
                Count("Layers of the bottleneck block", 3, "bottleneck"),
                Count("Channels around the bottleneck", 256, "wide"),
                Within(
                    "Multiply-adds, bottleneck over basic",
                    "similar time complexity",
                    "ratio",
                    0.8,
                    1.25,
                ),
            ),
            "operations",
        ),
    ),
    pictures={"ResNet-34": _BASIC, "ResNet-50": _BOTTLENECK},
    drawing=lambda: block_poster(_BASIC, vary="block"),
)
