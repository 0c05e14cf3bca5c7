"""Final loss and accuracy: after the last update."""

from resnet_viz.quantities.quantity import Quantity, Tensor

QUANTITY = Quantity(
    name="final",
    title="loss and accuracy at the end",
    symbol="",
    sentence="Loss and accuracy after the last update, on up to 1,000 training images without "
    "augmentation and on all held-out ones, with the standard error of the loss over the images. "
    "Batch norm's statistics are first estimated again, on training images.",
    source="Wu & Johnson 2021, arXiv:2105.07576, sec. 3 (batch norm's statistics)",
    scale="linear",
)


def measure(end: list[Tensor]) -> Tensor:
    """The numbers as they are."""
    import torch

    return torch.stack(end)
