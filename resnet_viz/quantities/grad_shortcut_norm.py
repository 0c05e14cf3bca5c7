"""Shortcut gradient norm: the part of a block's gradient that came through its shortcut."""

from resnet_viz.quantities.quantity import Quantity, Tensor

QUANTITY = Quantity(
    name="grad_shortcut_norm",
    title="gradient norm through the shortcut",
    symbol="‖∂L/∂x‖ via shortcut",
    sentence="The norm of the part of the gradient at a block's input that came through its "
    "shortcut (a gate counts as part of it). Through an identity it arrives as it was.",
    source="He et al. 2016, arXiv:1603.05027, eq. 5",
    over_parts="norm",
)


def measure(grad_shortcut: list[Tensor]) -> Tensor:
    """Euclidean norms."""
    from resnet_viz.tensor_stats.norms import norms

    return norms(grad_shortcut)
