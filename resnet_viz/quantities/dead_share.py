"""Dead share: the share of a layer's channels that are silent."""

from resnet_viz.quantities.quantity import Quantity, Tensor

QUANTITY = Quantity(
    name="dead_share",
    title="dead channels",
    symbol="share of channels",
    sentence="The share of a 3x3 layer's channels whose activation is 0 at every pixel of every "
    "image of the minibatch: no gradient comes through them. A ReLU can be dead; the other "
    "nonlinearities are hardly ever exactly 0.",
    source="Lu et al. 2019, arXiv:1903.06733",
    scale="linear",
)


def measure(activation: list[Tensor]) -> list[Tensor]:
    """Silent channels [C] (dimension 1): 1 for a silent one, else 0."""
    from resnet_viz.tensor_stats.activation_stats import silent_channels

    return silent_channels(activation)


def pool(parts: list[Tensor]) -> Tensor:
    """Channels that are silent in every part."""
    import torch

    return torch.stack(parts).amin(0)


def finish(stats: list[Tensor]) -> Tensor:
    """Shares in [0, 1] of the channels."""
    import torch

    return torch.stack([channels.mean() for channels in stats])
