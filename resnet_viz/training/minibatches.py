"""Minibatches that depend on seed and step alone: the same for every net, on every device."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from itertools import count
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from resnet_viz.arch.fields import ImageSize
from resnet_viz.data.dataset import Augment
from resnet_viz.training.tensors import Images, resized

_Made = TypeVar("_Made")
_AUGMENT_STREAM = 1  # keeps its random numbers apart from those of the order


def batch_indices(seed: int, step: int, batch_size: int, images: int) -> NDArray[np.int64]:
    """Which images step `step` sees [batch_size]: no torch generator, so the same everywhere.

    Each epoch has a permutation of its own; its last incomplete minibatch is left out.
    """
    epoch, place = divmod(step, images // batch_size)
    return _order(seed, epoch, images)[place * batch_size : (place + 1) * batch_size].copy()


@lru_cache(maxsize=2)
def _order(seed: int, epoch: int, images: int) -> NDArray[np.int64]:
    return np.random.default_rng((seed, epoch)).permutation(images)


def minibatches(
    data: Images,
    batch_size: int,
    seed: int,
    image_size: ImageSize,
    device: torch.device,
    *,
    augment: Augment = "none",
    first: int = 0,
) -> Iterator[tuple[Tensor, Tensor]]:
    """Without end, from step `first` on: images [batch_size, C, H, W] of `image_size` and labels,
    on `device`.

    Images of another size are resized bilinearly, a minibatch at a time to save memory. Of a set
    that is too large for a device, the next minibatch is put together while the device works on
    this one, in memory that CUDA copies from by itself.
    """
    data = data.on(device)

    def stored(step: int) -> tuple[Tensor, Tensor]:
        some = data.chosen(batch_indices(seed, step, batch_size, len(data)))
        if device.type == "cuda" and some.pixels.device.type == "cpu":
            return some.pixels.pin_memory(), some.labels.pin_memory()
        return some.pixels, some.labels

    is_apart = data.pixels.device.type != device.type
    steps = count(first)
    for step, batch in enumerate(_ahead(stored, steps) if is_apart else map(stored, steps), first):
        pixels, labels = (tensor.to(device, non_blocking=is_apart) for tensor in batch)
        if augment == "crop_flip":
            pixels = crop_and_flip(pixels, seed, step)
        yield resized(data.normalised(pixels), image_size), labels


def _ahead(make: Callable[[int], _Made], steps: Iterator[int]) -> Iterator[_Made]:
    """`make` of `steps`, each made in a thread while the one before is worked with."""
    with ThreadPoolExecutor(1, thread_name_prefix="minibatches") as pool:
        coming = pool.submit(make, next(steps))
        for step in steps:
            made, coming = coming.result(), pool.submit(make, step)
            yield made


def crop_and_flip(pixels: Tensor, seed: int, step: int) -> Tensor:
    """Each image [C, H, W] framed in black, cropped at random to its size, half of them mirrored.

    The frame is an eighth of the side: 4 pixels at 32, as in He et al. 2015, 4.2. What happens to
    which image depends on seed and step alone.
    """
    images, (height, width) = len(pixels), pixels.shape[-2:]
    above, beside = max(1, height // 8), max(1, width // 8)
    random = np.random.default_rng((seed, step, _AUGMENT_STREAM))
    top, left = (random.integers(0, 2 * frame + 1, (images, 1)) for frame in (above, beside))
    is_mirrored = random.random((images, 1)) < 0.5
    along = np.arange(width)
    rows, columns = top + np.arange(height), left + np.where(is_mirrored, along[::-1], along)
    places = (np.arange(images)[:, None, None], rows[:, :, None], columns[:, None, :])
    image, row, column = (torch.from_numpy(p).to(pixels.device) for p in places)
    framed = functional.pad(pixels, (beside, beside, above, above))
    return framed.permute(0, 2, 3, 1)[image, row, column].permute(0, 3, 1, 2)
