"""Held-out loss."""

from resnet_viz.quantities.quantity import Quantity, Tensor

QUANTITY = Quantity(
    name="eval_loss",
    title="held-out loss",
    symbol="L",
    sentence="The cross-entropy on images that the net is not trained on, after the step's "
    "update. If it grows while the training loss falls, the net learns its images by heart.",
    source="He et al. 2015, arXiv:1512.03385, Fig. 4 and 6 (test errors)",
    unit="nats",
)


def measure(held_out_logits: list[Tensor], held_out_labels: list[Tensor]) -> Tensor:
    """The mean cross-entropy over all images, one value per net."""
    import torch
    from torch.nn import functional

    pairs = zip(held_out_logits, held_out_labels, strict=True)
    return torch.stack([functional.cross_entropy(answers.float(), true) for answers, true in pairs])
