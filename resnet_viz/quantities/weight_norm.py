"""Weight norm of a layer."""

from resnet_viz.quantities.quantity import Quantity, Tensor

QUANTITY = Quantity(
    name="weight_norm",
    title="weight norm",
    symbol="‖W‖",
    sentence="The Euclidean norm of a layer's kernel or matrix before the update. Under batch norm "
    "a layer's gradient shrinks as its weights grow. In a net with many weights it is "
    "measured every few steps; the run's header says how many.",
    source="van Laarhoven 2017, arXiv:1706.05350",
)


def measure(weight: list[Tensor]) -> Tensor:
    """Euclidean norms."""
    from resnet_viz.tensor_stats.norms import norms

    return norms(weight)
