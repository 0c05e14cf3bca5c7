"""NetworkPlan: every operation of a network with its shapes and costs, from the config alone.

The plan is the one source of truth: module, table, graph and cost are read from it. It needs no
torch. Blocks of a stage that are alike share one `Unit`, so a plan takes time by stage, not by
layer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import groupby, pairwise
from typing import NamedTuple

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.operations import Operation, Role, Shape, Unit
from resnet_viz.arch.units import head_unit, stage_units, stem_unit
from resnet_viz.cells import ShownInCells


@dataclass(frozen=True, slots=True)
class BlockPlan:
    """One residual (or plain) block: its place in the net and its operations.

    `drop_rate` is the probability that stochastic depth leaves its branch out of a training step.
    """

    name: str
    stage: int
    index: int
    unit: Unit
    drop_rate: float = 0.0

    @property
    def shortcut(self) -> str:
        """The kind of shortcut: "none", "identity", "zero_pad" or "projection"."""
        return self.unit.shortcut

    @property
    def in_shape(self) -> Shape:
        return self.unit.in_shape

    @property
    def out_shape(self) -> Shape:
        return self.unit.out_shape


@dataclass(frozen=True)
class StagePlan:
    """A run of blocks at one resolution; `index` counts from 0."""

    index: int
    width: int
    blocks: tuple[BlockPlan, ...]

    @property
    def name(self) -> str:
        return f"stages.{self.index}"

    @property
    def out_shape(self) -> Shape:
        return self.blocks[-1].out_shape

    @cached_property
    def params(self) -> int:
        return sum(block.unit.params for block in self.blocks)

    @cached_property
    def macs(self) -> int:
        return sum(block.unit.macs for block in self.blocks)


class WeightedLayer(NamedTuple):
    """A convolution or linear layer: `name` is its module's path.

    `position` counts the layers of the main path from 1 (the stem's first convolution) to the
    depth; a layer beside it (a projection, a gate, an SE module's) has the position of the last
    main layer before it in forward order.
    """

    name: str
    position: int
    role: Role
    stage: int | None

    @property
    def is_beside(self) -> bool:
        return self.role != "main"


@dataclass(frozen=True, repr=False)
class NetworkPlan(ShownInCells):
    """The plan of a config. Shapes are (channels, height, width) of one image."""

    config: ResNetConfig
    stem: Unit
    stages: tuple[StagePlan, ...]
    head: Unit

    def __repr__(self) -> str:
        return (
            f"NetworkPlan(depth={self.depth}, params={self.params}, macs={self.macs}, "
            f"shortcuts={self.shortcuts})"
        )

    @property
    def blocks(self) -> Iterator[BlockPlan]:
        """All blocks, from input to output."""
        return (block for stage in self.stages for block in stage.blocks)

    @property
    def units(self) -> Iterator[tuple[str, Unit]]:
        """Stem, blocks and head with the paths of their modules, from input to output."""
        yield "stem", self.stem
        for block in self.blocks:
            yield block.name, block.unit
        yield "head", self.head

    @cached_property
    def unit_runs(self) -> tuple[tuple[Unit, int], ...]:
        """The units of `units`, each with how many of it stand in a row. Blocks that are alike
        share one unit, so that a sum over them takes time per stage and not per block."""
        return tuple(
            (next(alike), 1 + sum(1 for _ in alike))
            for _, alike in groupby((unit for _, unit in self.units), key=id)
        )

    @cached_property
    def operations(self) -> tuple[Operation, ...]:
        """Every operation in forward order; names and inputs are paths from the net's root."""
        laid: list[Operation] = []
        for path, unit in self.units:
            source = laid[-1].name if laid else "input"
            for own in unit.operations:
                inputs = tuple(source if name == "in" else f"{path}.{name}" for name in own.inputs)
                laid.append(replace(own, name=f"{path}.{own.name}", inputs=inputs))
        return tuple(laid)

    @cached_property
    def weighted_layers(self) -> tuple[WeightedLayer, ...]:
        """Convolutions and linear layers, in forward order."""
        layers: list[WeightedLayer] = []
        position = 0
        stage_of = {block.name: block.stage for block in self.blocks}
        for path, unit in self.units:
            for operation in unit.weighted:
                position += not operation.is_beside
                name, stage = f"{path}.{operation.name}", stage_of.get(path)
                layers.append(WeightedLayer(name, position, operation.role, stage))
        return tuple(layers)

    @cached_property
    def depth(self) -> int:
        """Weighted layers of the main path, as in "ResNet-56"; projections do not count."""
        return sum(count * unit.depth for unit, count in self.unit_runs)

    @cached_property
    def params(self) -> int:
        """Trainable parameters: weights, biases, norm scales and shifts."""
        return sum(count * unit.params for unit, count in self.unit_runs)

    @cached_property
    def macs(self) -> int:
        """Multiply-accumulates of convolutions and linear layers for one image."""
        return sum(count * unit.macs for unit, count in self.unit_runs)

    @cached_property
    def shortcuts(self) -> dict[str, int]:
        """The number of shortcuts of each kind: identity, zero_pad, projection; {} for a plain
        net."""
        kinds = Counter(block.shortcut for block in self.blocks)
        return {kind: count for kind, count in sorted(kinds.items()) if kind != "none"}

    def activation_bytes(self, batch: int = 1) -> int:
        """Bytes of the float32 tensors that autograd keeps for the backward pass.

        Each tensor is counted once however many operations keep it; weights are not counted, the
        image is (the first convolution keeps it).
        """
        runs = self.unit_runs
        elements = runs[0][0].in_elements * runs[0][0].keeps_input
        for unit, count in runs:
            between = unit.out_elements * (unit.keeps_output or unit.keeps_input)
            elements += count * unit.kept_inside + (count - 1) * between
        for (before, _), (after, _) in pairwise(runs):
            elements += before.out_elements * (before.keeps_output or after.keeps_input)
        return 4 * (batch * elements + sum(count * unit.kept_per_batch for unit, count in runs))


@lru_cache(maxsize=64)
def plan(config: ResNetConfig) -> NetworkPlan:
    """The plan of `config`; milliseconds, without torch. Plans are frozen and cached by config."""
    stem = stem_unit(config)
    shape = stem.out_shape
    stages: list[StagePlan] = []
    for index in range(len(config.depths)):
        stages.append(_stage(config, index, shape))
        shape = stages[-1].out_shape
    return NetworkPlan(config, stem, tuple(stages), head_unit(config, shape))


def _stage(config: ResNetConfig, index: int, in_shape: Shape) -> StagePlan:
    units = stage_units(config, index, in_shape)
    before, total, last = sum(config.depths[:index]), sum(config.depths), config.stochastic_depth
    # 1 - p_l = (l / L)(1 - p_L), l counted from 1: Huang et al. 2016, arXiv:1603.09382, eq. 4.
    blocks = tuple(
        BlockPlan(f"stages.{index}.{i}", index, i, unit, last * (before + i + 1) / total)
        for i, unit in enumerate(units)
    )
    return StagePlan(index, config.widths[index], blocks)
