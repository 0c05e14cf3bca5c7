"""Total gradient norm of a net."""

from resnet_viz.quantities.quantity import Quantity, Tensor

QUANTITY = Quantity(
    name="grad_total_norm",
    title="norm of the whole gradient",
    symbol="‖∂L/∂θ‖",
    sentence="The Euclidean norm of the gradient by all parameters together, biases and norms' "
    "scales and shifts included, before the update.",
    source="Pascanu et al. 2013, arXiv:1211.5063, sec. 3.2",
)


def measure(parameter_gradients: list[Tensor]) -> Tensor:
    """The total norm [1]: that of the tensors' norms."""
    from resnet_viz.tensor_stats.norms import norms

    return norms([norms(parameter_gradients)])
