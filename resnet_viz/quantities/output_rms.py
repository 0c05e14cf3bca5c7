"""Output RMS: the size of what a block passes on."""

from resnet_viz.quantities.quantity import Quantity, Tensor

QUANTITY = Quantity(
    name="output_rms",
    title="output rms",
    symbol="rms y",
    sentence="The root mean square of a block's output: how the signal grows or shrinks with "
    "depth.",
    source="He et al. 2015, arXiv:1512.03385, Fig. 7; De & Smith 2020, arXiv:2002.10444, sec. 3",
    over_parts="root mean square",
)


def measure(output: list[Tensor]) -> Tensor:
    """Root mean squares over whole tensors."""
    from resnet_viz.tensor_stats.activation_stats import root_mean_squares

    return root_mean_squares(output)
