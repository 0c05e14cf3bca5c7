"""Names of the files that pages hand out."""

from __future__ import annotations

import re

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.presets import label


def file_name(config: ResNetConfig, ending: str) -> str:
    """The net's label as the name of a file, such as "resnet18.py"."""
    return re.sub(r"[^\w.-]+", "-", label(config)) + ending
