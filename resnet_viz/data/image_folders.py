"""Listing of a folder of images: its classes, its parts, and what is left out. No image is opened.

A sub-folder is a class, as torchvision's ImageFolder has it. Where there are folders for training
and for testing, in any spelling, each holds the classes; else some of each class are for testing.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from resnet_viz.data.dataset import fixed_order, named_some
from resnet_viz.data.pictures import ENDINGS

TRAINING_FOLDERS = ("train", "training")
TEST_FOLDERS = ("test", "testing", "val", "valid", "validation")
_HELD_OUT = 6
"""Of each class every sixth image is for testing, and one where it has three or more."""
_FEWEST_TO_PART = 3
_SYSTEMS = ("__macosx", "@eadir", "$recycle.bin", "system volume information")
"""Folders that systems put beside images."""

Files = Sequence[tuple[Path, int]]


@dataclass(frozen=True)
class Listing:
    """Images with their labels in each part, the classes' names, and remarks on what is left
    out."""

    classes: Sequence[str]
    train: Files
    test: Files
    remarks: Sequence[str]


@dataclass
class _LeftOut:
    """Files in a folder that are no image of a class, by the reason why they are left out."""

    root: Path
    endings: list[str] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    nested: Counter[str] = field(default_factory=Counter)

    def name(self, path: str) -> str:
        return os.path.relpath(path, self.root)

    def remarks(self) -> Iterator[str]:
        """Remarks, a sentence for each kind."""
        if self.endings:
            kinds = sorted({Path(name).suffix.lower() or "none" for name in self.endings})
            yield (
                f"left out by their endings ({', '.join(kinds[:8])}): {named_some(self.endings)}; "
                f"allowed: {', '.join(ENDINGS)}"
            )
        if any(name.lower().endswith((".heic", ".heif")) for name in self.endings):
            yield "HEIC pictures cannot be read; save them as JPEG to have them in"
        for names, why in (
            (self.hidden, "left out because hidden or a system's"),
            (self.outside, "left out because outside the classes' folders"),
            (self.links, "left out because links to folders are not followed"),
            (self.others, "left out because not files"),
        ):
            if names:
                yield f"{why}: {named_some(names)}"
        if self.nested:
            folders = [f"{name} ({count})" for name, count in sorted(self.nested.items())]
            yield f"images in folders inside a class count as the class's: {named_some(folders)}"


def look_through(folder: str) -> Listing:
    """The listing of a folder of images.

    Raises:
        ValueError: where it cannot be read, has fewer than two classes, a class without an image
            to train on, or one to test on that is not trained on.
    """
    root = Path(folder)
    left = _LeftOut(root)
    train, test = parts(folder)
    if test is not None:
        _note_others(root, {train.name, test.name}, left)
    names = classes(train, folder)
    labels = {name: label for label, name in enumerate(names)}
    images = list(_images(train, labels, left))
    _check_trained(images, names, folder)
    if test is None:
        learnt, held_out = _parted(images, len(names))
    else:
        learnt, held_out = images, list(_images(test, _labels_in(test, folder, labels), left))
    return Listing(names, learnt, held_out, tuple(left.remarks()))


def parts(folder: str) -> tuple[Path, Path | None]:
    """The folders of the parts: for training, and for testing if it has its own."""
    root = Path(folder)
    below = {name.lower(): root / name for name in reversed(_folders(root, folder))}
    trains = [below[name] for name in TRAINING_FOLDERS if name in below]
    tests = [below[name] for name in TEST_FOLDERS if name in below]
    if trains and tests:
        return trains[0], tests[0]
    if trains and len(below) == 1 and len(_folders(trains[0], folder)) > 1:
        return trains[0], None
    return root, None


def classes(place: Path, folder: str) -> list[str]:
    """The names of the classes' folders, sorted; hidden ones are no class."""
    names = _folders(place, folder)
    if len(names) < 2:
        inside = f"{folder}/{names[0]}" if names else ""
        is_nested = names and len(_folders(Path(inside), inside)) > 1
        hint = f"; did you mean folder:{inside}?" if is_nested else ""
        raise ValueError(
            f"dataset = 'folder:{folder}' has {'one sub-folder' if names else 'no sub-folders'}; "
            f"allowed: at least two, one for each class{hint}"
        )
    return names


