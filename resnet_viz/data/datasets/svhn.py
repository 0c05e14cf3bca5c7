"""Street View House Numbers, cropped digits, by torchvision."""

from importlib.util import find_spec
from pathlib import Path

from resnet_viz.data.dataset import Pixels, Split
from resnet_viz.data.downloads import TorchvisionDataset


class _SVHN(TorchvisionDataset):
    """Street View House Numbers: torchvision's class, which needs scipy."""

    def check_there(self) -> None:
        super().check_there()
        if find_spec("scipy") is None:
            raise ValueError(
                "dataset = 'svhn' has MATLAB's files, which scipy reads, and scipy is not there: "
                "pip install scipy"
            )

    def read(self, folder: Path, split: Split) -> Pixels:
        part = self.torchvision(folder, split=split)
        return Pixels(part.data, part.labels)

    def fetch(self, folder: Path) -> None:
        for split in ("train", "test"):
            self.torchvision(folder, split=split, download=True)


DATASET = _SVHN(
    name="svhn",
    title="SVHN (cropped digits)",
    channels=3,
    classes=10,
    image_size=32,
    train=73_257,
    test=26_032,
    source="Netzer et al. 2011, Reading Digits in Natural Images; without its extra part",
    licence="non-commercial use only",
    kind="SVHN",
    files=("train_32x32.mat", "test_32x32.mat"),
    megabytes=246,
)
