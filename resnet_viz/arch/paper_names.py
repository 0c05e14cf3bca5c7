"""Paper names: what the papers call the presets, such as "ResNet-56" for resnet56-cifar."""

from __future__ import annotations

import re

_PATTERNS = tuple(
    (re.compile(pattern), name)
    for pattern, name in (
        (r"resnet(\d+)(-cifar)?", r"ResNet-\1"),
        (r"plain(\d+)(-cifar)?", r"Plain-\1"),
        (r"resnet(\d+)-1layer-cifar", r"ResNet-\1 (1-layer)"),
        (r"resnet(\d+)-v1", r"ResNet-\1 v1"),
        (r"resnext(\d+)_(\w+)", r"ResNeXt-\1 (\2)"),
        (r"wide_resnet(\d+)_(\d+)", r"Wide ResNet-\1-\2"),
        (r"preact(\d+)(-cifar)?", r"Pre-activation ResNet-\1"),
        (r"preact(\d+)-1layer-cifar", r"Pre-activation ResNet-\1 (1-layer)"),
        (r"wrn(\d+)-(\d+)", r"WRN-\1-\2"),
        (r"seresnet(\d+)", r"SE-ResNet-\1"),
        (r"resnet(\d+)d", r"ResNet-\1-D"),
        (r"notebook(\d+)", r"Notebook ResNet-\1"),
        (r"dnddnjs(\d+)-cifar", r"ResNet-\1 (dnddnjs)"),
        (r"fastcampus(\d+)", r"ResNet-\1 (FastCampus)"),
    )
)


def paper_name(name: str) -> str:
    """The paper's name of the preset with this id; any other name stays as it is."""
    for pattern, paper in _PATTERNS:
        if pattern.fullmatch(name):
            return pattern.sub(paper, name)
    return name
