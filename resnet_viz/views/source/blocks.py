"""Blocks in an exported file: a function for the branch, and one for each kind of block."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.operations import Unit
from resnet_viz.arch.plan import NetworkPlan
from resnet_viz.nets.kinds import block_class
from resnet_viz.views.source.layers import in_parameters, sequence
from resnet_viz.views.source.pasted import parameters
from resnet_viz.views.source.python_code import Call, Expression, call, laid_out, one_line


@dataclass(frozen=True)
class Blocks:
    """A writer of the functions that make the blocks of one net, and of the calls of them.

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
        """The different units of the blocks, each once, in forward order."""
        return tuple({id(block.unit): block.unit for block in self.network.blocks}.values())

    @cached_property
    def has_width(self) -> bool:
        """Whether the channels between a branch's convolutions ever differ from those out."""
        return any(_width(unit) != unit.out_shape[0] for unit in self.units)

    @cached_property
    def has_numbers(self) -> bool:
        """Whether blocks differ by their number, counted from the stem."""
        return self.config.stochastic_depth > 0

    @property
    def functions(self) -> list[str]:
        """The texts of the functions that make F and the blocks."""
        kinds: dict[str, list[Unit]] = {}
        for unit in self.units:
            kinds.setdefault(_kind(unit), []).append(unit)
        some = max(self.units, key=_strides)  # the others may lack a pool
        branch = self._written(some, "branch", _strided(self.units))
        return [
            self._function("branch", self.units, branch, "F, a block's branch", "nn.Sequential"),
            *(self._block(name, units) for name, units in kinds.items()),
        ]

    def _block(self, name: str, units: Sequence[Unit]) -> str:
        """The function that makes the blocks of one kind: some of `units` lack a pool."""
        largest = max(units, key=_size)
        kind, strided = block_class(largest), _strided(units)
        body = call(kind, *(self._part(largest, part, strided) for part in parameters(kind)))
        return self._function(name, units, body, "A block", "nn.Module")

    def _function(
        self, name: str, units: Sequence[Unit], body: Expression, title: str, returns: str
    ) -> str:
        strided = _strided(units)
        signature = [f"{p}: int{' = 1' * (p == 'stride')}" for p in self._parameters(strided)]
        size = "H/stride, W/stride" if strided else "H, W"
        lines = [
            laid_out(call(name, *signature), before="def ", after=f" -> {returns}:"),
            f'    """{title}: [N, channels, H, W] -> [N, out_channels, {size}]."""',
            laid_out(body, "    ", "return "),
        ]
        return "\n".join(lines)

    def _parameters(self, strided: Iterable[str]) -> list[str]:
        """What a block, or its branch, is made from."""
        is_needed = {"width": self.has_width, "n": self.has_numbers, "stride": bool(strided)}
        order = ("channels", "width", "out_channels", "n", "stride")
        return [name for name in order if is_needed.get(name, True)]

    def _part(self, unit: Unit, name: str, strided: frozenset[str]) -> Call:
        """A part of a block as an argument; the one that it lacks is an identity."""
        keyword, operations = f"{name}=", unit.part(name)
        if name != "branch":
            argument = self._written(unit, name, strided) if operations else call("nn.Identity")
            return replace(argument, name=keyword + argument.name)
        argument = call(f"{keyword}branch", *self._parameters(strided))
        is_scaled = any(operation.kind == "scale" for operation in operations)
        return call(f"{one_line(argument)}.append", call("Scale")) if is_scaled else argument

    def _written(self, unit: Unit, name: str, strided: frozenset[str]) -> Call:
        """A part's layers; the scale of a branch is left to the blocks that have it."""
        operations = [o for o in unit.part(name) if o.name != "branch.scale"]
        start = "out_channels" if name == "after" else "channels"
        channels = (start, "width" if self.has_width else "out_channels", "out_channels")
        return sequence(in_parameters(operations, channels, strided), self.config)

    def made(self, unit: Unit, number: int | str) -> Call:
        """The call that makes a block, the `number`-th of the net."""
        stride = max(operation.stride for operation in unit.operations)
        return call(
            _kind(unit),
            unit.in_shape[0],
            _width(unit) if self.has_width else "",
            unit.out_shape[0],
            number if self.has_numbers else "",
            f"stride={stride}" if stride > 1 else "",
        )


def _size(unit: Unit) -> tuple[int, int]:
    """What grows with the pools and the 3x3 projections that only some blocks have."""
    return len(unit.operations), sum(o.kernel for o in unit.part("shortcut"))


def _strides(unit: Unit) -> int:
    return sum(operation.stride > 1 for operation in unit.part("branch"))


def _kind(unit: Unit) -> str:
    """The name of the function that makes the block: blocks of one name have parts alike."""
    shared = "shared_" * unit.shares_preactivation
    return f"{shared}{'plain' if unit.shortcut == 'none' else unit.shortcut}_block"


def _strided(units: Iterable[Unit]) -> frozenset[str]:
    """The names of the operations that halve the resolution in some of `units`."""
    return frozenset(o.name for unit in units for o in unit.operations if o.stride > 1)


def _width(unit: Unit) -> int:
    """Channels out of a branch's first convolution."""
    return next(o.out_shape[0] for o in unit.part("branch") if o.kind == "conv")
