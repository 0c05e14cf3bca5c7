"""Who has which colour, in both themes: Okabe and Ito's hues, as dark or light as text needs.

Figures are built with the colours of the light theme; the chart component puts those of `DARK` in
their place where the page is dark. Each has a contrast of at least 4.5 on its page (WCAG AA), so
that it serves for words as well as for lines. `.streamlit/config.toml` has the same colours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from resnet_viz.arch.config import ResNetConfig

RESIDUAL = "#0072B2"
PLAIN = "#A65E00"
GREEN, VIOLET, RED, YELLOW, GREY = "#007A59", "#A63D86", "#C4332B", "#766A00", "#66717D"
OTHERS = (GREEN, VIOLET, RED, YELLOW, GREY)

DARK: Mapping[str, str] = MappingProxyType(
    {
        RESIDUAL: "#56B4E9",
        PLAIN: "#E69F00",
        GREEN: "#2FC596",
        VIOLET: "#DD95BE",
        RED: "#FF7B6B",
        YELLOW: "#F0E442",
        GREY: "#A0AAB4",
    }
)
"""Colour in the light theme -> the same in the dark theme."""

MARKDOWN: Mapping[str, str] = MappingProxyType(
    {
        RESIDUAL: "blue",
        PLAIN: "orange",
        GREEN: "green",
        VIOLET: "violet",
        RED: "red",
        YELLOW: "yellow",
        GREY: "gray",
    }
)
"""Colour -> its name in Streamlit's Markdown, as in `:blue[■]`; it follows the theme."""


def contestant_colours(configs: Sequence[ResNetConfig]) -> tuple[str, ...]:
    """One colour for each net: the first residual one is blue, the first plain one orange.

    Further ones get other colours in turn; beyond seven nets colours repeat (marker shapes and
    dashes differ too).
    """
    colours: list[str] = []
    for config in configs:
        own = PLAIN if config.shortcut == "none" else RESIDUAL
        others = sum(colour in OTHERS for colour in colours)
        colours.append(OTHERS[others % len(OTHERS)] if own in colours else own)
    return tuple(colours)
