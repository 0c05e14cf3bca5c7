"""Whether a layer's values are there, and why not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resnet_viz.lab.quantities.quantity import Quantity
from resnet_viz.lab.states import WORDS

if TYPE_CHECKING:
    from torch import Tensor

QUANTITY = Quantity(
    name="layer_state",
    title="state of the layer",
    symbol="",
    sentence="Whether a layer's values are there, and why not: measured, no gradient, frozen, "
    "cleared, not updated, not watched, or not finite. It is recorded at the first step and at "
    "each step at which it changes.",
    source="lab/states.py",
    scale="linear",
    words=tuple(WORDS.values()),
)


def measure(state: list[Tensor]) -> Tensor:
    """The codes, which `lab/states.py` reads off the other values of a step."""
    import torch  # noqa: PLC0415

    return torch.cat(state)
