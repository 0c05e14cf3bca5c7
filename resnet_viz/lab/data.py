"""Images by name, and minibatches that depend on seed and step alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import util
from pathlib import Path
from types import MappingProxyType

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from resnet_viz.lab.datasets import dataset_info


@dataclass(frozen=True, eq=False, slots=True)
class Images:
    """A whole data set: `images` [N, C, H, W] float32 with mean 0 and variance 1, `labels` [N]."""

    images: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)


def load(dataset: str) -> Images:
    """A data set on the CPU, normalised by the mean and standard deviation of all its pixels.

    Raises:
        ValueError: for an unknown name.
    """
    dataset_info(dataset)
    return _LOADERS[dataset]()


def _digits() -> Images:
    rows = torch.from_numpy(np.loadtxt(_digits_file(), np.float32, delimiter=","))
    grey = rows[:, :-1].reshape(-1, 1, 8, 8)
    return Images((grey - grey.mean()) / grey.std(), rows[:, -1].long())


_LOADERS: Mapping[str, Callable[[], Images]] = MappingProxyType({"digits": _digits})


def _digits_file() -> Path:
    """What `sklearn.datasets.load_digits` reads: importing it takes seconds of a run's start."""
    package = util.find_spec("sklearn")
    if package is None or package.origin is None:
        raise ModuleNotFoundError("dataset = 'digits' needs scikit-learn, which is not installed")
    return Path(package.origin).parent / "datasets" / "data" / "digits.csv.gz"


def batch_indices(seed: int, step: int, batch_size: int, images: int) -> NDArray[np.int64]:
    """Which images step `step` sees [batch_size]: no torch generator, so the same everywhere.

    Each epoch has a permutation of its own; its last incomplete minibatch is left out.
    """
    epoch, place = divmod(step, images // batch_size)
    order = np.random.default_rng((seed, epoch)).permutation(images)
    return order[place * batch_size : (place + 1) * batch_size]


def minibatches(
    data: Images, batch_size: int, seed: int, image_size: int, device: torch.device
) -> Iterator[tuple[Tensor, Tensor]]:
    """Without end: images [batch_size, C, image_size, image_size] and labels, on `device`.

    Images of another size are resized bilinearly, a minibatch at a time to save memory.
    """
    images, labels = data.images.to(device), data.labels.to(device)
    step = 0
    while True:
        chosen = torch.from_numpy(batch_indices(seed, step, batch_size, len(data))).to(device)
        yield _resized(images[chosen], image_size), labels[chosen]
        step += 1


def _resized(images: Tensor, size: int) -> Tensor:
    if images.shape[-1] == size:
        return images
    return functional.interpolate(images, size=(size, size), mode="bilinear", antialias=True)
