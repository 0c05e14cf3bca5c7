"""Dataset: what is known of a data set before it is read, and the Pixels that reading gives; no
torch."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray

from resnet_viz.arch.fields import ImageSize
from resnet_viz.text import printable

Split = Literal["train", "test"]
_MOST_NAMED = 5
Augment = Literal["none", "crop_flip"]


@dataclass(frozen=True, eq=False, slots=True)
class Pixels:
    """A part of a data set: `images` [N, C, H, W] and `labels` [N], as they were stored.

    `unreadable` names the files that were left out, `remarks` say what else was, and why.
    """

    images: NDArray[np.uint8] | NDArray[np.float32]
    labels: NDArray[np.int64]
    unreadable: Sequence[str] = ()
    remarks: Sequence[str] = ()


@dataclass(frozen=True)
class Dataset(ABC):
    """The description of a data set, and how to read it.

    `image_size` is pixels a side. `train` and `test` are the numbers of images in its two parts,
    which are the same in every run; they and `classes` are None where only its files tell.
    """

    name: str
    title: str
    channels: int
    classes: int | None
    image_size: int
    train: int | None
    test: int | None
    source: str
    licence: str

    @abstractmethod
    def open(self, split: Split, image_size: ImageSize | None = None) -> Pixels:
        """Read one part.

        Args:
            split: "train" or "test"; no image is in both.
            image_size: the size that will be needed: of use where each file has its own size.

        Raises:
            ValueError: where its files are missing or damaged.
        """

    @property
    def place(self) -> str:
        """The place of its files: a folder, "built in", or "" if it is not on this computer."""
        return "built in"

    @property
    def download_megabytes(self) -> int:
        """The size of its download; 0 if it cannot be downloaded."""
        return 0

    def offered(self) -> Sequence[str]:
        """The names to choose from: its own, or those of the folders that the owner has put in
        place."""
        return (self.name,)

    def check_there(self) -> None:
        """ValueError, which says how to get it, unless it can be opened without a network."""
        if not self.place:
            raise ValueError(f"dataset = '{self.name}' is not on this computer")

    def count_classes(self) -> int:
        """The number of its classes.

        Raises:
            ValueError: where only its files tell, and they are not there.
        """
        assert self.classes is not None  # or the source counts them
        return self.classes

    def count_training(self) -> int | None:
        """The number of its training images, unreadable ones included.

        Raises:
            ValueError: where only its files tell, and they are not there.
        """
        return self.train

    def check_images(self, image_size: ImageSize, batch_size: int, subset: int | None) -> None:
        """ValueError if its images cannot be trained on like this; only some of them are
        checked."""
        if self.train is not None:
            check_enough(self.name, self.train, subset, batch_size)

    def at(self, argument: str) -> Self:
        """The data set called `name:argument`.

        Raises:
            ValueError: where there is none; few data sets have an argument.
        """
        raise ValueError(f"dataset = '{self.name}' has nothing after its name")

    def download(self) -> None:
        """Download it, with the progress on standard error.

        Raises:
            ValueError: where there is nothing to fetch.
            DownloadError: where it cannot be had.
        """
        raise ValueError(f"dataset = '{self.name}' needs no download")


class DownloadError(RuntimeError):
    """A failed download of a data set; the message is a sentence for the user."""


def fixed_order(images: int) -> NDArray[np.int64]:
    """The fixed permutation that parts and subsets are taken from: the same in every run."""
    return np.random.default_rng(0).permutation(images)


def check_enough(dataset: str, images: int, subset: int | None, batch_size: int) -> None:
    """ValueError if there are fewer training images than were asked for."""
    if not images:
        raise ValueError(f"dataset = '{dataset}' has no training image that can be read")
    for field, least in (("subset", subset or 1), ("batch_size", batch_size)):
        if least > images:
            raise ValueError(
                f"{field} = {least} is more than the {images} training images of dataset = "
                f"'{dataset}'; at most {images} are allowed"
            )


def unreadable_sentence(dataset: str, part: Pixels) -> str:
    """A sentence such as "dataset = 'folder:/x': 2 of 90 files cannot be read and are left out: a,
    b"."""
    bad = len(part.unreadable)
    return printable(
        f"dataset = '{dataset}': {bad} of {bad + len(part.labels)} files cannot be read and "
        f"{'is' if bad == 1 else 'are'} left out: {named_some(part.unreadable)}"
    )


def remark_sentences(dataset: str, parts: Iterable[Pixels]) -> Sequence[str]:
    """Remarks on parts of a data set, in sentences: the files left out of each, and why."""
    parts = tuple(parts)
    bad = [unreadable_sentence(dataset, part) for part in parts if part.unreadable]
    others = dict.fromkeys(remark for part in parts for remark in part.remarks)
    return [*bad, *(printable(f"dataset = '{dataset}': {remark}") for remark in others)]


def named_some(names: Sequence[str]) -> str:
    """The first few names, and the number of the others."""
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return f"{', '.join(map(repr, names[:_MOST_NAMED]))}{more}"


def suitable_batch(images: int, default: int) -> int:
    """A batch size for so many training images: `default`, or for few images the power of two next
    to half of them.

    Two at least: batch norm has nothing to normalise one image by.
    """
    return default if images >= default else max(2, 1 << max(images // 2, 1).bit_length() - 1)
