"""Average absolute gradient of a layer's weights."""

from resnet_viz.quantities.quantity import Quantity, Tensor

QUANTITY = Quantity(
    name="grad_mean_abs",
    title="average absolute gradient",
    symbol="mean |∂L/∂W|",
    sentence="The average size of a number in a layer's gradient, before the update. With the "
    "largest beside it, it makes the gradient flow chart that many training scripts draw.",
    source="PyTorch forum 2018, Check gradient flow in network, discuss.pytorch.org/t/15063",
)


def measure(measured_gradient: list[Tensor]) -> Tensor:
    """Means of absolute values."""
    from resnet_viz.tensor_stats.norms import mean_sizes

    return mean_sizes(measured_gradient)
