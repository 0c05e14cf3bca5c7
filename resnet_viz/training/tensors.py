"""A data set's images as tensors, normalised by its training part."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from resnet_viz.arch.fields import ImageSize, height_and_width
from resnet_viz.data.dataset import Pixels, Split, check_enough, fixed_order, unreadable_sentence
from resnet_viz.data.registry import dataset_info

SMALL_BYTES = 1 << 30
"""Images up to here stay on the device that trains; a minibatch at a time is copied of others."""
MOST_HELD_OUT = 1000
_CHUNK = 1024


@dataclass(frozen=True, eq=False, slots=True)
class Images:
    """Images as they are stored, in a quarter of float32's memory, and how they are normalised.

    `pixels` [N, C, H, W] and `labels` [N]; `mean` and `std` [C, 1, 1] are those of all pixels of
    the whole training part, by channel.
    """

    pixels: Tensor
    labels: Tensor
    mean: Tensor
    std: Tensor

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def images(self) -> Tensor:
        """All of them, float32, normalised."""
        return self.normalised(self.pixels)

    def normalised(self, pixels: Tensor) -> Tensor:
        """Float32 with mean 0 and variance 1 over the training part, on the pixels' device."""
        return (pixels.float() - self.mean.to(pixels.device)) / self.std.to(pixels.device)

    def chosen(self, places: NDArray[np.int64]) -> Images:
        """Those at `places`."""
        where = torch.from_numpy(places).to(self.labels.device)
        return replace(self, pixels=self.pixels[where], labels=self.labels[where])

    def first(self, count: int) -> Images:
        """At most `count` of them, in an order that is the same in every run."""
        return self.chosen(fixed_order(len(self))[:count])

    def on(self, device: torch.device) -> Images:
        """On `device` where they are small, else where they are."""
        if self.pixels.nbytes > SMALL_BYTES:
            return self
        moved = (t.to(device) for t in (self.pixels, self.labels, self.mean, self.std))
        return Images(*moved)


def load(
    dataset: str,
    image_size: ImageSize | None = None,
    subset: int | None = None,
    *,
    classes: int | None = None,
    batch_size: int = 1,
) -> Images:
    """The training part of a data set, on the CPU.

    Files that cannot be read are left out, with a warning that names them.

    Args:
        dataset: its name.
        image_size: the size that will be needed; the images keep their own size all the same, but
            for those of a folder.
        subset: how many of them, in an order that is the same in every run, so that a smaller
            subset is part of a larger one.
        classes: how many it must have.
        batch_size: how many images there must be.

    Raises:
        ValueError: for an unknown name, missing or damaged files, other classes or too few images.
    """
    there = dataset_info(dataset).count_classes()
    if classes not in (None, there):
        raise ValueError(f"classes = {classes}, but dataset = '{dataset}' now has {there}")
    part = _open(dataset, "train", image_size)
    count = len(part.labels)
    check_enough(dataset, count, subset, batch_size)
    whole = Images(*map(_tensor, (part.images, part.labels, *_moments(part.images))))
    return whole if subset is None else whole.chosen(fixed_order(count)[:subset])


def held_out(dataset: str, training: Images, image_size: ImageSize) -> tuple[Tensor, Tensor]:
    """Images [N, C, H, W] of `image_size` and labels [N] that training never sees.

    At most 1,000 of the test part, the same in every run, normalised as `training` is, on the CPU.

    Raises:
        ValueError: where there are none.
    """
    some = held_out_part(dataset, training, image_size)
    if some is None:
        raise ValueError(f"dataset = '{dataset}' has no images held out for testing")
    return resized(some.images, image_size), some.labels


def held_out_part(dataset: str, training: Images, image_size: ImageSize) -> Images | None:
    """The same images as they are stored, and how they are normalised; None where there are none.

    Raises:
        ValueError: for missing or damaged files.
    """
    part = _open(dataset, "test", image_size)
    everything = replace(training, pixels=_tensor(part.images), labels=_tensor(part.labels))
    return everything.first(MOST_HELD_OUT) if len(part.labels) else None


def portions(data: Images, size: ImageSize, at_once: int) -> Iterator[tuple[Tensor, Tensor]]:
    """All images, float32, normalised and resized to `size`, at most `at_once` at a time.

    The portions differ by one image at most: none is too small for a norm over it.
    """
    count = max(1, -(-len(data) // at_once))
    parts = (torch.tensor_split(tensor, count) for tensor in (data.pixels, data.labels))
    for pixels, labels in zip(*parts, strict=True):
        yield resized(data.normalised(pixels), size), labels


def resized(images: Tensor, size: ImageSize) -> Tensor:
    """Float images bilinearly resized to `size`, without aliasing."""
    shape = height_and_width(size)
    if images.shape[-2:] == shape:
        return images
    return functional.interpolate(images, size=shape, mode="bilinear", antialias=True)


def _open(dataset: str, split: Split, image_size: ImageSize | None) -> Pixels:
    part = dataset_info(dataset).open(split, image_size)
    if part.unreadable:
        warnings.warn(unreadable_sentence(dataset, part), stacklevel=4)
    return part


def _tensor(array: NDArray[Any]) -> Tensor:
    """Of the array's memory where it is in order and may be written to, else of a copy."""
    return torch.from_numpy(np.require(array, requirements=("C", "W")))


def _moments(
    images: NDArray[np.uint8] | NDArray[np.float32],
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Mean and standard deviation by channel [C, 1, 1]; 1 for a channel that is the same all over.

    In float64 and by parts: the squares of a large set's pixels take eight times its memory.
    """
    chunks = range(0, len(images), _CHUNK)
    count = images.size / images.shape[1]
    mean = sum(images[i : i + _CHUNK].sum((0, 2, 3), dtype=np.float64) for i in chunks) / count
    mean = np.asarray(mean)[:, None, None]
    squares = sum(np.square(images[i : i + _CHUNK] - mean).sum((0, 2, 3)) for i in chunks)
    std = np.sqrt(np.asarray(squares) / count)[:, None, None]
    return mean.astype(np.float32), np.where(std > 0, std, 1).astype(np.float32)
