"""Held-out accuracy."""

from resnet_viz.quantities.quantity import Quantity, Tensor

QUANTITY = Quantity(
    name="eval_accuracy",
    title="held-out accuracy",
    symbol="share right",
    sentence="The share of images whose class the net gets right, of those it is not trained on.",
    source="He et al. 2015, arXiv:1512.03385, Fig. 4 and 6 (test errors)",
    scale="linear",
)


def measure(held_out_logits: list[Tensor], held_out_labels: list[Tensor]) -> Tensor:
    """Fractions in [0, 1], one value per net; an answer of NaN is wrong."""
    import torch

    pairs = zip(held_out_logits, held_out_labels, strict=True)
    right = [(answers.argmax(1) == true) & ~answers.isnan().any(1) for answers, true in pairs]
    return torch.stack([which.float().mean() for which in right])
