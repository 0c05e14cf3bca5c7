"""Adaptation of a config to a data set: channels, classes and image size; no torch."""

from __future__ import annotations

from collections.abc import Sequence

from resnet_viz.arch.config import ResNetConfig, explain, revise
from resnet_viz.arch.fields import ImageSize, height_and_width, short_size
from resnet_viz.data.registry import dataset_info


def adapt(
    config: ResNetConfig,
    dataset: str,
    image_size: ImageSize | None = None,
    classes: int | None = None,
) -> ResNetConfig:
    """`config` with the data set's channels and classes, and its image size or the one given.

    Args:
        classes: how many it has, where that is known already.

    Raises:
        ValueError: for an unknown data set, or images too small for the net's stages.
    """
    info = dataset_info(dataset)
    size = info.image_size if image_size is None else image_size
    if min(height_and_width(size)) < config.smallest_image_size:
        given = "pixels a side" if isinstance(size, int) else "height and width"
        whose = f"the data's own; dataset = '{dataset}'" if image_size is None else given
        raise ValueError(
            f"image_size = {short_size(size)} ({whose}) is too small for this net's stem and "
            f"stages; the smallest that fits is {config.smallest_image_size}"
        )
    count = info.count_classes() if classes is None else classes
    try:
        return revise(config, in_channels=info.channels, num_classes=count, image_size=size)
    except ValueError as error:
        raise ValueError(explain(error)) from error


def suitable_image_size(configs: Sequence[ResNetConfig], dataset: str) -> int:
    """The image size for a race of `configs`: the data's own if all nets take it, else the smallest
    power of two from 16 on that they do.

    Raises:
        ValueError: for an unknown data set.
    """
    least = max((config.smallest_image_size for config in configs), default=1)
    own = dataset_info(dataset).image_size
    return own if least <= own else max(16, 1 << (least - 1).bit_length())
