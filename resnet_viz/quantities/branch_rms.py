"""Branch RMS: the size of what a residual branch adds."""

from resnet_viz.quantities.quantity import Quantity, Tensor

QUANTITY = Quantity(
    name="branch_rms",
    title="branch rms",
    symbol="rms F(x)",
    sentence="The root mean square of F(x), what a block's branch adds to its shortcut (in a plain "
    "net: what it passes on).",
    source="De & Smith 2020, arXiv:2002.10444, sec. 3",
    over_parts="root mean square",
)


def measure(branch: list[Tensor]) -> Tensor:
    """Root mean squares over whole tensors."""
    from resnet_viz.tensor_stats.activation_stats import root_mean_squares

    return root_mean_squares(branch)
