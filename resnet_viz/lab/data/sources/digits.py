"""scikit-learn's handwritten digits: small, and there without a network."""

from __future__ import annotations

from importlib import util
from pathlib import Path

import numpy as np

from resnet_viz.lab.data.dataset import Dataset, Pixels, Split, fixed_order


class _Digits(Dataset):
    def open(self, split: Split, image_size: int | None = None) -> Pixels:
        rows = np.loadtxt(_file(), np.uint8, delimiter=",")
        order = fixed_order(len(rows))
        chosen = order[: self.train] if split == "train" else order[self.train :]
        images = rows[chosen, :-1].reshape(-1, 1, 8, 8)
        return Pixels(images, rows[chosen, -1].astype(np.int64))


DATASET = _Digits(
    name="digits",
    title="Handwritten digits",
    channels=1,
    classes=10,
    image_size=8,
    train=1500,
    test=297,
    source="scikit-learn's load_digits (UCI, Alpaydin & Kaynak 1998); the parts are ours",
    licence="CC BY 4.0",
)


def _file() -> Path:
    """What `sklearn.datasets.load_digits` reads: importing it takes seconds of a run's start."""
    package = util.find_spec("sklearn")
    if package is None or package.origin is None:
        raise ModuleNotFoundError("dataset = 'digits' needs scikit-learn, which is not installed")
    return Path(package.origin).parent / "datasets" / "data" / "digits.csv.gz"
