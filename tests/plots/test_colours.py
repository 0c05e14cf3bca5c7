"""The palette: legible on both themes, and the same in figures and in Markdown."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from resnet_viz.plots.colours import DARK, MARKDOWN, OTHERS, PLAIN, RESIDUAL

THEMES = tomllib.loads(
    (Path(__file__).parents[2] / ".streamlit/config.toml").read_text(encoding="utf-8")
)["theme"]


def _luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.1)."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("colour", [RESIDUAL, PLAIN, *OTHERS])
def test_a_colour_is_legible_and_one_in_figures_and_words(colour: str) -> None:
    for theme, own in (("light", colour), ("dark", DARK[colour])):
        page = THEMES[theme]["backgroundColor"]
        low, high = sorted((_luminance(own), _luminance(page)))
        assert (high + 0.05) / (low + 0.05) >= 4.5
        name = MARKDOWN[colour]
        assert THEMES[theme][f"{name}Color"] == THEMES[theme][f"{name}TextColor"] == own
