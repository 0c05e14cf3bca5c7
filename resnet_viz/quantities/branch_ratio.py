"""Branch ratio: the variance that a residual branch adds, relative to its shortcut."""

from resnet_viz.quantities.quantity import Quantity, Tensor

QUANTITY = Quantity(
    name="branch_ratio",
    title="branch / shortcut variance",
    symbol="Var F(x) / Var shortcut(x)",
    sentence="How much variance a block's branch adds to what its shortcut passes on (a ratio). "
    "Far below 1 a block is close to the identity. In new pre-activation nets with batch norm it "
    "falls from block to block, about as 1/k after the stem or a projection.",
    source="De & Smith 2020, arXiv:2002.10444, sec. 3",
)


def measure(branch: list[Tensor], shortcut: list[Tensor]) -> list[Tensor]:
    """Count, mean and standard deviation over whole tensors, of both [2, 3]."""
    import torch

    from resnet_viz.tensor_stats.activation_stats import moments

    return list(map(torch.stack, zip(moments(branch), moments(shortcut), strict=True)))


def pool(parts: list[Tensor]) -> Tensor:
    """The same of all parts together."""
    import torch

    from resnet_viz.tensor_stats.pooling import pooled_moments

    return torch.stack([pooled_moments(list(own)) for own in zip(*parts, strict=True)])


def finish(stats: list[Tensor]) -> Tensor:
    """Ratios of variances; NaN where both are 0."""
    import torch

    branch, shortcut = torch.stack(stats)[:, :, 2].unbind(1)
    return (branch / shortcut) ** 2
