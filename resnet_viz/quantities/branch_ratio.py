"""How much a residual branch adds, relative to its shortcut."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resnet_viz.quantities.quantity import Quantity

if TYPE_CHECKING:
    from torch import Tensor

QUANTITY = Quantity(
    name="branch_ratio",
    title="branch / shortcut variance",
    symbol="Var F(x) / Var shortcut(x)",
    sentence="The variance of what a block's branch adds over that of what its shortcut passes on. "
    "Far below 1 a block is close to the identity. In new pre-activation nets with batch norm it "
    "falls from block to block, about as 1/k after the stem or a projection.",
    source="De & Smith 2020, arXiv:2002.10444, sec. 3",
)


def measure(branch: list[Tensor], shortcut: list[Tensor]) -> Tensor:
    """Ratios of variances over whole tensors; NaN where both are 0."""
    from resnet_viz.tensor_stats.activation_stats import deviations  # noqa: PLC0415

    return (deviations(branch) / deviations(shortcut)) ** 2
