"""Handwritten digits: small and always available (digits.csv.gz, by CC BY 4.0)."""

import gzip
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from resnet_viz.arch.fields import ImageSize
from resnet_viz.data.dataset import Dataset, Pixels, Split, fixed_order

_FILE = Path(__file__).with_name("digits.csv.gz")


class _Digits(Dataset):
    """The handwritten digits that come with the package."""

    def open(self, split: Split, image_size: ImageSize | None = None) -> Pixels:
        images, labels = read_digits()
        order = fixed_order(len(labels))
        chosen = order[: self.train] if split == "train" else order[self.train :]
        return Pixels(images[chosen], labels[chosen])


DATASET = _Digits(
    name="digits",
    title="Handwritten digits",
    channels=1,
    classes=10,
    image_size=8,
    train=1500,
    test=297,
    source="UCI, Alpaydin & Kaynak 1998, as scikit-learn has it; the parts are ours",
    licence="CC BY 4.0",
)


@lru_cache(maxsize=1)
def read_digits() -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """The digits: images [1797, 1, 8, 8] of 0 to 16, and labels [1797]."""
    with gzip.open(_FILE, "rt") as lines:
        values = np.loadtxt(lines, dtype=np.uint8, delimiter=",")
    return values[:, :-1].reshape(-1, 1, 8, 8), values[:, -1].astype(np.int64)
