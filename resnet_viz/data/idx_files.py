"""IDX files (MNIST and others): torchvision's files, or those of a system's package."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from resnet_viz.data.dataset import Pixels, Split
from resnet_viz.data.downloads import TorchvisionDataset, data_folder

SYSTEM_FOLDER = Path("/usr/share/datasets")
_PARTS: tuple[Split, ...] = ("train", "test")
_MNIST_BEGINS = (5, 0, 4, 1, 9, 2, 1, 3)
"""The first labels to train on, of MNIST: other sets have files of the same names."""


@dataclass(frozen=True)
class IdxDataset(TorchvisionDataset):
    """A data set in LeCun's IDX files.

    They are looked for where torchvision puts them in the data folder, in a folder of the set's
    name there, in the data folder itself, and where Debian's packages put data sets.
    """

    @property
    def place(self) -> str:
        return next((str(place) for place in self._places() if self._is_in(place)), "")

    def read(self, folder: Path, split: Split) -> Pixels:
        """The images and labels, read without torchvision: it reads no compressed files and imports
        slowly."""
        images, labels = (_idx(file) for file in _files(folder, split) if file)
        return Pixels(images[:, np.newaxis], labels.astype(np.int64))

    def _places(self) -> Sequence[Path]:
        folder = data_folder()
        return folder / self.files[0], folder / self.name, folder, SYSTEM_FOLDER / self.name

    def _is_in(self, place: Path) -> bool:
        if not all(file for split in _PARTS for file in _files(place, split)):
            return False
        return place != data_folder() or _is_mnist(place) == (self.name == "mnist")


def _is_mnist(place: Path) -> bool:
    _, labels = _files(place, "train")
    try:
        return labels is not None and tuple(_idx(labels)[: len(_MNIST_BEGINS)]) == _MNIST_BEGINS
    except (OSError, EOFError, ValueError):  # which is said when it is opened
        return False


def _files(folder: Path, split: Split) -> tuple[Path | None, Path | None]:
    """Its images and labels, compressed or not; None for one that is not there."""
    part = "train" if split == "train" else "t10k"
    return (
        _either(folder / f"{part}-images-idx3-ubyte"),
        _either(folder / f"{part}-labels-idx1-ubyte"),
    )


def _either(file: Path) -> Path | None:
    return next((f for f in (file, file.with_name(f"{file.name}.gz")) if f.is_file()), None)


def _idx(file: Path) -> NDArray[np.uint8]:
    """An array in LeCun's IDX format: 0, 0, type 8 (uint8), dimensions, their sizes, the bytes."""
    stored = file.read_bytes()
    data = gzip.decompress(stored) if file.suffix == ".gz" else stored
    if data[:3] != b"\0\0\x08":
        raise ValueError(f"{file.name} does not begin as an IDX file of bytes does")
    shape = np.frombuffer(data, ">u4", data[3], 4)
    return np.frombuffer(data, np.uint8, offset=4 + 4 * data[3]).reshape(shape)
