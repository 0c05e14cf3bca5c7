"""Torchvision's data sets: read from a local folder, downloaded on request; no torch until then."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs

from resnet_viz.arch.fields import ImageSize
from resnet_viz.data.dataset import Dataset, DownloadError, Pixels, Split

FOLDER_VARIABLE = "RESNET_VIZ_DATA"


def data_folder() -> Path:
    """The folder for data sets: RESNET_VIZ_DATA, or one in the user's data directory."""
    folder = os.environ.get(FOLDER_VARIABLE)
    if folder:
        return Path(folder).expanduser().absolute()
    return Path(platformdirs.user_data_dir("resnet_viz", appauthor=False)) / "data"


@dataclass(frozen=True)
class TorchvisionDataset(Dataset):
    """A data set of the class `kind` of torchvision.datasets, in the folder where torchvision puts
    it.

    `files` of that folder show that it is there; torchvision compares checksums when it reads
    them.
    """

    kind: str
    files: tuple[str, ...]
    megabytes: int

    def open(self, split: Split, image_size: ImageSize | None = None) -> Pixels:
        self.check_there()
        try:
            return self.read(Path(self.place), split)
        except Exception as error:  # whatever readers raise of damaged files
            reason = " ".join(str(error).split())
            raise ValueError(
                f"dataset = '{self.name}' in {self.place} cannot be read: "
                f"{reason or type(error).__name__}"
            ) from error

    def read(self, folder: Path, split: Split) -> Pixels:
        """The images and labels as torchvision's CIFAR classes hold them: `data` [N, H, W, C] and
        `targets`."""
        part = self.torchvision(folder, train=split == "train")
        images = part.data.transpose(0, 3, 1, 2)
        return Pixels(images, np.asarray(part.targets, np.int64))

    def torchvision(self, folder: Path, **options: Any) -> Any:
        """Torchvision's data set, of the part that `options` choose."""
        import torchvision.datasets

        return getattr(torchvision.datasets, self.kind)(folder, **options)

    @property
    def place(self) -> str:
        folder = data_folder()
        return str(folder) if all((folder / file).exists() for file in self.files) else ""

    @property
    def download_megabytes(self) -> int:
        return self.megabytes

    def check_there(self) -> None:
        if not self.place:
            raise ValueError(
                f"dataset = '{self.name}' is not in {data_folder()}; python -m resnet_viz data "
                f"{self.name} --download fetches it ({self.megabytes} MB), or {self._otherwise}"
            )

    def download(self) -> None:
        folder = data_folder()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self.fetch(folder)
        except (OSError, RuntimeError) as error:
            reason = " ".join(str(getattr(error, "reason", error)).split())
            raise DownloadError(
                f"{self.title} cannot be downloaded to {folder} ({reason}); where there is no "
                f"network, {self._otherwise}"
            ) from error

    def fetch(self, folder: Path) -> None:
        """Download both parts into `folder`."""
        self.torchvision(folder, download=True)

    @property
    def _otherwise(self) -> str:
        return f"set {FOLDER_VARIABLE} to a folder that has {self.files[0]}"
