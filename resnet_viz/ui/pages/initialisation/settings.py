"""Settings of the Initialisation page, in the address and as nets; no Streamlit."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any, NamedTuple

from resnet_viz.arch.config import ResNetConfig, plain_twin, revise
from resnet_viz.arch.field_words import text_of
from resnet_viz.arch.fields import ImageSize, height_and_width, one_form, short_size
from resnet_viz.arch.presets import preset
from resnet_viz.text import and_words, shorten

DEPTHS = (8, 14, 20, 26, 32, 44, 56, 68, 86, 110, 140, 164, 218)
"""6n + 2, about evenly spaced on a logarithmic scale."""
SERIES = (8, 14, 20, 32, 44, 56, 110)
"""Depths measured by one press."""
NOISE_CHANNELS = 16
"""Of Gaussian images: with one, images of one pixel would all lie on a line."""
NETS: Mapping[str, tuple[str, Mapping[str, object]]] = {
    "zero_pad": ("option A: zero-padded shortcuts", {}),
    "projection": ("option B: projections where the shape changes", {"shortcut": "projection"}),
    "preactivation": ("full pre-activation", {"activation_order": "full_preactivation"}),
    "scaled": ("shortcut and branch halved", {"shortcut_transform": "scaled"}),
    "zero_init": ("branches that begin at zero", {"zero_init_residual": True}),
    "exclusive_gate": ("exclusive gate", {"shortcut_transform": "exclusive_gate"}),
}
CHOICES: Mapping[str, tuple[Any, ...]] = {
    "depth": DEPTHS,
    "family": tuple(NETS),
    "norm": ("batch", "group", "none"),
    "init": ("kaiming_fan_out", "kaiming_fan_in", "xavier", "orthogonal", "pytorch"),
    "stages": (3, 1),
    "width": (8, 16, 32, 64),
    "images": ("digits", "gaussian"),
    "batch": (4, 16, 64, 128, 256),
    "size": (1, 2, 4, 8, 16, 28),
}
MOST_PIXELS = 28 * 28
"""Of an image: height and width may be any two numbers with no larger product."""

_NAMES = {"init": "initialisation", "batch": "batch size", "size": "map size"}


class Settings(NamedTuple):
    """Settings of one view. `width` is that of the first stage, `size` the image size."""

    depth: int = 56
    family: str = "zero_pad"
    norm: str = "batch"
    init: str = "kaiming_fan_out"
    stages: int = 3
    width: int = 16
    images: str = "digits"
    batch: int = 64
    size: ImageSize = 8

    def config(self, depth: int | None = None) -> ResNetConfig:
        """The residual net.

        Raises:
            ValueError: where the settings make none.
        """
        blocks = ((depth or self.depth) - 2) // (2 * self.stages)
        config = revise(
            preset("resnet56-cifar"),
            depths=(blocks,) * self.stages,
            widths=tuple(self.width * 2**stage for stage in range(self.stages)),
            norm=self.norm,
            init=self.init,
            in_channels=1 if self.images == "digits" else NOISE_CHANNELS,
            image_size=self.size,
            **NETS[self.family][1],
        )
        if not _is_small(config.image_size):
            raise ValueError(
                f"map size = {short_size(self.size)}: allowed are at most {MOST_PIXELS} pixels, "
                "height times width"
            )
        return config

    def twin(self, depth: int | None = None) -> ResNetConfig:
        """The same net without shortcuts."""
        return plain_twin(self.config(depth))

    def request(self, *configs: ResNetConfig, measure: tuple[str, ...]) -> dict[str, Any]:
        """The request to a job."""
        return {
            "configs": configs,
            "measurements": measure,
            "images": self.images,
            "batch_size": self.batch,
        }


def described(settings: Settings, beside: Settings) -> str:
    """The depth, and the other settings that differ from those `beside`: "depth 8, norm none and
    width 16"."""
    words = [
        NETS[value][0] if name == "family" else f"{_NAMES.get(name, name)} {written(value)}"
        for name, value in settings._asdict().items()
        if name == "depth" or value != getattr(beside, name)
    ]
    return and_words(words)


def to_query(settings: Settings) -> dict[str, str]:
    """The settings that are not the default ones, for the address."""
    default = Settings()
    return {
        name: written(value)
        for name, value in settings._asdict().items()
        if value != getattr(default, name)
    }


def from_query(query: Mapping[str, str]) -> tuple[Settings, str]:
    """The settings in an address, and a sentence about invalid ones; "" if none."""
    values: dict[str, Any] = {}
    problems = []
    for name, text in query.items():
        allowed = {str(value): value for value in CHOICES.get(name, ())}
        if text in allowed:
            values[name] = allowed[text]
        elif name == "size" and _is_small(size := one_form(text)):
            values[name] = size
        elif name in CHOICES:
            other = ", or a height and a width such as 16x8" if name == "size" else ""
            problems.append(f"{name} = {shorten(text)} (allowed: {', '.join(allowed)}{other})")
    complaint = f"Part of the address is no setting and left out: {'; '.join(problems)}."
    return Settings(**values), complaint if problems else ""


def written(value: object) -> str:
    """A setting as text: 8, or 16x8 for a size of two numbers."""
    return text_of("image_size", value)


def _is_small(size: ImageSize | str) -> bool:
    return not isinstance(size, str) and prod(height_and_width(size)) <= MOST_PIXELS
