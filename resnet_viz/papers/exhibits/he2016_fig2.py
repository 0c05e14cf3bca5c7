"""He et al. 2016, Fig. 2: what is put on the shortcut, counted."""

from collections.abc import Mapping

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.plan import plan
from resnet_viz.papers.exhibit import Counted, Exhibit
from resnet_viz.papers.nets import cifar
from resnet_viz.papers.statements import Count, Numbers

TRANSFORMS: Mapping[str, ResNetConfig] = {
    "(a) original": cifar(110),
    "(b) constant scaling": cifar(110, shortcut_transform="scaled"),
    "(c) exclusive gating": cifar(110, shortcut_transform="exclusive_gate"),
    "(d) shortcut-only gating": cifar(110, shortcut_transform="shortcut_only_gate"),
    "(e) 1x1 convolution": cifar(110, shortcut_transform="conv1x1"),
    "(f) dropout": cifar(110, shortcut_transform="dropout"),
}
_BETWEEN = ("shortcut.", "gate.")


def _count() -> Numbers:
    numbers: dict[str, list[float]] = {}
    for name, net in TRANSFORMS.items():
        block = list(plan(net).blocks)[1].unit
        beside = [o for o in block.operations if o.name.startswith(_BETWEEN)]
        numbers[f"{name}: weights"] = [float(sum(o.kind == "conv" for o in beside))]
        numbers[f"{name}: factors"] = [
            float(sum(o.kind in ("scale", "multiply", "dropout") for o in beside))
        ]
        branch = [o for o in block.operations if o.name.startswith("branch.")]
        numbers[f"{name}: on F"] = [float(sum(o.kind in ("scale", "multiply") for o in branch))]
    return numbers


def _statements() -> tuple[Count, ...]:
    stated = {"(a)": (0, 0, 0), "(b)": (0, 1, 1), "(c)": (1, 1, 1)}
    stated |= {"(d)": (1, 1, 0), "(e)": (1, 0, 0), "(f)": (0, 1, 0)}
    return tuple(
        Count(f"{name}: {what}", number, f"{name}: {of}")
        for name in TRANSFORMS
        for number, of, what in zip(
            stated[name[:3]],
            ("weights", "factors", "on F"),
            ("convolutions beside F", "factors on the shortcut", "factors on F"),
            strict=True,
        )
    )


EXHIBIT = Exhibit(
    key="he2016-fig2",
    paper="he2016",
    place=20,
    label="Figure 2",
    title="Types of shortcut connections",
    states="Five components impede the shortcut: a constant of 0.5, a gate on both paths, a gate "
    "on the shortcut alone, a 1 x 1 convolution, and dropout (sec. 3.1, Fig. 2).",
    how="Counted from the plan of a block of ResNet-110 with each of them. The constant scales both "
    "paths, as in the case of the paper that converges.",
    parts=(Counted(_count, _statements(), "operations"),),
    pictures=TRANSFORMS,
    not_here="The constant on the shortcut alone, with F unscaled.",
)
