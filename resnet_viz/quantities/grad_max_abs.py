"""Largest absolute gradient of a layer's weights."""

from resnet_viz.quantities.quantity import Quantity, Tensor

QUANTITY = Quantity(
    name="grad_max_abs",
    title="largest absolute gradient",
    symbol="max |∂L/∂W|",
    sentence="The largest number in a layer's gradient, whatever its sign, before the update.",
    source="PyTorch forum 2018, Check gradient flow in network, discuss.pytorch.org/t/15063",
)


def measure(measured_gradient: list[Tensor]) -> Tensor:
    """Largest absolute values."""
    from resnet_viz.tensor_stats.norms import largest_sizes

    return largest_sizes(measured_gradient)
