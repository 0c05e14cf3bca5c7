"""Gaussian noise with random labels: nothing to learn, only to memorise (Zhang et al. 2017)."""

import numpy as np

from resnet_viz.arch.fields import ImageSize
from resnet_viz.data.dataset import Dataset, Pixels, Split


class _Noise(Dataset):
    """Gaussian noise with random labels, drawn with a fixed seed."""

    def open(self, split: Split, image_size: ImageSize | None = None) -> Pixels:
        is_train = split == "train"
        count = self.train if is_train else self.test
        random = np.random.default_rng(0 if is_train else 1)
        shape = (count, self.channels, self.image_size, self.image_size)
        images = random.standard_normal(shape, np.float32)  # type: ignore[arg-type]
        return Pixels(images, random.integers(0, 10, count))


DATASET = _Noise(
    name="noise",
    title="Gaussian noise, random labels",
    channels=1,
    classes=10,
    image_size=8,
    train=1500,
    test=297,
    source="drawn once, in the shape of the digits; after Zhang et al. 2017, arXiv:1611.03530",
    licence="none needed",
)
