"""A folder of images against torchvision's ImageFolder."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import torchvision
from PIL import Image
from torchvision.transforms import v2

from resnet_viz.arch.config import explain
from resnet_viz.data.pictures import middle
from resnet_viz.data.registry import dataset_info, datasets, offered
from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.training.loop import train
from resnet_viz.training.tensors import held_out, load
from tests.data.conftest import write_image
from tests.labs import TINY

CLASSES = ("bird", "Cat", "dog")


@pytest.fixture
def pets(tmp_path: Path) -> Path:
    """Three classes of eight images, in several formats, some deeper."""
    root = tmp_path / "my pets"
    for label, name in enumerate(CLASSES):
        for number in range(8):
            below = "more/" if number == 7 else ""
            ending = ("png", "jpg", "BMP", "webp")[number % 4]
            file = root / name / f"{below}{number}.{ending}"
            write_image(file, (20 + number, 24), seed=10 * label + number)
        (root / name / "notes.txt").write_text("no image")
    (root / ".hidden").mkdir()
    os.mkfifo(root / "dog" / "pipe.png")  # whoever opens it waits for ever
    (root / "dog" / "again").symlink_to(root)
    return root


def test_classes_and_files_are_those_of_torchvisions_image_folder(pets: Path) -> None:
    shutil.rmtree(pets / ".hidden")  # which torchvision takes for a class
    (pets / "dog" / "pipe.png").unlink()
    (pets / "dog" / "again").unlink()  # which it follows until the path is too long
    theirs = torchvision.datasets.ImageFolder(pets)
    info = dataset_info(f"folder:{pets}")
    train, test = info.open("train"), info.open("test")
    assert info.count_classes() == len(theirs.classes) == 3
    assert len(train.labels) == 21
    assert len(test.labels) == 3
    found = np.bincount(train.labels, minlength=3) + np.bincount(test.labels, minlength=3)
    assert list(found) == list(np.bincount(theirs.targets)) == [8, 8, 8]
    # a centre crop to a square, resized: each of torchvision's images is one of ours
    ours = {
        (i.tobytes(), label)
        for p in (train, test)
        for i, label in zip(p.images, p.labels, strict=True)
    }
    assert len(ours) == 24, "no image is in both parts, nor twice"


def test_an_image_is_the_middle_square_resized(tmp_path: Path) -> None:
    for name in ("a", "b"):
        for number in range(6):
            write_image(tmp_path / name / f"{number}.png", (40, 20), seed=number)
    part = dataset_info(f"folder:{tmp_path}").open("train", 20)
    cut = v2.CenterCrop(20)
    expected = {
        np.asarray(cut(Image.open(file))).transpose(2, 0, 1).tobytes()
        for file in tmp_path.rglob("*.png")
    }
    assert part.images.shape == (10, 3, 20, 20)
    assert {image.tobytes() for image in part.images} <= expected
    half = dataset_info(f"folder:{tmp_path}").open("train", 10)
    resize = v2.Compose([v2.CenterCrop(20), v2.Resize(10)])
    theirs = [np.asarray(resize(Image.open(f))).transpose(2, 0, 1) for f in tmp_path.rglob("*.png")]
    # at the cut, Pillow's filter also looks at the pixels beyond it
    inner = slice(1, -1)
    for image in half.images.astype(int)[..., inner]:
        assert min(np.abs(image - other[..., inner]).max() for other in theirs) <= 1


@pytest.mark.parametrize("ending", ["png", "tif", "pgm"])
def test_of_sixteen_bits_the_upper_eight_are_seen(tmp_path: Path, ending: str) -> None:
    grey = np.tile(np.arange(0, 256, 8, dtype=np.uint16), (32, 1))
    files = [tmp_path / f"{name}.{ending}" for name in ("eight", "sixteen")]
    Image.fromarray(grey.astype(np.uint8)).save(files[0])
    Image.fromarray(grey * 257).save(files[1])
    eight, sixteen = (middle(file, 32) for file in files)
    assert eight is not None
    assert eight.max() == 248
    assert np.array_equal(eight, sixteen)


@pytest.mark.parametrize("kind", [np.int32, np.float32])
def test_grey_values_without_a_known_white_are_left_out(tmp_path: Path, kind: type) -> None:
    file = tmp_path / "wide.tif"
    Image.fromarray(np.full((8, 8), 1000, kind)).save(file)
    assert middle(file, 8) is None


def test_where_no_file_can_be_read_nobody_is_told_of_a_subset(pets: Path) -> None:
    for file in pets.rglob("*.*"):
        if file.is_file():
            file.write_text("no image")
    with (
        pytest.warns(UserWarning, match="21 of 21 files cannot be read"),
        pytest.raises(ValueError, match="has no training image that can be read"),
    ):
        load(f"folder:{pets}", 8)


def test_folders_named_train_and_test_are_the_parts(pets: Path) -> None:
    for name in CLASSES:
        (pets / "train" / name).mkdir(parents=True)
        (pets / "val" / name).mkdir(parents=True)
        for number, file in enumerate(sorted((pets / name).glob("*.*"))):
            file.rename(pets / ("val" if number < 2 else "train") / name / file.name)
        shutil.rmtree(pets / name)
    info = dataset_info(f"folder:{pets}")
    assert (len(info.open("train").labels), len(info.open("test").labels)) == (3 * 5, 3 * 2)
    write_image(pets / "val" / "fish" / "1.png", (9, 9))
    with pytest.raises(ValueError, match="has the class 'fish'"):
        info.open("test")


def test_bad_files_are_left_out_counted_and_named(pets: Path) -> None:
    (pets / "dog" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    (pets / "dog" / "empty.jpg").write_bytes(b"")
    whole = (pets / "dog" / "1.jpg").read_bytes()
    (pets / "dog" / "1.jpg").write_bytes(whole[: len(whole) // 2])
    info = dataset_info(f"folder:{pets}")
    bad = [*info.open("train").unreadable, *info.open("test").unreadable]
    assert sorted(bad) == ["dog/1.jpg", "dog/broken.png", "dog/empty.jpg"]
    assert len(info.open("train").labels) + len(info.open("test").labels) == 23
    with pytest.warns(UserWarning, match=r"of \d+ files cannot be read and (is|are) left out: '"):
        data = load(f"folder:{pets}", 16)
    assert np.isfinite(data.images.numpy()).all()


def test_images_get_the_height_and_width_that_a_run_asks_for(pets: Path) -> None:
    spec = RunSpec(
        config=TINY, dataset=f"folder:{pets}", steps=2, image_size=(10, 12), device="cpu"
    )
    data = load(spec.dataset, (10, 12))
    assert data.pixels.shape[1:] == (3, 10, 12)
    file = pets / "bird" / "0.png"  # 20 wide, 24 high: of 10 by 12 the middle is 16.7 high
    with Image.open(file) as image:
        box = (0, (24 - 20 * 10 / 12) / 2, 20, (24 + 20 * 10 / 12) / 2)
        expected = np.asarray(image.resize((12, 10), Image.Resampling.BILINEAR, box))
    seen = middle(file, (10, 12))
    assert seen is not None
    assert np.array_equal(seen, expected)
    assert spec.adapted.image_shape == (3, 10, 12)
    assert len(list(train(spec))) == 2
    held, _ = held_out(spec.dataset, data, (10, 12))
    assert held.shape == (3, 3, 10, 12)
    with pytest.raises(ValueError, match=r"image_size = 16000x8000 take 8.1 GB; allowed: 4 GB"):
        dataset_info(f"folder:{pets}").open("train", (16_000, 8000))


def test_a_run_counts_the_classes_and_is_readable_where_the_folder_is_not(
    pets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(pets.parent)
    spec = RunSpec(
        config=TINY, dataset="folder:my pets", batch_size=4, steps=2, image_size=16, device="cpu"
    )
    assert spec.dataset == f"folder:{pets}", "the worker's folder is another"
    assert (spec.adapted.num_classes, spec.adapted.in_channels) == (3, 3)
    spec.check_there()
    assert len(list(train(spec))) == 2
    images, labels = held_out(spec.dataset, load(spec.dataset, 16), 16)
    assert images.shape == (3, 3, 16, 16)
    assert sorted(labels.tolist()) == [0, 1, 2]
    write_image(pets / "fish" / "1.png", (9, 9))
    with pytest.raises(ValueError, match=r"classes = 3, but dataset = 'folder:.*' now has 4"):
        next(train(spec))
    shutil.rmtree(pets)
    again = RunSpec.model_validate_json(spec.model_dump_json())
    assert again == spec
    assert again.adapted.num_classes == 3
    for action in (spec.check_there, lambda: next(train(spec))):
        with pytest.raises(ValueError, match="there is no such folder"):
            action()
    with pytest.raises(ValueError, match="there is no such folder"):
        RunSpec(config=TINY, dataset=spec.dataset)


def test_a_folder_that_cannot_be_used_is_one_sentence(pets: Path, tmp_path: Path) -> None:
    (tmp_path / "one" / "a").mkdir(parents=True)
    (tmp_path / "none" / "a").mkdir(parents=True)
    (tmp_path / "none" / "b").mkdir(parents=True)
    (tmp_path / "file").write_text("")
    long = "x" * 4000
    for below, words in (
        ("one", "has one sub-folder;"),
        ("file", "no such f"),
        (long, "no such f"),
    ):
        with pytest.raises(ValueError, match=words) as caught:
            RunSpec(config=TINY, dataset=f"folder:{tmp_path / below}")
        assert "dataset" in explain(caught.value)
    with pytest.raises(ValueError, match=r"no image to train on in the sub-folder 'a'"):
        load(f"folder:{tmp_path / 'none'}")
    for name in ("a", "b"):
        (tmp_path / "none" / name / "1.png").write_bytes(b"")
    with (
        pytest.warns(UserWarning, match="2 of 2 files"),
        pytest.raises(ValueError, match="no training image"),
    ):
        load(f"folder:{tmp_path / 'none'}")
    with pytest.raises(ValueError, match="no images held out"):
        held_out(f"folder:{tmp_path / 'none'}", load("digits"), 8)
    with pytest.raises(ValueError, match=r"image_size = 16000 take 16.1 GB; allowed: 4 GB"):
        dataset_info(f"folder:{pets}").open("train", 16_000)
    few = RunSpec(config=TINY, dataset=f"folder:{pets}", batch_size=22, device="cpu")
    with pytest.raises(ValueError, match="batch_size = 22 is more than the 21 training images"):
        next(train(few))


def test_folders_in_the_folder_for_data_sets_are_offered_and_no_others(
    folder: Path, pets: Path
) -> None:
    assert "folder" not in offered()
    assert set(offered()) == {*datasets()} - {"folder"}
    pets.rename(folder / "my pets")
    (folder / "cifar-10-batches-py").mkdir()
    (folder / "FashionMNIST" / "raw").mkdir(parents=True)
    (folder / ".hidden" / "a").mkdir(parents=True)
    (folder / ".hidden" / "b").mkdir(parents=True)
    name = f"folder:{folder / 'my pets'}"
    assert set(offered()) == {*datasets(), name} - {"folder"}
    assert RunSpec(config=TINY, dataset=name).classes == 3
