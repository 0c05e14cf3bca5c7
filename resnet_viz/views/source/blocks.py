"""The blocks of an exported file: the branch's function, a class for each kind of block."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.operations import Unit
from resnet_viz.arch.plan import NetworkPlan
from resnet_viz.views.source.layers import has_odd_groups, in_parameters, sequence
from resnet_viz.views.source.python_code import Call, Expression, call, laid_out

_CLASSES = MappingProxyType(
    {
        "none": "PlainBlock",
        "identity": "IdentityBlock",
        "zero_pad": "ZeroPadBlock",
        "projection": "ProjectionBlock",
        "scaled": "ScaledBlock",
        "exclusive_gate": "GatedBlock",
        "shortcut_only_gate": "GatedBlock",
        "conv1x1": "Conv1x1Block",
        "dropout": "DropoutBlock",
    }
)
_SHARED = "SharedBlock"
_PAPERS = MappingProxyType(
    {
        "none": "2015, sec. 3.3",
        "identity": "2015, eq. 1",
        "zero_pad": "2015, sec. 3.3, option A",
        "projection": "2015, eq. 2",
    }
)
_FIGURES = MappingProxyType(
    {
        "scaled": "2b",
        "exclusive_gate": "2c",
        "shortcut_only_gate": "2d",
        "conv1x1": "2e",
        "dropout": "2f",
        "norm_after_addition": "4b",
        "relu_before_addition": "4c",
        "relu_only_preactivation": "4d",
        "full_preactivation": "4e",
    }
)
_SUMS = MappingProxyType(
    {
        "none": "{branch}",
        "identity": "{branch} + x",
        "scaled": "0.5 * {branch} + 0.5 * x",
        "exclusive_gate": "g * {branch} + (1 - g) * x",
        "shortcut_only_gate": "{branch} + (1 - g) * x",
    }
)


@dataclass(frozen=True)
class BlockKind:
    """Blocks whose forwards read alike.

    `unit` is one of them, `strided` the names of the operations that halve the resolution in some
    of them, `parent` the class that has the same submodules.
    """

    name: str
    unit: Unit
    strided: frozenset[str]
    shares_preactivation: bool
    parent: str

    @property
    def has_stride(self) -> bool:
        return bool(self.strided)


def _kinds(units: Sequence[Unit]) -> list[BlockKind]:
    """The kinds of blocks with the same shortcut: some share their pre-activation with it."""
    largest, strided = max(units, key=lambda unit: len(unit.operations)), _strided(units)
    shares = sorted({unit.shares_preactivation for unit in units})
    parents = ("nn.Module", _CLASSES[largest.shortcut])
    return [
        BlockKind(_SHARED if is_shared else parents[1], largest, strided, is_shared, parent)
        for is_shared, parent in zip(shares, parents, strict=False)
    ]


def _strided(units: Iterable[Unit]) -> frozenset[str]:
    return frozenset(o.name for unit in units for o in unit.operations if o.stride > 1)


def _kind_name(unit: Unit) -> str:
    return _SHARED if unit.shares_preactivation else _CLASSES[unit.shortcut]


@dataclass(frozen=True)
class Blocks:
    """Writes what the blocks of one net are made of, and the calls that make them.

    What differs from block to block is a parameter: `channels` (in), `width` (between the
    branch's convolutions), `out_channels`, `n` (the block's number from the stem on) and
    `stride`; those that matter for no block of the net are left out.
    """

    network: NetworkPlan

    @property
    def config(self) -> ResNetConfig:
        return self.network.config

    @cached_property
    def units(self) -> tuple[Unit, ...]:
        """The blocks' units, each different one once, in forward order."""
        return tuple({id(block.unit): block.unit for block in self.network.blocks}.values())

    @cached_property
    def kinds(self) -> tuple[BlockKind, ...]:
        """The kinds of blocks there are, in forward order."""
        alike: dict[str, list[Unit]] = {}
        for unit in self.units:
            alike.setdefault(unit.shortcut, []).append(unit)
        return tuple(kind for units in alike.values() for kind in _kinds(units))

    @cached_property
    def has_width(self) -> bool:
        """Whether the channels between a branch's convolutions ever differ from those out."""
        return any(_width(unit) != unit.out_shape[0] for unit in self.units)

    @cached_property
    def has_numbers(self) -> bool:
        """Whether blocks differ by their number, counted from the stem."""
        return self.config.stochastic_depth > 0

    def _parameters(self, has_stride: bool) -> list[str]:
        """What a block, or its branch, is made from."""
        there = {"width": self.has_width, "n": self.has_numbers, "stride": has_stride}
        order = ("channels", "width", "out_channels", "n", "stride")
        return [name for name in order if there.get(name, True)]

    def _signature(self, name: str, has_stride: bool, *, returns: str, indent: str = "") -> str:
        given = [f"{p}: int{' = 1' * (p == 'stride')}" for p in self._parameters(has_stride)]
        own = ["self"] if name == "__init__" else []
        return laid_out(call(name, *own, *given), indent, "def ", f" -> {returns}:")

    def _part(self, unit: Unit, name: str, strided: frozenset[str]) -> Expression:
        """The expression that makes the part `name` of a block."""
        start = "out_channels" if name == "after" else "channels"
        channels = (start, "width" if self.has_width else "out_channels", "out_channels")
        layers = in_parameters(unit.part(name), channels, strided)
        return sequence(layers, self.config, has_odd_groups(self.network))

    @property
    def branch(self) -> str:
        """The function that makes F."""
        strided = _strided(self.units)
        size = "H/stride, W/stride" if strided else "H, W"
        lines = [
            self._signature("branch", bool(strided), returns="nn.Sequential"),
            f'    """F, a block\'s branch: [N, channels, H, W] -> [N, out_channels, {size}]."""',
            laid_out(self._part(self.units[0], "branch", strided), "    ", "return "),
        ]
        return "\n".join(lines)

    def definition(self, kind: BlockKind) -> str:
        """The class of a kind of block."""
        lines = [
            f"class {kind.name}({kind.parent}):",
            f'    """{self._equation(kind)}: {self._papers(kind)}."""',
            "",
            *(self._init(kind) if kind.parent == "nn.Module" else ()),
            "    def forward(self, x: Tensor) -> Tensor:",
            *(f"        {line}" for line in _before_the_sum(kind)),
            f"        out: Tensor = {_sum(kind)}",
            "        return out",
        ]
        return "\n".join(lines)

    def _init(self, kind: BlockKind) -> Iterator[str]:
        yield self._signature("__init__", kind.has_stride, returns="None", indent=" " * 4)
        yield "        super().__init__()"
        yield from self._submodules(kind)
        yield ""

    def _submodules(self, kind: BlockKind) -> Iterator[str]:
        """The assignments of a block's parts."""
        for name in ("gate", "preactivation", "branch", "shortcut", "after"):
            if name == "branch":
                made: Expression = call("branch", *self._parameters(kind.has_stride))
            elif not kind.unit.part(name) or (name == "shortcut" and kind.unit.shortcut in _SUMS):
                continue
            else:
                made = self._part(kind.unit, name, kind.strided)
            yield laid_out(made, " " * 8, f"self.{name} = ")

    def _equation(self, kind: BlockKind) -> str:
        """The forward as the papers write it."""
        total = _sum(kind).replace("self.branch", "F").replace("self.preactivation(x)", "p(x)")
        return ", ".join((f"y = {total}", *_before_the_sum(kind))).replace("self.", "")

    def _papers(self, kind: BlockKind) -> str:
        names = (kind.unit.shortcut, self.config.activation_order)
        figures = " and ".join(_FIGURES[name] for name in names if name in _FIGURES)
        place = f"2016, Fig. {figures}" if figures else _PAPERS[kind.unit.shortcut]
        return f"He et al. {place}"

    def made(self, unit: Unit, number: int | str) -> Call:
        """The constructor call of a block, the `number`-th of the net."""
        stride = max(operation.stride for operation in unit.operations)
        return call(
            _kind_name(unit),
            unit.in_shape[0],
            _width(unit) if self.has_width else "",
            unit.out_shape[0],
            number if self.has_numbers else "",
            f"stride={stride}" if stride > 1 else "",
        )


def _width(unit: Unit) -> int:
    """Channels out of a branch's first convolution."""
    return next(o.out_shape[0] for o in unit.part("branch") if o.kind == "conv")


def _before_the_sum(kind: BlockKind) -> list[str]:
    if kind.unit.part("gate"):
        return ["g = self.gate(x)"]
    return ["p = self.preactivation(x)"] if kind.shares_preactivation else []


def _sum(kind: BlockKind) -> str:
    """What a block computes: He et al. 2016, Fig. 4, with the shortcut of its Fig. 2."""
    before = "self.preactivation(x)" if kind.unit.part("preactivation") else "x"
    start = "p" if kind.shares_preactivation else before
    path = f"{{branch}} + self.shortcut({'p' if kind.shares_preactivation else 'x'})"
    total = _SUMS.get(kind.unit.shortcut, path).format(branch=f"self.branch({start})")
    return f"self.after({total})" if kind.unit.part("after") else total
