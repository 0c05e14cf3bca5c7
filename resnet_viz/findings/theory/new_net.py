"""New net: a net before its first step, as the plots see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.plan import plan
from resnet_viz.findings.theory import mean_field
from resnet_viz.findings.theory.layers_left import layers_left

Numbers = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class New:
    """A new net: `inputs` are gradient norms at its blocks' inputs, `left` the weighted layers from
    there to the output.

    `times_k` is each block's Var F(x) / Var x times `k`, its number in its stage; empty for a
    plain net.
    """

    name: str
    colour: str
    config: ResNetConfig
    inputs: Numbers
    left: Numbers
    times_k: Numbers
    k: Numbers
    batch: int

    @classmethod
    def of(
        cls, name: str, colour: str, config: ResNetConfig, result: Mapping[str, Any], batch: int
    ) -> New:
        """The new net in the result of a job, in which an array is lists of numbers; `batch`
        images."""
        network = plan(config)
        variance = result.get("variance", {"times_k": (), "k": ()})
        return cls(
            name,
            colour,
            config,
            np.array(result["gradients"]["inputs"], dtype=float),
            layers_left(network.weighted_layers, [block.name for block in network.blocks]),
            np.array(variance["times_k"], dtype=float),
            np.array(variance["k"], dtype=float),
            batch,
        )

    @property
    def depth(self) -> int:
        """The number of weighted layers of the main path."""
        return plan(self.config).depth

    @property
    def relative(self) -> Numbers:
        """The gradient at each block's input over that at the last one's."""
        with np.errstate(all="ignore"):
            relative: Numbers = self.inputs / self.inputs[-1]
        return relative

    @property
    def ratio(self) -> float:
        """The same of the first block."""
        return float(self.relative[0])

    @property
    def per_layer(self) -> Numbers:
        """The factor per layer, from each block to the one before it."""
        with np.errstate(all="ignore"):
            return (self.inputs[:-1] / self.inputs[1:]) ** (1 / -np.diff(self.left))

    @property
    def predicted(self) -> Numbers | None:
        """The prediction of mean field theory for `relative`; None if it has none."""
        expected = mean_field.profile(self.config, self.batch)
        return None if expected is None else np.array(expected)

    @property
    def predicted_branches(self) -> Numbers | None:
        """The predicted Var F(x) / Var x of each block; None if theory has none."""
        expected = mean_field.branch_ratios(self.config)
        return None if expected is None else np.array(expected)
