"""Gradient cosine: whether a block's two gradients agree."""

from resnet_viz.quantities.quantity import Quantity, Tensor

QUANTITY = Quantity(
    name="grad_cosine",
    title="cosine of the gradient's parts",
    symbol="cos",
    sentence="The cosine of the angle between the parts of the gradient at a block's input that "
    "came through its shortcut and through its branch: 0 where they have nothing to do with each "
    "other, -1 where they cancel.",
    source="He et al. 2016, arXiv:1603.05027, eq. 5 (its two terms)",
    scale="linear",
)


def measure(grad_shortcut: list[Tensor], grad_branch: list[Tensor]) -> list[Tensor]:
    """The norm of each part and their cosine [3]; NaN if a part is 0 and has no direction."""
    from resnet_viz.tensor_stats.activation_stats import norms_and_cosines

    return norms_and_cosines(grad_shortcut, grad_branch)


def pool(parts: list[Tensor]) -> Tensor:
    """The same of all parts together."""
    from resnet_viz.tensor_stats.pooling import pooled_cosine

    return pooled_cosine(parts)


def finish(stats: list[Tensor]) -> Tensor:
    """The cosines."""
    import torch

    return torch.stack(stats)[:, 2]
