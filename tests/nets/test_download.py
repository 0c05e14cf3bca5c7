"""torchvision's weights from a server of our own, and from none."""

from __future__ import annotations

import hashlib
from pathlib import Path
from urllib.error import URLError

import pytest
import torch
import torchvision

from resnet_viz.nets.stored_weights import download
from resnet_viz.nets.stored_weights.download import DownloadError, download_torchvision


def test_the_addresses_are_torchvision_s() -> None:
    for name in ("resnet18", "wide_resnet101_2", "resnext101_64x4d"):
        expected = torchvision.models.get_model_weights(name)["IMAGENET1K_V1"].url
        assert download._url(name, "IMAGENET1K_V1") == expected


def test_unknown_names_are_sentences(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="did you mean 'resnet18'"):
        download_torchvision("resnet81", tmp_path)
    with pytest.raises(ValueError, match="unknown weights of resnet18 'V9'"):
        download_torchvision("resnet18", tmp_path, "V9")


@pytest.fixture
def published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file as torchvision publishes it, at an address that needs no network."""
    content = b"weights"
    digits = hashlib.sha256(content).hexdigest()[:8]
    path = tmp_path / f"resnet18-{digits}.pth"
    path.write_bytes(content)
    monkeypatch.setattr(download, "_url", lambda name, weights: path.as_uri())
    return path


def test_downloads_once(tmp_path: Path, published: Path) -> None:
    folder = tmp_path / "new" / "folder"
    path = download_torchvision("resnet18", folder)
    assert path.read_bytes() == b"weights"
    published.unlink()
    assert download_torchvision("resnet18", folder) == path


def test_a_damaged_file_is_refused(tmp_path: Path, published: Path) -> None:
    published.write_bytes(b"something else")
    with pytest.raises(DownloadError, match="invalid hash value"):
        download_torchvision("resnet18", tmp_path / "folder")
    assert not list((tmp_path / "folder").iterdir())


def test_without_a_network_it_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(*arguments: object, **options: object) -> None:
        raise URLError("Name or service not known")

    monkeypatch.setattr(torch.hub, "download_url_to_file", unreachable)
    with pytest.raises(DownloadError, match=r"cannot be downloaded \(Name or service.*a file"):
        download_torchvision("resnet18", tmp_path)


def test_an_unreachable_address_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "_url", lambda name, weights: "http://127.0.0.1:9/a-12345678.pth")
    with pytest.raises(DownloadError, match="cannot be downloaded"):
        download_torchvision("resnet18", tmp_path)
