"""Values of an axis, as a visitor writes or picks them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from math import isfinite

from resnet_viz.arch.config import ResNetConfig, choices
from resnet_viz.arch.field_words import short_value
from resnet_viz.arch.fields import ImageSize, one_form
from resnet_viz.experiments.run_spec import SETTINGS
from resnet_viz.experiments.sweep_spec import AxisValue
from resnet_viz.text import shorten

EXAMPLES: Mapping[str, tuple[str, str]] = {
    "depths": (
        "1, 3, 9",
        "Blocks in each stage: 3 means three in every stage, 2-3-4 one number for each.",
    ),
    "lr": ("0.01, 0.1", "Learning rates, with commas between."),
    "batch_size": ("32, 64, 128", "Images per minibatch, with commas between."),
    "weight_decay": ("0, 0.0001, 0.001", "From 0 to 1, with commas between."),
    "momentum": ("0, 0.9", "From 0 to below 1, with commas between."),
    "warmup_steps": ("0, 20", "Whole numbers, with commas between; 0-4 stands for a range."),
    "steps": ("40, 80", "Whole numbers, with commas between."),
    "image_size": (
        "8, 12x8",
        "Pixels a side, or a height and a width such as 128x64, with commas between.",
    ),
}
"""Axes whose values are written: what stands there at first, and a sentence of help."""
_FIELDS = ("shortcut", "shortcut_transform", "init", "norm", "activation", "activation_order")
_OF_RUN = ("optimizer", "schedule")
CHOICES: Mapping[str, Mapping[str, str]] = {
    "plain": {"false": "residual", "true": "plain"},
    **{name: {v: short_value(name, v) for v in choices(name)} for name in _FIELDS},
    **{name: {v: v for v in SETTINGS[name].choices} for name in _OF_RUN},
}
"""Axes whose values are picked: each value, and what it is called."""
_RANGE = re.compile(r"(\d{1,6})-(\d{1,6})", re.ASCII)
_MOST = 1000


def read_values(name: str, texts: Sequence[str], base: ResNetConfig) -> tuple[AxisValue, ...]:
    """The values that these texts stand for.

    Raises:
        ValueError: for a text that is none.
    """
    if name == "plain":
        return tuple(text == "true" for text in texts)
    if name in CHOICES:
        return tuple(texts)
    if name == "depths":
        return tuple(_blocks(text, base) for text in texts)
    if name == "image_size":
        return tuple(map(_size, texts))
    if SETTINGS[name].type is int:
        return tuple(value for text in texts for value in _whole(text))
    return tuple(_number(text) for text in texts)


def seeds_of(text: str) -> tuple[int, ...]:
    """The seeds of a text such as "0-4" or "0, 3, 7".

    Raises:
        ValueError: for any other.
    """
    return tuple(value for part in text.split(",") for value in _whole(part.strip()))


def _blocks(text: str, base: ResNetConfig) -> tuple[int, ...]:
    parts = text.split("-")
    if not all(part.strip().isascii() and part.strip().isdigit() for part in parts):
        raise ValueError(f"blocks per stage: use 3 or 2-3-4, not {shorten(text)}")
    blocks = tuple(int(part) for part in parts)
    return blocks * len(base.depths) if len(blocks) == 1 else blocks


def _whole(text: str) -> Sequence[int]:
    if match := _RANGE.fullmatch(text):
        low, high = int(match[1]), int(match[2])
        if not low <= high < low + _MOST:
            raise ValueError(f"a range rises, by less than {_MOST:,}: not {shorten(text)}")
        return range(low, high + 1)
    if not (text.isascii() and text.isdigit() and len(text) < 11):
        raise ValueError(
            f"use whole numbers such as 0, 3 or a range such as 0-4: not {shorten(text)}"
        )
    return (int(text),)


def _size(text: str) -> ImageSize:
    size: ImageSize | str = one_form(text)
    if isinstance(size, str):
        raise ValueError(f"use image sizes such as 32 or 128x64, not {shorten(text)}")
    return size


def _number(text: str) -> float:
    with suppress(ValueError):
        if isfinite(number := float(text)):
            return number
    raise ValueError(f"use numbers such as 0.1, not {shorten(text)}")