def _folders(place: Path, folder: str) -> list[str]:
    try:
        with os.scandir(place) as entries:
            return sorted(e.name for e in entries if e.is_dir() and not _is_hidden(e.name))
    except OSError as error:
        raise ValueError(f"dataset = 'folder:{folder}' cannot be read: {error.strerror}") from error


def _is_hidden(name: str) -> bool:
    return name.startswith(".") or name.lower() in _SYSTEMS


def _labels_in(place: Path, folder: str, labels: Mapping[str, int]) -> Mapping[str, int]:
    """The labels of the folders for testing, which may be spelt otherwise than those for training.

    Raises:
        ValueError: for a class that is not trained on.
    """
    loose = {name.lower(): label for name, label in labels.items()}
    labels_of_names: dict[str, int] = {}
    for name in _folders(place, folder):
        label = labels.get(name, loose.get(name.lower()))
        if label is None:
            raise ValueError(
                f"dataset = 'folder:{place}' has the class {name!r}, for which there are no "
                f"images to train on; allowed: {', '.join(list(labels)[:20])}"
            )
        labels_of_names[name] = label
    return labels_of_names


def _check_trained(files: Files, names: Sequence[str], folder: str) -> None:
    trained = {label for _, label in files}
    for label, name in enumerate(names):
        if label not in trained:
            raise ValueError(
                f"dataset = 'folder:{folder}' has no image to train on in the sub-folder {name!r}; "
                f"allowed: {', '.join(ENDINGS)}"
            )


def _parted(files: Files, count: int) -> tuple[Files, Files]:
    """The images parted class by class, in an order that is the same in every run."""
    learnt, held_out = list[tuple[Path, int]](), list[tuple[Path, int]]()
    of_class: list[list[tuple[Path, int]]] = [[] for _ in range(count)]
    for file in files:
        of_class[file[1]].append(file)
    for images in of_class:
        least = 1 if len(images) >= _FEWEST_TO_PART else 0
        part = max(len(images) // _HELD_OUT, least)
        shuffled = [images[place] for place in fixed_order(len(images))]
        held_out += shuffled[:part]
        learnt += shuffled[part:]
    return learnt, held_out


def _note_others(place: Path, known: Container[str], left: _LeftOut) -> None:
    """What lies beside the folders of the parts, or of the classes."""
    with os.scandir(place) as entries:
        for entry in sorted(entries, key=lambda e: e.name):
            if entry.name not in known:
                where = left.hidden if _is_hidden(entry.name) else left.outside
                where.append(left.name(entry.path))


def _images(place: Path, labels: Mapping[str, int], left: _LeftOut) -> Iterator[tuple[Path, int]]:
    """The images of each class, however deep, sorted."""
    _note_others(place, labels, left)
    for name, label in labels.items():
        for file in _walk(str(place / name), left, depth=0):
            yield Path(file), label


def _walk(folder: str, left: _LeftOut, depth: int) -> Iterator[str]:
    """The images in a class's folder; what is not taken is noted."""
    with os.scandir(folder) as entries:
        ordered = sorted(entries, key=lambda entry: entry.name)
    for entry in ordered:
        if _is_hidden(entry.name):
            left.hidden.append(left.name(entry.path))
        elif entry.is_dir():
            if entry.is_symlink():
                left.links.append(left.name(entry.path))
            else:
                yield from _walk(entry.path, left, depth + 1)
        elif not entry.name.lower().endswith(ENDINGS):
            left.endings.append(left.name(entry.path))
        elif entry.is_file():
            if depth:
                left.nested[left.name(folder)] += 1
            yield entry.path
        else:  # a pipe is never read
            left.others.append(left.name(entry.path))
