"""Download of torchvision's published weights."""

from __future__ import annotations

from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlparse

import torch.hub
import torchvision

from resnet_viz.text import unknown_name

_FAMILIES = ("resnet", "resnext", "wide_resnet")


class DownloadError(RuntimeError):
    """A failed download of weights; the message is a sentence for the user."""


def download_torchvision(name: str, folder: str | Path, weights: str = "DEFAULT") -> Path:
    """The file of torchvision's published weights of a net; downloaded unless it is in `folder`.

    Args:
        name: of torchvision's model, which is the preset's, such as "resnet50".
        weights: of torchvision's enum for that model, such as "IMAGENET1K_V1".

    Raises:
        ValueError: for a name that torchvision has no weights for.
        DownloadError: where there is no network, or what comes is not the file.
    """
    url = _url(name, weights)
    path = Path(folder) / Path(urlparse(url).path).name
    if not path.exists():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ValueError(f"no folder {str(folder)!r} can be made: {error.strerror}") from error
        _download(url, path)
    return path


def _url(name: str, weights: str) -> str:
    models = torchvision.models.list_models(torchvision.models)
    resnets = [model for model in models if model.startswith(_FAMILIES)]
    if name not in resnets:
        raise ValueError(unknown_name("torchvision ResNet", name, resnets))
    choices = torchvision.models.get_model_weights(name)
    if weights not in choices.__members__:
        raise ValueError(unknown_name(f"weights of {name}", weights, list(choices.__members__)))
    url: str = choices[weights].url
    return url


def _download(url: str, path: Path) -> None:
    """torchvision's file names end in the first digits of the file's SHA-256."""
    digits = path.stem.rpartition("-")[2]
    try:
        torch.hub.download_url_to_file(url, str(path), hash_prefix=digits, progress=False)
    except (OSError, RuntimeError) as error:
        reason = error.reason if isinstance(error, URLError) else error
        raise DownloadError(
            f"{url} cannot be downloaded ({reason}); where there is no network, give load_weights "
            "a file that is already there"
        ) from error
