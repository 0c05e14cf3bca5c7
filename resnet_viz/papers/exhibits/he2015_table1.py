"""He et al. 2015, Table 1: architectures for ImageNet, counted from their plans."""

from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import preset
from resnet_viz.papers.exhibit import Counted, Exhibit
from resnet_viz.papers.statements import Count, Numbers

_PUBLISHED = {18: 1.8, 34: 3.6, 50: 3.8, 101: 7.6, 152: 11.3}
_NETS = {
    f"{depth} layers": preset(f"resnet{depth}" if depth < 50 else f"resnet{depth}-v1")
    for depth in _PUBLISHED
}


def _count() -> Numbers:
    macs = {name: [float(plan(net).macs)] for name, net in _NETS.items()}
    depths = {f"{name}: depth": [float(plan(net).depth)] for name, net in _NETS.items()}
    return macs | depths


EXHIBIT = Exhibit(
    key="he2015-table1",
    paper="he2015",
    place=40,
    label="Table 1",
    title="Architectures for ImageNet",
    states="Five nets of 18 to 152 layers, with 1.8 to 11.3 billion multiply-adds (Table 1).",
    how="Counted from the plans of the nets: multiply-accumulates of convolutions and the linear "
    "layer for one image of 224 x 224 pixels. The bottleneck nets have their stride on the first "
    "1x1 convolution, as in the authors' release.",
    parts=(
        Counted(
            _count,
            tuple(
                Count(f"ResNet-{depth}: multiply-adds", billions, f"{depth} layers", "G", 1e9)
                for depth, billions in _PUBLISHED.items()
            )
            + tuple(
                Count(f"ResNet-{depth}: weighted layers", depth, f"{depth} layers: depth")
                for depth in _PUBLISHED
            ),
            "multiply-adds",
        ),
    ),
    pictures=_NETS,
)
