"""The palette: legible on both themes, the theme's own, and apart for every kind of eye."""

from __future__ import annotations

import tomllib
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from resnet_viz.arch.presets import preset
from resnet_viz.figures import style
from resnet_viz.findings.colours import (
    BLUES,
    DARK,
    GREEN,
    GREY,
    ORANGES,
    OTHERS,
    PLAIN,
    RED,
    RESIDUAL,
    VIOLET,
    YELLOW,
    contestant_colours,
)

THEMES = tomllib.loads(
    (Path(__file__).parents[2] / ".streamlit/config.toml").read_text(encoding="utf-8")
)["theme"]
NAMES = {
    RESIDUAL: "blue",
    PLAIN: "orange",
    GREEN: "green",
    VIOLET: "violet",
    RED: "red",
    YELLOW: "yellow",
    GREY: "gray",
}
# What eyes without one kind of cones see, in linear RGB (Machado et al. 2009, severity 1).
VISION = {
    "normal": np.eye(3),
    "protanopia": [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]],
    "deuteranopia": [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]],
    "tritanopia": [[1.256, -0.077, -0.179], [-0.078, 0.931, 0.148], [0.005, 0.691, 0.304]],
}
TO_XYZ = np.array([[0.4125, 0.3576, 0.1804], [0.2127, 0.7152, 0.0722], [0.0193, 0.1192, 0.9503]])
WHITE = TO_XYZ.sum(axis=1)


def _linear(colour: str) -> NDArray[np.float64]:
    channels = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def _luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.1)."""
    return float(np.dot((0.2126, 0.7152, 0.0722), _linear(colour)))


def _lab(colour: str, vision: str) -> NDArray[np.float64]:
    """CIE L*a*b*: 2.3 apart is just noticeable."""
    seen = np.clip(np.asarray(VISION[vision]) @ _linear(colour), 0, 1)
    ratio = TO_XYZ @ seen / WHITE
    x, y, z = np.where(ratio > 0.008856, np.cbrt(ratio), 7.787 * ratio + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("colour", [*BLUES, *ORANGES, *OTHERS])
def test_a_colour_is_legible_in_both_themes(colour: str) -> None:
    for theme, own in (("light", colour), ("dark", DARK[colour])):
        page = THEMES[theme]["backgroundColor"]
        low, high = sorted((_luminance(own), _luminance(page)))
        assert (high + 0.05) / (low + 0.05) >= 4.5


@pytest.mark.parametrize("colour", NAMES)
def test_the_theme_has_the_colours_that_have_a_name(colour: str) -> None:
    for theme, own in (("light", colour), ("dark", DARK[colour])):
        assert THEMES[theme][f"{NAMES[colour]}Color"] == own
        assert THEMES[theme][f"{NAMES[colour]}TextColor"] == own


def test_six_contestants_of_a_kind_differ_in_colour_or_dash_and_in_colour_or_marker() -> None:
    """The fifth has the first's colour, so its line must not look like it, nor may its marks."""
    for config in (preset("resnet56-cifar"), preset("plain56-cifar"), None):
        colours = contestant_colours([config] * 6)
        for looks in (style.DASHES, style.MARKERS):
            assert len(set(zip(colours, looks, strict=False))) == 6


@pytest.mark.parametrize("vision", VISION)
def test_contestants_keep_apart_for_every_eye(vision: str) -> None:
    """Two pairs of twins well, four of each kind still."""
    for shown in (str, DARK.__getitem__):
        for count, least in ((2, 20), (4, 10)):
            colours = [shown(colour) for colour in (*BLUES[:count], *ORANGES[:count])]
            labs = [_lab(colour, vision) for colour in colours]
            apart = [float(np.linalg.norm(one - other)) for one, other in combinations(labs, 2)]
            assert min(apart) >= least


@pytest.mark.parametrize(("shades", "low", "high"), [(BLUES, 200, 310), (ORANGES, 20, 95)])
def test_kinds_keep_their_hue(shades: tuple[str, ...], low: float, high: float) -> None:
    for colour in (*shades, *(DARK[shade] for shade in shades)):
        _, a, b = _lab(colour, "normal")
        assert low <= np.degrees(np.arctan2(b, a)) % 360 <= high
