"""He et al. 2015, Fig. 2: the building block of residual learning."""

from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import preset
from resnet_viz.papers.exhibit import Counted, Exhibit
from resnet_viz.papers.statements import Count, Numbers
from resnet_viz.views.poster.poster import block_poster

_NET = preset("resnet34")


def _count() -> Numbers:
    block = next(b for b in plan(_NET).blocks if b.shortcut == "identity").unit
    kinds = [operation.kind for operation in block.operations]
    shortcut = [o for o in block.operations if o.name.startswith("shortcut.")]
    after = kinds[kinds.index("add") + 1 :]
    return {
        "layers": [float(kinds.count("conv"))],
        "additions": [float(kinds.count("add"))],
        "parameters": [float(sum(o.params for o in shortcut))],
        "after": [float(after.count("activation"))],
    }


EXHIBIT = Exhibit(
    key="he2015-fig2",
    paper="he2015",
    place=20,
    label="Figure 2",
    title="A building block of residual learning",
    states="F(x) + x: two weight layers with a ReLU between them, an identity shortcut without "
    "parameters, an addition, and a second ReLU after it (sec. 3.2, Fig. 2).",
    how="Counted from the plan of a block of ResNet-34, which also builds the trained module. "
    "Click a block in the net's graph to open it operation by operation.",
    parts=(
        Counted(
            _count,
            (
                Count("Weight layers in the branch", 2, "layers"),
                Count("Additions of branch and shortcut", 1, "additions"),
                Count("Parameters of the shortcut", 0, "parameters"),
                Count("ReLUs after the addition", 1, "after"),
            ),
            "operations",
        ),
    ),
    pictures={"ResNet-34": _NET},
    drawing=lambda: block_poster(_NET),
)
