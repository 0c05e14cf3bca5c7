"""Images on another computer: known by name from an imported run, and unreadable here.

A race that is brought in may have trained on a folder of images. Its path says where that folder
was on the other computer, and must not make this one look there: it is a name and no more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any

from resnet_viz.arch.fields import ImageSize
from resnet_viz.data.dataset import Dataset, Pixels, Split

NAME = "elsewhere"
_FOLDER = "folder"
_MOST_CHARACTERS = 100


@dataclass(frozen=True)
class _Elsewhere(Dataset):
    """A folder of images on another computer; the run that it belongs to says its `classes`."""

    def at(self, argument: str) -> _Elsewhere:
        if not argument.isprintable() or len(argument) > _MOST_CHARACTERS:
            raise ValueError(
                f"dataset = '{NAME}:...' needs a name of at most {_MOST_CHARACTERS} characters"
            )
        return replace(self, name=f"{NAME}:{argument}")

    def offered(self) -> tuple[str, ...]:
        return ()

    @property
    def place(self) -> str:
        return ""

    def check_there(self) -> None:
        raise self._missing()

    def count_classes(self) -> int:
        raise self._missing()

    def open(self, split: Split, image_size: ImageSize | None = None) -> Pixels:
        raise self._missing()

    def _missing(self) -> ValueError:
        name = self.name.partition(":")[2]
        return ValueError(
            f"dataset = '{self.name}': the race came from another computer, which has the images "
            f"in a folder {name!r}; they are not on this one. Choose a data set that is here"
        )


ELSEWHERE = _Elsewhere(
    name=NAME,
    title="Images on another computer",
    channels=3,
    classes=None,
    image_size=32,
    train=None,
    test=None,
    source="a race that was brought in",
    licence="the images' own",
)


def sent_away(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """A spec's fields for another computer: of a folder of images only the name remains."""
    name = fields.get("dataset")
    if not isinstance(name, str):
        return fields
    head, colon, path = name.partition(":")
    if head.strip() != _FOLDER or not colon:
        return fields
    last = PurePosixPath(path.replace("\\", "/")).name
    shown_name = "".join(c for c in last if c.isprintable())[:_MOST_CHARACTERS]
    return {**fields, "dataset": f"{NAME}:{shown_name or 'images'}"}
