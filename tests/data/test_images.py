"""Normalisation, subsets, minibatches, augmentation: against numpy and torchvision."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch
from torchvision.transforms.v2 import functional as vision

from resnet_viz.data import datasets as folder
from resnet_viz.data.dataset import fixed_order
from resnet_viz.data.registry import dataset_info, datasets
from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.training import tensors as images_module
from resnet_viz.training.loop import train
from resnet_viz.training.minibatches import batch_indices, crop_and_flip, minibatches
from resnet_viz.training.tensors import held_out, load
from tests.labs import TINY, tiny_spec

CPU = torch.device("cpu")


def test_images_are_normalised_by_the_training_part() -> None:
    train_part, test_part = (dataset_info("digits").open(split) for split in ("train", "test"))
    pixels = train_part.images.astype(np.float64)
    mean, std = pixels.mean(), pixels.std()
    data = load("digits")
    np.testing.assert_allclose(data.images, (pixels - mean) / std, rtol=1e-5, atol=1e-6)
    order = fixed_order(len(test_part.labels))
    images, labels = held_out("digits", data, 8)
    expected = (test_part.images.astype(np.float64) - mean) / std
    np.testing.assert_allclose(images, expected[order], rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(labels, test_part.labels[order])


def test_normalisation_is_by_channel_and_survives_a_constant_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(images_module, "_CHUNK", 7)
    random = np.random.default_rng(0)
    pixels = random.integers(0, 256, (50, 3, 4, 4), np.uint8)
    pixels[:, 1] = 9
    mean, std = images_module._moments(pixels)
    np.testing.assert_allclose(mean[:, 0, 0], pixels.mean((0, 2, 3)), rtol=1e-6)
    expected = pixels.std((0, 2, 3))
    np.testing.assert_allclose(std[:, 0, 0], np.where(expected > 0, expected, 1), rtol=1e-6)


def test_a_subset_is_part_of_a_larger_one_and_keeps_the_normalisation() -> None:
    whole, large, small = load("digits"), load("digits", subset=300), load("digits", subset=100)
    assert (len(large), len(small)) == (300, 100)
    assert torch.equal(large.pixels[:100], small.pixels)
    assert torch.equal(whole.mean, small.mean)
    assert len({image.numpy().tobytes() for image in large.pixels}) == 300
    seen = set(np.concatenate([batch_indices(0, step, 32, 100) for step in range(60)]))
    assert seen == set(range(100))
    with pytest.raises(ValueError, match="subset = 1501 is more than the 1500"):
        load("digits", subset=1501)


def test_held_out_images_are_at_most_a_thousand_and_resized(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    images, labels = held_out("digits", load("digits"), 12)
    assert images.shape == (297, 1, 12, 12)
    monkeypatch.setattr(images_module, "MOST_HELD_OUT", 50)
    fewer, fewer_labels = held_out("digits", load("digits"), 12)
    assert torch.equal(fewer, images[:50])
    assert torch.equal(fewer_labels, labels[:50])


def test_large_sets_stay_on_the_host_and_give_the_same_minibatches(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def first() -> list[torch.Tensor]:
        return [b[0] for b in islice(minibatches(load("digits"), 8, 0, 8, torch.device("meta")), 1)]

    assert first()[0].device.type == "meta"
    data = load("digits")
    assert data.on(torch.device("meta")).pixels.device.type == "meta"
    monkeypatch.setattr(images_module, "SMALL_BYTES", 1000)
    assert data.on(torch.device("meta")) is data
    assert first()[0].device.type == "meta", "each minibatch is copied"


def test_augmented_minibatches_depend_on_seed_and_step_alone() -> None:
    def batches(seed: int) -> list[torch.Tensor]:
        made = minibatches(load("digits"), 32, seed, 8, CPU, augment="crop_flip")
        return [images for images, _ in islice(made, 3)]

    torch.manual_seed(1)
    one = batches(0)
    state = torch.random.get_rng_state()
    torch.manual_seed(2)
    assert all(map(torch.equal, one, batches(0)))
    torch.manual_seed(1)
    assert torch.equal(state, torch.random.get_rng_state()), "torch's random numbers stay"
    assert not torch.equal(one[0], batches(1)[0])
    plain = next(minibatches(load("digits"), 32, 0, 8, CPU))[0]
    assert not torch.equal(one[0], plain)


@pytest.mark.parametrize(
    "shape", [(64, 3, 32, 32), (64, 1, 8, 8), (64, 1, 28, 28), (64, 1, 16, 24)]
)
def test_each_augmented_image_is_a_crop_of_the_framed_one_that_torchvision_makes(
    shape: tuple[int, ...],
) -> None:
    pixels = torch.from_numpy(np.random.default_rng(0).integers(0, 256, shape, np.uint8))
    height, width = shape[-2:]
    tops, lefts = (range(2 * (side // 8) + 1) for side in (height, width))
    seen: list[tuple[int, int, bool]] = []
    for image, made in zip(pixels, crop_and_flip(pixels, 3, 5), strict=True):
        framed = vision.pad(image, [width // 8, height // 8])
        crops = {
            (top, left, flip): vision.crop(framed, top, left, height, width)
            for top in tops
            for left in lefts
            for flip in (False, True)
        }
        seen += [
            key
            for key, crop in crops.items()
            if torch.equal(made, vision.horizontal_flip(crop) if key[2] else crop)
        ]
    assert len(seen) == len(pixels)
    assert 20 < sum(flip for *_, flip in seen) < 44
    assert {top for top, *_ in seen} == set(tops)
    assert {left for _, left, _ in seen} == set(lefts)


@pytest.mark.parametrize("size", [(12, 8), (8, 12), (5, 20)])
def test_images_get_a_height_and_a_width_as_by_torchvision(size: tuple[int, int]) -> None:
    images, labels = next(minibatches(load("digits"), 4, 0, size, CPU))
    own, same_labels = next(minibatches(load("digits"), 4, 0, 8, CPU))
    assert torch.equal(labels, same_labels)
    torch.testing.assert_close(images, vision.resize(own, list(size), antialias=True))
    records = list(train(tiny_spec(image_size=size, steps=2, augment="crop_flip")))
    assert all(np.isfinite(record.loss) for record in records)


@pytest.mark.usefixtures("_stripes")
def test_a_data_set_is_one_file() -> None:
    """Nothing else names it: it is listed, described, adapted to and trained on."""
    spec = tiny_spec(config=TINY, dataset="stripes", batch_size=8, steps=30, lr=0.1)
    assert "stripes" in datasets()
    assert (spec.adapted.num_classes, spec.adapted.image_size) == (2, 6)
    assert [record.loss for record in train(spec)][-1] < 0.1
    with pytest.raises(ValueError, match="batch_size = 41 is more than the 40"):
        RunSpec(config=TINY, dataset="stripes", batch_size=41)


@pytest.fixture
def _stripes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    (tmp_path / "stripes_of_a_test.py").write_text(
        """
import numpy as np
from resnet_viz.data.dataset import Dataset, Pixels

class _Stripes(Dataset):
    def open(self, split, image_size=None):
        labels = np.arange(self.train if split == "train" else self.test) % 2
        stripes = np.tile(np.arange(6) % 2, (6, 1))
        images = np.where(labels[:, None, None], stripes, stripes.T)
        return Pixels(255 * images[:, None].astype(np.uint8), labels)

DATASET = _Stripes("stripes", "Stripes", 1, 2, 6, 40, 10, "a test", "none")
"""
    )
    monkeypatch.setattr(folder, "__path__", [*folder.__path__, str(tmp_path)])
    datasets.cache_clear()
    yield
    datasets.cache_clear()
