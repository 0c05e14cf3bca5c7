"""Each data set against what was written by hand, scikit-learn and torchvision."""

from __future__ import annotations

import subprocess
import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pytest
import scipy.io
import torchvision
from numpy.typing import NDArray
from sklearn.datasets import load_digits

from resnet_viz.data.dataset import Dataset, DownloadError, Pixels, Split
from resnet_viz.data.idx_files import SYSTEM_FOLDER
from resnet_viz.data.registry import dataset_info, datasets
from tests.data.conftest import Part, random_part, write_idx, write_pickle

SPLITS: tuple[Split, ...] = ("train", "test")
OPEN = [dataset for dataset in datasets().values() if dataset.place == "built in"]


def equals(pixels: Pixels, part: Part) -> None:
    np.testing.assert_array_equal(pixels.images, part[0])
    np.testing.assert_array_equal(pixels.labels, part[1])
    assert pixels.labels.dtype == np.int64


def rows(images: NDArray[Any]) -> list[bytes]:
    return [image.tobytes() for image in images]


def test_there_are_the_data_sets_of_the_field_and_the_digits_come_first() -> None:
    assert list(datasets()) == [
        *("digits", "cifar10", "cifar100", "fashion-mnist", "folder", "mnist", "noise", "svhn")
    ]


@pytest.mark.parametrize("dataset", OPEN, ids=lambda dataset: dataset.name)
def test_a_built_in_set_is_as_described_and_the_same_each_time(dataset: Dataset) -> None:
    for split, count in (("train", dataset.train), ("test", dataset.test)):
        part = dataset.open(split)  # type: ignore[arg-type]
        side = dataset.image_size
        assert part.images.shape == (count, dataset.channels, side, side)
        assert set(part.labels) == set(range(dataset.count_classes()))
        again = dataset.open(split)  # type: ignore[arg-type]
        np.testing.assert_array_equal(part.images, again.images)
        np.testing.assert_array_equal(part.labels, again.labels)
    dataset.check_there()


def test_the_digits_and_their_parts_are_those_of_scikit_learn_in_one_fixed_order() -> None:
    images, labels = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(1797)
    train, test = (dataset_info("digits").open(split) for split in SPLITS)
    ours = np.concatenate([train.images, test.images])
    np.testing.assert_array_equal(ours.reshape(-1, 64), images[order])
    np.testing.assert_array_equal(np.concatenate([train.labels, test.labels]), labels[order])
    assert (ours.dtype, train.labels.dtype) == (np.uint8, np.int64)
    assert len(set(rows(ours))) == len(ours), "no image is there twice, so the parts are disjoint"


def test_noise_is_gaussian_and_its_labels_are_drawn_at_random() -> None:
    train, test = (dataset_info("noise").open(split) for split in SPLITS)
    assert abs(train.images.mean()) < 0.02
    assert abs(train.images.std() - 1) < 0.02
    # the largest mean of 1500 x 64 numbers by class: nothing tells the classes apart
    means = [train.images[train.labels == label].mean() for label in range(10)]
    assert np.abs(means).max() < 0.06
    assert not set(rows(train.images)) & set(rows(test.images))


@pytest.mark.parametrize("is_compressed", [False, True])
@pytest.mark.parametrize(
    ("name", "below"),
    [
        *(("fashion-mnist", below) for below in ("FashionMNIST/raw", "fashion-mnist", ".")),
        *(("mnist", below) for below in ("MNIST/raw", "mnist", ".")),
    ],
)
def test_idx_files_are_read_as_torchvision_reads_them(
    folder: Path, name: str, below: str, is_compressed: bool
) -> None:
    other = dataset_info("mnist" if name == "fashion-mnist" else "fashion-mnist")
    info = dataset_info(name)
    assert info.place == ""
    parts = {split: random_part(9, (28, 28), 10, seed) for seed, split in enumerate(SPLITS)}
    if name == "mnist":  # as the published labels begin: the files' names are not the set's own
        parts["train"][1][:8] = 5, 0, 4, 1, 9, 2, 1, 3
    for split, (images, labels) in parts.items():
        part, end = ("train" if split == "train" else "t10k"), ".gz" if is_compressed else ""
        for what, array in (("images-idx3", images), ("labels-idx1", labels.astype(np.uint8))):
            file = folder / below / f"{part}-{what}-ubyte{end}"
            write_idx(file, array, is_compressed=is_compressed)
    assert (info.place, other.place) == (str((folder / below).resolve()), "")
    for split, (images, labels) in parts.items():
        equals(info.open(split), (images[:, None], labels))
        if below.endswith("raw") and not is_compressed:
            kind = (
                torchvision.datasets.MNIST if name == "mnist" else torchvision.datasets.FashionMNIST
            )
            theirs = kind(folder, train=split == "train")
            equals(info.open(split), (theirs.data.numpy()[:, None], theirs.targets.numpy()))


