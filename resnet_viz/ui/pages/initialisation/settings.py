"""Settings of the Initialisation page, in the address and as nets; no Streamlit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from resnet_viz.arch.config import ResNetConfig, plain_twin, revise
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


_NAMES = {"init": "initialisation", "batch": "batch size", "size": "map size"}


class Settings(NamedTuple):
    """Settings of one view. `width` is that of the first stage, `size` the image size in pixels."""

    depth: int = 56
    family: str = "zero_pad"
    norm: str = "batch"
    init: str = "kaiming_fan_out"
    stages: int = 3
    width: int = 16
    images: str = "digits"
    batch: int = 64
    size: int = 8

    def config(self, depth: int | None = None) -> ResNetConfig:
        """The residual net.

        Raises:
            ValueError: where the settings make none.
        """
        blocks = ((depth or self.depth) - 2) // (2 * self.stages)
        return revise(
            preset("resnet56-cifar"),
            depths=(blocks,) * self.stages,
            widths=tuple(self.width * 2**stage for stage in range(self.stages)),
            norm=self.norm,
            init=self.init,
            in_channels=1 if self.images == "digits" else NOISE_CHANNELS,
            image_size=self.size,
            **NETS[self.family][1],
        )

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
        NETS[value][0] if name == "family" else f"{_NAMES.get(name, name)} {value}"
        for name, value in settings._asdict().items()
        if name == "depth" or value != getattr(beside, name)
    ]
    return and_words(words)


def to_query(settings: Settings) -> dict[str, str]:
    """The settings that are not the default ones, for the address."""
    default = Settings()
    return {
        name: str(value)
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
        elif name in CHOICES:
            problems.append(f"{name} = {shorten(text)} (allowed: {', '.join(allowed)})")
    complaint = f"Part of the address is no setting and left out: {'; '.join(problems)}."
    return Settings(**values), complaint if problems else ""
