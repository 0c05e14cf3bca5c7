"""He et al. 2016, Fig. 2: what is put on the shortcut, counted."""

from collections.abc import Iterator, Mapping

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.plan import plan
from resnet_viz.papers.exhibit import Counted, Exhibit
from resnet_viz.papers.nets import cifar
from resnet_viz.papers.statements import Count, Numbers
from resnet_viz.views.poster.poster import block_poster

TRANSFORMS: Mapping[str, ResNetConfig] = {
    "(a) original": cifar(110),
    "(b) constant scaling": cifar(110, shortcut_transform="scaled"),
    "(c) exclusive gating": cifar(110, shortcut_transform="exclusive_gate"),
    "(d) shortcut-only gating": cifar(110, shortcut_transform="shortcut_only_gate"),
    "(e) 1x1 convolution": cifar(110, shortcut_transform="conv1x1"),
    "(f) dropout": cifar(110, shortcut_transform="dropout"),
}
_FACTORS = ("scale", "multiply")
_IMPEDE = (*_FACTORS, "conv", "dropout")
_STATED = {"(a)": (0, 0), "(b)": (1, 1), "(c)": (2, 1), "(d)": (2, 0), "(e)": (1, 0), "(f)": (1, 0)}
"""Components on the shortcut (a gate is a convolution and a product), and factors on F."""


def _count() -> Numbers:
    numbers: dict[str, list[float]] = {}
    for name, net in TRANSFORMS.items():
        operations = list(plan(net).blocks)[1].unit.operations
        beside = [o.kind for o in operations if o.name.startswith(("shortcut.", "gate."))]
        on_branch = [o.kind for o in operations if o.name.startswith("branch.")]
        numbers[f"{name}: shortcut"] = [float(sum(kind in _IMPEDE for kind in beside))]
        numbers[f"{name}: F"] = [float(sum(kind in _FACTORS for kind in on_branch))]
    return numbers


def _statements() -> Iterator[Count]:
    for name in TRANSFORMS:
        beside, on_branch = _STATED[name[:3]]
        yield Count(f"{name}: components on the shortcut", beside, f"{name}: shortcut")
        yield Count(f"{name}: factors on F", on_branch, f"{name}: F")


EXHIBIT = Exhibit(
    key="he2016-fig2",
    paper="he2016",
    place=20,
    label="Figure 2",
    title="Types of shortcut connections",
    states="Five components impede the shortcut: a constant of 0.5, a gate on both paths, a gate "
    "on the shortcut alone, a 1 x 1 convolution, and dropout (sec. 3.1, Fig. 2).",
    how="Counted from the plan of a block of ResNet-110 with each of them. The constant scales "
    "both paths, as in the case of the paper that converges.",
    parts=(Counted(_count, tuple(_statements()), "operations"),),
    pictures=TRANSFORMS,
    not_here="The constant on the shortcut alone, with F unscaled.",
    drawing=lambda: block_poster(cifar(110), vary="shortcut_transform"),
)
