"""Nets of other libraries by name: "torchvision:resnet50", "timm:vit_tiny_patch16_224"."""

from __future__ import annotations

from importlib import import_module

from torch import nn

from resnet_viz.text import unknown_name

LIBRARIES = ("torchvision", "timm")


def named_net(name: str) -> nn.Module:
    """A net of torchvision's or timm's with random weights; nothing is downloaded.

    Args:
        name: library and net, such as "timm:vit_tiny_patch16_224".

    Raises:
        ValueError: where the library is not installed, or has no such net; near names are given.
    """
    library, _, net = name.partition(":")
    if library not in LIBRARIES:
        raise ValueError(unknown_name("library", library, LIBRARIES))
    try:
        models = import_module("torchvision.models" if library == "torchvision" else "timm")
    except ModuleNotFoundError as error:
        if error.name != library:
            raise
        raise ValueError(
            f"{name} needs {library}, which is not installed: pip install {library}"
        ) from error
    known = models.list_models()
    if net not in known:
        raise ValueError(unknown_name(f"net of {library}", net, known, lists=False))
    if library == "timm":
        made = models.create_model(net, pretrained=False)
    else:
        made = models.get_model(net, weights=None)
    assert isinstance(made, nn.Module)
    return made
