"""Update ratio: the size of a step that a layer takes, relative to its weights."""

from resnet_viz.quantities.quantity import Quantity, Tensor

QUANTITY = Quantity(
    name="update_ratio",
    title="update / weight",
    symbol="‖ΔW‖/‖W‖",
    sentence="The norm of the update over the norm of the weights before it: about 0.001 is usual; "
    "far less and a layer is frozen, about 1 and it is overwritten. In a net with many weights it "
    "is measured every few steps; the run's header says how many.",
    source="Karpathy, CS231n, Neural Networks Part 3, ratio of weights to updates",
)


def measure(update: list[Tensor], weight: list[Tensor]) -> Tensor:
    """Ratios of Euclidean norms."""
    from resnet_viz.tensor_stats.norms import norms

    return norms(update) / norms(weight)
