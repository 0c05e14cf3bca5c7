"""Data sets made by hand, in the formats in which they are published."""

from __future__ import annotations

import gzip
import pickle
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

Part = tuple[NDArray[np.uint8], NDArray[np.int64]]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that is the only one where data sets are looked for."""
    place = tmp_path / "data sets"
    place.mkdir()
    monkeypatch.setenv("RESNET_VIZ_DATA", str(place))
    monkeypatch.setattr("resnet_viz.data.idx_files.SYSTEM_FOLDER", tmp_path / "none")
    return place


def random_part(count: int, shape: tuple[int, ...], classes: int, seed: int) -> Part:
    random = np.random.default_rng(seed)
    images = random.integers(0, 256, (count, *shape), np.uint8)
    return images, random.integers(0, classes, count)


def write_idx(file: Path, array: NDArray[np.uint8], *, is_compressed: bool) -> None:
    """http://yann.lecun.com/exdb/mnist: a magic number, big-endian sizes, bytes."""
    head = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">i4").tobytes()
    file.parent.mkdir(parents=True, exist_ok=True)
    data = head + array.tobytes()
    file.write_bytes(gzip.compress(data) if is_compressed else data)


def write_pickle(file: Path, value: object) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(pickle.dumps(value))


def write_image(file: Path, size: tuple[int, int], seed: int = 0) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), np.uint8)
    Image.fromarray(pixels).save(file)
