"""File names of downloads."""

from __future__ import annotations

import re

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.presets import label

MOST_LETTERS = 150
"""File systems allow 255 bytes for a name."""


def file_name(config: ResNetConfig, ending: str) -> str:
    """The label of a net as a file name, such as "resnet18.py", cut if it is very long."""
    return re.sub(r"[^\w.-]+", "-", label(config))[:MOST_LETTERS] + ending
