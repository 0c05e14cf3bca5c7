# ruff: noqa: RUF001, RUF002
"""Words and equations of one block of a net, read from its plan; no Streamlit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.field_words import value_words
from resnet_viz.arch.operations import Operation, Shape, Unit
from resnet_viz.arch.plan import NetworkPlan
from resnet_viz.arch.receptive import receptive_fields
from resnet_viz.text import byte_size, capital
from resnet_viz.views import labels
from resnet_viz.views.graph.values import activation_bytes

ACTIVATIONS = {
    "relu": "ReLU",
    "leaky_relu": "LeakyReLU",
    "elu": "ELU",
    "gelu": "GELU",
    "silu": "SiLU",
}
NORMS = {"batch": "BN", "group": "GN", "none": ""}


class Chosen(NamedTuple):
    """A stem, block or head that is looked at: its path, its operations, and how many alike ones
    the graph draws as one with it."""

    path: str
    unit: Unit
    repeats: int


def chosen_unit(network: NetworkPlan, name: str) -> Chosen | None:
    """The unit with this id in a graph, such as "stages.1.0", or of a run, "stages.0.1-7", its
    first; None where the net has none."""
    path, _, last = name.partition("-")
    unit = dict(network.units).get(path)
    if unit is None:
        return None
    return Chosen(path, unit, int(last) - int(path.rpartition(".")[2]) + 1 if last else 1)


def title(name: str) -> str:
    """The unit in words: "Stage 2, block 1"."""
    words = labels.place(name)
    return capital(words)


def kind_words(unit: Unit, config: ResNetConfig, path: str) -> str:
    """What kind of unit it is: "Bottleneck block with a projection shortcut"."""
    if "." not in path:
        return {"stem": "The layers before stage 1", "head": "Pooling and classifier"}[path]
    block = value_words("block", config.block).removesuffix("s").capitalize()
    if unit.shortcut == "none":
        return f"{block} without a shortcut"
    article = "an" if unit.shortcut in ("identity", "exclusive_gate") else "a"
    return f"{block} with {article} {labels.SHORTCUT_NAMES[unit.shortcut]} shortcut"


def equations(unit: Unit, config: ResNetConfig) -> Sequence[str]:
    """A block's equations in TeX, of its output y, its branch F and what they are made of."""
    before, branch = unit.part("preactivation"), unit.part("branch")
    lines = [f"y = {_composed(unit.part('after'), sum_equation(unit, config), config)}"]
    lines += _branch(branch, "p(x)" if before else "x", config)
    if before:
        lines.append(f"p(x) = {_composed(before, 'x', config)}")
    if unit.part("gate"):
        lines.append(r"g(x) = \mathrm{sigmoid}(W_g\,x + b)")
    return lines


def _branch(branch: Sequence[Operation], x: str, config: ResNetConfig) -> Sequence[str]:
    """The branch's equation, and one more for what each convolution but the last puts out."""
    inner, steps = x, list[str]()
    for operation in branch:
        if operation.kind == "conv" and inner != x:
            steps.append(inner)
            inner = f"h_{len(steps)}"
        inner = _applied(operation, inner, config)
    made = [f"h_{number} = {step}" for number, step in enumerate(steps, start=1)]
    return [f"F(x) = {inner}", *reversed(made)]


def sum_equation(unit: Unit, config: ResNetConfig) -> str:
    """What the addition of a block adds, in TeX: "F(x) + x"."""
    gated = r"g(x)\,F(x)" if unit.shortcut == "exclusive_gate" else "F(x)"
    x = "p(x)" if unit.shares_preactivation else "x"
    shortcut = {
        "none": "",
        "identity": " + x",
        "zero_pad": r" + \mathrm{pad}(x)",
        "projection": f" + {_projected(unit, x, config)}",
        "scaled": r" + \tfrac{1}{2}\,x",
        "exclusive_gate": " + (1 - g(x))\\,x",
        "shortcut_only_gate": " + (1 - g(x))\\,x",
        "conv1x1": f" + {_projected(unit, x, config)}",
        "dropout": r" + \mathrm{dropout}(x)",
    }[unit.shortcut]
    return f"{gated}{shortcut}"


def _projected(unit: Unit, x: str, config: ResNetConfig) -> str:
    return _composed(unit.part("shortcut"), x, config)


def _composed(operations: Sequence[Operation], inner: str, config: ResNetConfig) -> str:
    """The operations of a chain one in the other, in TeX."""
    for operation in operations:
        inner = _applied(operation, inner, config)
    return inner


def _applied(operation: Operation, inner: str, config: ResNetConfig) -> str:
    """One operation applied to what is `inner`; an attention is one, its last."""
    if operation.attention:
        weighed = rf"\mathrm{{{operation.attention.upper()}}}({inner})"
        return weighed if operation.kind == "multiply" else inner
    if operation.kind in ("conv", "linear"):
        return rf"{symbol(operation)}\,{inner}"
    factors = {"scale": r"\tfrac{1}{2}", "skipinit": r"\alpha"}
    if operation.kind in factors:
        return rf"{factors[operation.kind]}\,{inner}"
    functions = {
        "norm": NORMS[config.norm],
        "activation": ACTIVATIONS[config.activation],
        "avg_pool": "pool",
        "blur_pool": "blur",
        "dropout": "dropout",
    }
    name = functions.get(operation.kind)
    return rf"\mathrm{{{name}}}({inner})" if name else inner


def symbol(operation: Operation) -> str:
    """The weights of a convolution or linear layer in TeX: W with a number, s for the shortcut."""
    if operation.role == "main":
        return f"W_{operation.name.removeprefix('branch.conv')}"
    return "W_g" if operation.role == "gate" else "W_s"


def weight_lines(unit: Unit) -> Sequence[tuple[str, str]]:
    """Each matrix of a block's equations in TeX, and what it is: "3×3, 64 to 128 channels, /2"."""
    return [
        (
            symbol(operation),
            f"{operation.kernel}×{operation.kernel}, {operation.in_shape[0]:,} to "
            f"{operation.out_shape[0]:,} channels{labels.halving(operation)}"
            f"{labels.groups(operation)}",
        )
        for operation in unit.weighted
        if not operation.attention
    ]


def shape_words(shape: Shape) -> str:
    """A shape as in the papers: "128×28×28"."""
    return "×".join(f"{size:,}" for size in shape)


class Costs(NamedTuple):
    """What is known of all units of a net by their paths: bytes of activations, receptive field."""

    held: Mapping[str, float]
    fields: Mapping[str, int]


def costs(network: NetworkPlan) -> Costs:
    """The costs of a net's units, for who asks for many."""
    return Costs(activation_bytes(network), receptive_fields(network))


def numbers(
    network: NetworkPlan, chosen: Chosen, of_all: Costs | None = None
) -> Sequence[tuple[str, str, str]]:
    """Name, value, and part of the whole net's, of what one such block costs."""
    of_units, fields = of_all or costs(network)
    held, whole = of_units.get(chosen.path, 0), sum(of_units.values())
    field = fields.get(chosen.path)
    rows = [
        ("Parameters", f"{chosen.unit.params:,}", _share(chosen.unit.params, network.params)),
        ("MACs", f"{chosen.unit.macs:,}", _share(chosen.unit.macs, network.macs)),
        ("Activations", byte_size(int(held)), _share(held, whole)),
    ]
    if field:
        rows.append(("Receptive field", f"{field:,}×{field:,}", ""))
    return rows


def _share(part: float, whole: float) -> str:
    return f"{part / whole:.1%}".replace("%", " %") if whole else ""
