"""Fashion-MNIST: torchvision's files, or those of Debian's package dataset-fashion-mnist."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from resnet_viz.lab.data.dataset import Pixels, Split
from resnet_viz.lab.data.downloads import TorchvisionDataset, data_folder

_DEBIAN = Path("/usr/share/datasets/fashion-mnist")
_PARTS: tuple[Split, ...] = ("train", "test")


class _FashionMNIST(TorchvisionDataset):
    @property
    def place(self) -> str:
        folder = data_folder()
        for place in (folder / "FashionMNIST" / "raw", folder / "fashion-mnist", folder, _DEBIAN):
            if all(file for split in _PARTS for file in _files(place, split)):
                return str(place)
        return ""

    def read(self, folder: Path, split: Split) -> Pixels:
        """Without torchvision, which knows no compressed files and takes a second to import."""
        images, labels = (_idx(file) for file in _files(folder, split) if file)
        return Pixels(images[:, np.newaxis], labels.astype(np.int64))


DATASET = _FashionMNIST(
    name="fashion-mnist",
    title="Fashion-MNIST",
    channels=1,
    classes=10,
    image_size=28,
    train=60_000,
    test=10_000,
    source="Zalando Research, Xiao et al. 2017, arXiv:1708.07747",
    licence="MIT",
    kind="FashionMNIST",
    files=("FashionMNIST/raw",),
    megabytes=31,
)


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
