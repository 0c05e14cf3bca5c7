"""A folder of the user's own images: a sub-folder a class, as torchvision's ImageFolder has it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from resnet_viz.lab.data.dataset import Dataset, Pixels, Split, fixed_order
from resnet_viz.lab.data.downloads import data_folder

if TYPE_CHECKING:
    from PIL import Image

# Those of torchvision.datasets.folder.
_ENDINGS = (".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp")
_TEST_FOLDERS = ("test", "val", "valid", "validation")
_LONGEST_PATH = 4096
_WIDE_FORMATS = ("PNG", "PPM")
"""Whose grey values have sixteen bits at most, also where Pillow keeps them in 32."""
_MOST_BYTES = 4_000_000_000
_Files = Sequence[tuple[Path, int]]


@dataclass(frozen=True)
class _Folder(Dataset):
    """Where it has sub-folders "train" and "test" (or "val"), those hold the classes of each part.

    Else each sixth image, in a fixed order of all, is for testing. Images become RGB squares: the
    middle of each, resized.
    """

    folder: str = ""

    def at(self, argument: str) -> _Folder:
        """The folder `argument`, whether it is there or not."""
        is_path = argument.strip() and "\0" not in argument and len(argument) <= _LONGEST_PATH
        if not is_path or argument != argument.encode(errors="ignore").decode():
            raise ValueError(_NO_PATH)
        folder = os.path.abspath(os.path.expanduser(argument))  # noqa: PTH100, PTH111  keeps links
        return replace(self, name=f"folder:{folder}", folder=folder)

    def offered(self) -> Sequence[str]:
        """The folders of images in the folder for data sets: with two sub-folders or more."""
        try:
            found = sorted(path for path in data_folder().iterdir() if _has_classes(path))
        except OSError:
            return ()
        return [f"folder:{path}" for path in found]

    @property
    def place(self) -> str:
        return self.folder if _is_folder(self.folder) else ""

    def check_there(self) -> None:
        self.count_classes()

    def count_classes(self) -> int:
        return len(_classes(self._parts()[0], self.folder))

    def open(self, split: Split, image_size: int | None = None) -> Pixels:
        size = image_size or self.image_size
        train, test = self._parts()
        names = {name: label for label, name in enumerate(_classes(train, self.folder))}
        if test is not None:
            files = self._training_files(names) if split == "train" else _files(test, names)
        else:
            everything = self._training_files(names)
            order = fixed_order(len(everything))
            held_out = len(order) // 6
            chosen = order[held_out:] if split == "train" else order[:held_out]
            files = [everything[place] for place in chosen]
        self._check_size(len(files), size)
        return _decode(files, size, Path(self.folder))

    def _parts(self) -> tuple[Path, Path | None]:
        """The folders of the classes: for training, and for testing where it has its own."""
        if not self.folder:
            raise ValueError(_NO_PATH)
        root = Path(self.folder)
        if not _is_folder(root):
            raise ValueError(f"dataset = '{self.name}': there is no such folder")
        tests = [root / name for name in _TEST_FOLDERS if _is_folder(root / name)]
        return (root / "train", tests[0]) if tests and _is_folder(root / "train") else (root, None)

    def _training_files(self, labels: Mapping[str, int]) -> _Files:
        files = _files(self._parts()[0], labels)
        empty = sorted(set(labels.values()) - {label for _, label in files})
        if empty:
            raise ValueError(
                f"dataset = '{self.name}' has no image to train on in the sub-folder "
                f"{list(labels)[empty[0]]!r}; allowed: {', '.join(_ENDINGS)}"
            )
        return files

    def _check_size(self, images: int, size: int) -> None:
        if images * 3 * size**2 > _MOST_BYTES:
            raise ValueError(
                f"dataset = '{self.name}' has {images:,} images, which at image_size = {size} take "
                f"{images * 3 * size**2 / 1e9:.0f} GB; allowed: {_MOST_BYTES / 1e9:.0f} GB"
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
    licence="that of the images",
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
        return folder.name[0] != "." and len(_classes(folder, str(folder))) >= 2
    except ValueError:
        return False


def _classes(folder: Path, root: str) -> list[str]:
    """The sub-folders' names, sorted; what is hidden is no class."""
    try:
        with os.scandir(folder) as entries:
            names = sorted(e.name for e in entries if e.is_dir() and e.name[0] != ".")
    except OSError as error:
        raise ValueError(f"dataset = 'folder:{root}' cannot be read: {error.strerror}") from error
    if len(names) < 2:
        raise ValueError(
            f"dataset = 'folder:{root}' has {'one sub-folder' if names else 'no sub-folders'}; "
            "allowed: at least two, one for each class"
        )
    return names


def _files(folder: Path, labels: Mapping[str, int]) -> _Files:
    """The images of each class with its label, however deep, sorted; no link is followed there."""
    extra = sorted(set(_classes(folder, str(folder))) - set(labels))
    if extra:
        raise ValueError(
            f"dataset = 'folder:{folder}' has the class {extra[0]!r}, for which there are no "
            f"images to train on; allowed: {', '.join(list(labels)[:20])}"
        )
    found: list[tuple[Path, int]] = []
    for name, label in labels.items():
        for place, _, files in sorted(os.walk(folder / name)):
            images = (Path(place, f) for f in sorted(files) if f.lower().endswith(_ENDINGS))
            found += [(file, label) for file in images if file.is_file()]  # pipes are never read
    return found


def _decode(files: _Files, size: int, root: Path) -> Pixels:
    images = np.empty((len(files), size, size, 3), np.uint8)
    labels: list[int] = []
    unreadable: list[str] = []
    for file, label in files:
        pixels = _square(file, size)
        if pixels is None:
            unreadable.append(str(file.relative_to(root)))
        else:
            images[len(labels)] = pixels
            labels.append(label)
    return Pixels(
        images[: len(labels)].transpose(0, 3, 1, 2), np.array(labels, np.int64), unreadable
    )


def _square(file: Path, size: int) -> NDArray[np.uint8] | None:
    """[size, size, 3]; None where Pillow cannot read the file."""
    from PIL import Image, ImageOps

    try:
        with Image.open(file) as image:
            square = ImageOps.fit(_rgb(image), (size, size), Image.Resampling.BILINEAR)
            return np.asarray(square)
    except Exception:  # noqa: BLE001  what Pillow raises on damaged files is of many kinds
        return None


def _rgb(image: Image.Image) -> Image.Image:
    """Eight bits a channel, of sixteen the upper ones: Pillow makes white of all above 255.

    Raises:
        ValueError: for grey values of 32 bits, of which nobody says what white is.
    """
    from PIL import Image

    is_wide = image.mode == "I" and image.format in _WIDE_FORMATS
    if image.mode.startswith("I;16") or is_wide:
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8)).convert("RGB")
    if image.mode in ("I", "F"):
        raise ValueError("grey values of 32 bits")
    return image.convert("RGB")
