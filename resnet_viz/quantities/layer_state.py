"""Layer state: whether a layer's values exist, and if not, why."""

from resnet_viz.quantities.layer_states import WORDS
from resnet_viz.quantities.quantity import Quantity, Tensor

QUANTITY = Quantity(
    name="layer_state",
    title="state of the layer",
    symbol="",
    sentence="Whether a layer's values are there, and why not: measured, no gradient, frozen, "
    "cleared, not updated, not watched, or not finite. It is recorded at the first step and at "
    "each step at which it changes.",
    source="quantities/layer_states.py",
    scale="linear",
    words=tuple(WORDS.values()),
)


def measure(state: list[Tensor]) -> Tensor:
    """The codes, which `quantities/layer_states.py` derives from the other values of a step."""
    import torch

    return torch.cat(state)
