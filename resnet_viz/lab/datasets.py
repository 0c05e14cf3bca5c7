"""The data sets there are, and how a config adapts to one; neither torch nor numpy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from resnet_viz.arch.config import ResNetConfig, explain, revise, unknown_name


@dataclass(frozen=True, slots=True)
class DatasetInfo:
    """What is known of a data set without loading it; `image_size` is pixels a side."""

    channels: int
    classes: int
    image_size: int
    images: int
    source: str


DATASETS: Mapping[str, DatasetInfo] = MappingProxyType(
    {
        "digits": DatasetInfo(
            channels=1,
            classes=10,
            image_size=8,
            images=1797,
            source="handwritten digits of scikit-learn (load_digits; UCI, Alpaydin & Kaynak 1998)",
        )
    }
)


def dataset_info(name: str) -> DatasetInfo:
    """The data set called `name`.

    Raises:
        ValueError: for an unknown name, with near ones suggested.
    """
    if name not in DATASETS:
        raise ValueError(unknown_name("dataset", name, tuple(DATASETS)))
    return DATASETS[name]


def adapt(config: ResNetConfig, dataset: str, image_size: int | None = None) -> ResNetConfig:
    """`config` with the data set's channels and classes, and its image size or the one given.

    Raises:
        ValueError: for an unknown data set, or images too small for the net's stages.
    """
    info = dataset_info(dataset)
    size = info.image_size if image_size is None else image_size
    if size < config.smallest_image_size:
        whose = f"the data's own; dataset = '{dataset}'" if image_size is None else "pixels a side"
        raise ValueError(
            f"image_size = {size} ({whose}) is too small for this net's stem and stages; "
            f"the smallest that fits is {config.smallest_image_size}"
        )
    try:
        return revise(config, in_channels=info.channels, num_classes=info.classes, image_size=size)
    except ValueError as error:
        raise ValueError(explain(error)) from error


def suitable_image_size(configs: Sequence[ResNetConfig], dataset: str) -> int:
    """Pixels a side for a race of `configs`: the data's own where all nets take it, else the
    smallest power of two from 16 on that they do.

    Raises:
        ValueError: for an unknown data set.
    """
    least = max((config.smallest_image_size for config in configs), default=1)
    own = dataset_info(dataset).image_size
    return own if least <= own else max(16, 1 << (least - 1).bit_length())
