"""Effective rank: how many directions a block's features span."""

from resnet_viz.quantities.quantity import Quantity, Tensor

MOST_IMAGES = 64
"""The time that eigenvalues take grows by the cube of the images, and a rank can only be compared
with one of as many."""
QUANTITY = Quantity(
    name="effective_rank",
    title="effective rank",
    symbol="exp H(λ)",
    sentence="In how many directions a block's features differ from image to image: exp of the "
    "entropy of the shares of their Gram matrix's eigenvalues, of centred features. It uses at "
    f"most the first {MOST_IMAGES} images of the minibatch, and is below their number. If a "
    "minibatch comes in parts, and an image has more than 65,536 features, it uses the first "
    "part. If it falls towards 1, all images look alike to the net: its features collapse.",
    source="Roy & Vetterli 2007, The effective rank: a measure of effective dimensionality",
    over_parts="together",
    first_images=MOST_IMAGES,
)


def measure(output: list[Tensor]) -> list[Tensor]:
    """The Gram matrices of the first images."""
    from resnet_viz.tensor_stats.effective_rank import gram

    return [gram(features[:MOST_IMAGES] if features.dim() else features) for features in output]


def finish(grams: list[Tensor]) -> Tensor:
    """Effective ranks; NaN where a feature is not finite, 1 where all images are alike."""
    from resnet_viz.tensor_stats.effective_rank import effective_ranks

    return effective_ranks(grams)
