"""Input gradient norm: the norm of the gradient at a block's input."""

from resnet_viz.quantities.quantity import Quantity, Tensor

QUANTITY = Quantity(
    name="grad_input_norm",
    title="gradient norm at the block's input",
    symbol="‖∂L/∂x‖",
    sentence="The Euclidean norm of the loss's gradient by a block's input: how much of it has "
    "come back this far.",
    source="He et al. 2016, arXiv:1603.05027, eq. 5; Balduzzi et al. 2017, arXiv:1702.08591",
    over_parts="norm",
)


def measure(grad_input: list[Tensor]) -> Tensor:
    """Euclidean norms."""
    from resnet_viz.tensor_stats.norms import norms

    return norms(grad_input)
