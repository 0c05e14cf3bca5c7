"""He et al. 2015, Fig. 3: a plain and a residual net of 34 layers."""

from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import preset
from resnet_viz.papers.exhibit import Counted, Exhibit
from resnet_viz.papers.statements import Count, Numbers
from resnet_viz.views.poster.poster import poster

_PLAIN, _RESIDUAL = preset("plain34"), preset("resnet34")


def _count() -> Numbers:
    plain, residual = plan(_PLAIN), plan(_RESIDUAL)
    dotted = [b for b in residual.blocks if b.unit.in_shape != b.unit.out_shape]
    return {
        "plain layers": [float(plain.depth)],
        "residual layers": [float(residual.depth)],
        "plain": [float(plain.macs)],
        "residual": [float(residual.macs)],
        "dotted": [float(len(dotted))],
        "shortcuts": [float(len(tuple(residual.blocks)))],
    }


EXHIBIT = Exhibit(
    key="he2015-fig3",
    paper="he2015",
    place=30,
    label="Figure 3",
    title="Network architectures for ImageNet",
    states="A plain net of 34 layers and its residual counterpart, 3.6 billion multiply-adds each. "
    "A shortcut spans each pair of 3 x 3 filters; dotted ones increase dimensions (sec. 3.3).",
    how="Counted from the plans of both nets, the residual one with projections where dimensions "
    "increase (option B). The nets' graphs show where these are.",
    parts=(
        Counted(
            _count,
            (
                Count("Plain net: weighted layers", 34, "plain layers"),
                Count("Residual net: weighted layers", 34, "residual layers"),
                Count("Plain net: multiply-adds", 3.6, "plain", "G", 1e9),
                Count("Residual net: multiply-adds", 3.6, "residual", "G", 1e9),
                Count("Shortcuts, one per pair of 3 x 3 layers", 16, "shortcuts"),
                Count("Shortcuts that increase dimensions", 3, "dotted"),
            ),
            "operations",
        ),
    ),
    pictures={"Plain-34": _PLAIN, "ResNet-34": _RESIDUAL},
    not_here="VGG-19 (left), which has no shortcuts; this program does not build it.",
    drawing=lambda: poster(_PLAIN, _RESIDUAL),
)
