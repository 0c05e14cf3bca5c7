"""Ready sweep: a sweep to choose by name, described in a file of `ready_sweeps`; no torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from resnet_viz.arch.presets import PRESETS
from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.experiments.sweep_spec import AxisValue, SweepSpec


@dataclass(frozen=True)
class ReadySweep:
    """A preset, what is varied in it, and where to look: never what comes out.

    `key` is its name on the command line, `place` where it stands among the others, the smallest
    first. `training` holds fields of RunSpec that are not the defaults.
    """

    key: str
    name: str
    place: int
    net: str
    axes: Mapping[str, Sequence[AxisValue]]
    seeds: Sequence[int]
    training: Mapping[str, Any]
    look_for: str

    @property
    def spec(self) -> SweepSpec:
        """The sweep as it is trained where nothing is changed."""
        base = RunSpec(config=PRESETS[self.net], **self.training)
        axes = {axis: tuple(values) for axis, values in self.axes.items()}
        return SweepSpec(name=self.name, base=base, axes=axes, seeds=tuple(self.seeds))


def cifar_depths(*depths: int) -> Sequence[AxisValue]:
    """Blocks per stage of CIFAR nets of these depths, 6n + 2 (He et al. 2015, 4.2)."""
    return tuple(((depth - 2) // 6,) * 3 for depth in depths)
