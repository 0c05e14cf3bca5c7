"""A folder of the user's own images: one sub-folder per class, as in torchvision's ImageFolder."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import prod
from pathlib import Path

import numpy as np

from resnet_viz.arch.fields import ImageSize, height_and_width, short_size
from resnet_viz.data.dataset import Dataset, Pixels, Split, check_enough
from resnet_viz.data.downloads import data_folder
from resnet_viz.data.image_folders import Files, Listing, classes, look_through, parts
from resnet_viz.data.pictures import can_be_read, middle
from resnet_viz.text import byte_size

_LONGEST_PATH = 4096
_MOST_BYTES = 4_000_000_000
_MOST_OPENED = 1024
"""Images that are opened before a run begins, besides one for each class."""


@dataclass(frozen=True)
class _Folder(Dataset):
    """A folder of images; if it has folders for training and testing, those hold the classes.

    Else a sixth of each class, in a fixed order, is for testing. Images become RGB: of each
    the largest middle part of the wanted shape, resized.
    """

    folder: str = ""

    def at(self, argument: str) -> _Folder:
        """The data set of the folder `argument`, whether it exists or not."""
        is_path = argument.strip() and "\0" not in argument and len(argument) <= _LONGEST_PATH
        if not is_path or argument != argument.encode(errors="ignore").decode():
            raise ValueError(_NO_PATH)
        folder = os.path.abspath(os.path.expanduser(argument))  # noqa: PTH100, PTH111  keeps links
        return replace(self, name=f"folder:{folder}", folder=folder)

    def offered(self) -> Sequence[str]:
        """The folders of images in the folder for data sets: those with two sub-folders or more."""
        try:
            folders = sorted(path for path in data_folder().iterdir() if _has_classes(path))
        except OSError:
            return ()
        return [f"folder:{path}" for path in folders]

    @property
    def place(self) -> str:
        return self.folder if _is_folder(self.folder) else ""

    def check_there(self) -> None:
        self.count_classes()

    def count_classes(self) -> int:
        self._check_folder()
        return len(classes(parts(self.folder)[0], self.folder))

    def count_training(self) -> int:
        return len(self._listing().train)

    def check_images(self, image_size: ImageSize, batch_size: int, subset: int | None) -> None:
        listing = self._listing()
        self._check_size(len(listing.train), image_size)
        check_enough(self.name, len(listing.train), subset, batch_size)
        readable: set[int] = set()
        for file, label in listing.train:
            if label not in readable and can_be_read(file):
                readable.add(label)
        self._check_classes(listing, readable)
        needed = min(max(batch_size, subset or 1), _MOST_OPENED)
        readable_files = 0
        for file, _ in listing.train:
            readable_files += can_be_read(file)
            if readable_files == needed:
                return
        check_enough(self.name, readable_files, subset, batch_size)

    def open(self, split: Split, image_size: ImageSize | None = None) -> Pixels:
        size = image_size or self.image_size
        listing = self._listing()
        files = listing.train if split == "train" else listing.test
        self._check_size(len(files), size)
        part = replace(_decode(files, size, Path(self.folder)), remarks=listing.remarks)
        if split == "train" and len(part.labels):
            self._check_classes(listing, set(part.labels.tolist()))
        return part

    def _check_folder(self) -> None:
        if not self.folder:
            raise ValueError(_NO_PATH)
        if not _is_folder(self.folder):
            raise ValueError(f"dataset = '{self.name}': there is no such folder")

    def _listing(self) -> Listing:
        self._check_folder()
        return look_through(self.folder)

    def _check_classes(self, listing: Listing, readable: set[int]) -> None:
        """ValueError where no image of a class can be read to train on."""
        for label, name in enumerate(listing.classes):
            if label not in readable:
                raise ValueError(
                    f"dataset = '{self.name}': no image to train on in the sub-folder {name!r} can "
                    "be read; mend its files, or take the sub-folder away"
                )

    def _check_size(self, images: int, size: ImageSize) -> None:
        needs = images * 3 * prod(height_and_width(size))
        if needs > _MOST_BYTES:
            raise ValueError(
                f"dataset = '{self.name}' has {images:,} images, which at image_size = "
                f"{short_size(size)} take {byte_size(needs)}; allowed: {byte_size(_MOST_BYTES)}"
            )


DATASET = _Folder(
    name="folder",
    title="A folder of images",
    channels=3,
    classes=None,
    image_size=32,
    train=None,
    test=None,
    source="a folder of your own, a sub-folder a class: folder:/path/to/it",
    licence="the images' own",
)
_NO_PATH = (
    "dataset = 'folder' needs a path; allowed: folder:/path, of at most 4096 characters of UTF-8, "
    "with a sub-folder for each class"
)


def _is_folder(path: str | Path) -> bool:
    """Also of a name that is too long for one, of which pathlib raises an error."""
    return os.path.isdir(path)  # noqa: PTH112


def _has_classes(folder: Path) -> bool:
    try:
        return folder.name[0] != "." and len(classes(parts(str(folder))[0], str(folder))) >= 2
    except ValueError:
        return False


def _decode(files: Files, size: ImageSize, root: Path) -> Pixels:
    images = np.empty((len(files), *height_and_width(size), 3), np.uint8)
    labels: list[int] = []
    unreadable: list[str] = []
    for file, label in files:
        pixels = middle(file, size)
        if pixels is None:
            unreadable.append(str(file.relative_to(root)))
        else:
            images[len(labels)] = pixels
            labels.append(label)
    return Pixels(
        images[: len(labels)].transpose(0, 3, 1, 2), np.array(labels, np.int64), unreadable
    )