@pytest.mark.skipif(
    not (SYSTEM_FOLDER / "fashion-mnist").exists(), reason="needs dataset-fashion-mnist"
)
def test_debians_fashion_mnist_is_there_without_a_download(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RESNET_VIZ_DATA", str(tmp_path))
    info = dataset_info("fashion-mnist")
    train, test = (info.open(split) for split in SPLITS)
    assert train.images.shape == (60_000, 1, 28, 28)
    assert test.images.shape == (10_000, 1, 28, 28)
    # as published: each class as often as the others; torchvision's note of mean and deviation
    assert set(np.bincount(train.labels)) == {6000}
    assert set(np.bincount(test.labels)) == {1000}
    assert (train.images / 255).mean() == pytest.approx(0.2860, abs=1e-4)
    assert (train.images / 255).std() == pytest.approx(0.3530, abs=1e-4)


@pytest.mark.parametrize(
    ("name", "label_key", "files"),
    [
        ("cifar10", "labels", ("data_batch_1", "data_batch_2")),
        ("cifar100", "fine_labels", ("train",)),
    ],
)
def test_cifar_is_read_as_it_was_written(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    label_key: str,
    files: tuple[str, ...],
) -> None:
    info = dataset_info(name)
    below = "cifar-10-batches-py" if name == "cifar10" else "cifar-100-python"
    assert info.place == ""
    parts: dict[str, Part] = {}
    test = "test_batch" if name == "cifar10" else "test"
    for seed, file in enumerate((*files, test)):
        images, labels = parts[file] = random_part(4, (3, 32, 32), info.count_classes(), seed)
        rows = {"data": images.reshape(4, -1), label_key: labels.tolist(), "coarse_labels": [0] * 4}
        write_pickle(folder / below / file, rows)
    meta = {"label_names": ["a"], "fine_label_names": ["a"]}
    write_pickle(folder / below / ("batches.meta" if name == "cifar10" else "meta"), meta)
    kind = torchvision.datasets.CIFAR10 if name == "cifar10" else torchvision.datasets.CIFAR100
    with pytest.raises(ValueError, match=f"dataset = '{name}' in .* cannot be read: .*corrupted"):
        info.open("train")
    monkeypatch.setattr(kind, "train_list", [[file, None] for file in files])
    monkeypatch.setattr(kind, "test_list", [[test, None]])
    monkeypatch.setattr(kind, "meta", kind.meta | {"md5": None})
    train = tuple(np.concatenate([parts[file][i] for file in files]) for i in (0, 1))
    equals(info.open("train"), train)  # type: ignore[arg-type]
    equals(info.open("test"), parts[test])
    # the first image as torchvision gives it out, a PIL image
    image, label = kind(folder, train=True)[0]
    np.testing.assert_array_equal(
        info.open("train").images[0], np.asarray(image).transpose(2, 0, 1)
    )
    assert info.open("train").labels[0] == label


def test_svhn_is_read_as_it_was_written_with_label_10_as_0(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    info, kind = dataset_info("svhn"), torchvision.datasets.SVHN
    parts = {split: random_part(6, (3, 32, 32), 10, seed) for seed, split in enumerate(SPLITS)}
    for split, (images, labels) in parts.items():
        assert info.place == ""
        stored = {
            "X": images.transpose(2, 3, 1, 0),
            "y": np.where(labels == 0, 10, labels)[:, None],
        }
        scipy.io.savemat(folder / f"{split}_32x32.mat", stored)
    monkeypatch.setattr(
        kind, "split_list", {s: ["", f"{s}_32x32.mat", None] for s in (*SPLITS, "extra")}
    )
    for split, part in parts.items():
        equals(info.open(split), part)


def test_svhn_says_what_reads_its_files(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("train", "test"):
        (folder / f"{name}_32x32.mat").touch()
    monkeypatch.setattr("resnet_viz.data.datasets.svhn.find_spec", lambda name: None)
    with pytest.raises(ValueError, match="scipy is not there: pip install scipy"):
        dataset_info("svhn").open("train")


@pytest.mark.parametrize("name", ["fashion-mnist", "cifar10", "cifar100", "svhn"])
def test_what_is_not_there_says_how_to_get_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    info = dataset_info(name)
    with pytest.raises(ValueError, match=f"python -m resnet_viz data {name} --download") as caught:
        info.open("train")
    for words in (f"dataset = '{name}'", str(folder), "MB", "RESNET_VIZ_DATA"):
        assert words in str(caught.value)

    def no_network(*_: object, **__: object) -> None:
        raise OSError("Name or service not known")

    monkeypatch.setattr("urllib.request.urlopen", no_network)
    with pytest.raises(DownloadError, match="where there is no network, set RESNET") as failed:
        info.download()
    assert "Name or service not known" in str(failed.value)
    assert "\n" not in str(failed.value)
    for dataset in OPEN:
        with pytest.raises(ValueError, match="needs no download"):
            dataset.download()


def test_a_download_shows_its_progress_and_is_then_there(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    away = folder.parent / "away"
    away.mkdir()
    images, labels = random_part(6, (3, 32, 32), 10, 0)
    stored = {"X": images.transpose(2, 3, 1, 0), "y": labels[:, None]}
    scipy.io.savemat(away / "some.mat", stored)
    serve = partial(SimpleHTTPRequestHandler, directory=str(away))
    with ThreadingHTTPServer(("127.0.0.1", 0), serve) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/some.mat"
        files = {s: [url, f"{s}_32x32.mat", None] for s in (*SPLITS, "extra")}
        monkeypatch.setattr(torchvision.datasets.SVHN, "split_list", files)
        dataset_info("svhn").download()
        server.shutdown()
    assert "100" in capfd.readouterr().err
    assert dataset_info("svhn").place == str(folder)
    equals(dataset_info("svhn").open("test"), (images, labels))


@pytest.mark.parametrize("data", [b"", b"text", b"\0\0\x08\x03\0\0\0\x05", b"\0\0\x0d\x01\0\0\0\0"])
def test_damaged_files_are_one_sentence(folder: Path, data: bytes) -> None:
    for name in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"):
        (folder / f"{name}-ubyte").write_bytes(data)
    with pytest.raises(ValueError, match=r"dataset = 'fashion-mnist' in .* cannot be read: "):
        dataset_info("fashion-mnist").open("train")


def test_a_description_needs_neither_torch_nor_torchvision() -> None:
    code = (
        "import sys; from resnet_viz.data.registry import datasets;"
        "[d.place for d in datasets().values()];"
        "print(sorted({'torch', 'torchvision', 'PIL', 'sklearn', 'scipy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
