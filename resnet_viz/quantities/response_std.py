"""Response standard deviation: how widely a layer's responses are spread."""

from resnet_viz.quantities.quantity import Quantity, Tensor

QUANTITY = Quantity(
    name="response_std",
    title="response std",
    symbol="std of responses",
    sentence="The standard deviation of a 3x3 layer's response, over images, channels and pixels, "
    "after its norm and before the nonlinearity. In trained nets residual branches respond less "
    "than the layers of a plain net.",
    source="He et al. 2015, arXiv:1512.03385, Fig. 7",
)


def measure(response: list[Tensor]) -> list[Tensor]:
    """Count, mean and standard deviation over whole tensors."""
    from resnet_viz.tensor_stats.activation_stats import moments

    return moments(response)


def pool(parts: list[Tensor]) -> Tensor:
    """The same of all parts together."""
    from resnet_viz.tensor_stats.pooling import pooled_moments

    return pooled_moments(parts)


def finish(stats: list[Tensor]) -> Tensor:
    """The standard deviations."""
    import torch

    return torch.stack(stats)[:, 2]
