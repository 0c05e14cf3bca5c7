"""Gradient norm of a layer's weights."""

from resnet_viz.quantities.quantity import Quantity, Tensor

QUANTITY = Quantity(
    name="grad_norm",
    title="gradient norm",
    symbol="‖∂L/∂W‖",
    sentence="How strongly the loss depends on a layer's weights at this step: the Euclidean norm "
    "of its gradient, before the update.",
    source="He et al. 2015, arXiv:1512.03385, sec. 4.1; Balduzzi et al. 2017, arXiv:1702.08591",
)


def measure(gradient: list[Tensor]) -> Tensor:
    """Euclidean norms."""
    from resnet_viz.tensor_stats.norms import norms

    return norms(gradient)
