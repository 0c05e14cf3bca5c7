"""Colours of nets, in both themes: Okabe and Ito's hues, as dark or light as text needs.

Figures are built with the colours of the light theme; the chart component puts those of `DARK` in
their place where the page is dark. Each has a contrast of at least 4.5 on its page (WCAG AA), so
that it serves for words as well as for lines. `.streamlit/config.toml` has those with a name, too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import cycle

from resnet_viz.arch.config import ResNetConfig

RESIDUAL = "#0072B2"
PLAIN = "#A65E00"
GREEN, VIOLET, RED, YELLOW, GREY = "#007A59", "#A63D86", "#C4332B", "#766A00", "#66717D"
OTHERS = (GREEN, VIOLET, RED, YELLOW, GREY)
# Shades that keep apart in lightness or hue for every kind of colour vision (tests/findings).
BLUES = (RESIDUAL, "#1A3178", "#6C5CE0", "#0B5566")
ORANGES = (PLAIN, "#662B00", "#C2504F", "#420F00")

DARK: Mapping[str, str] = {
    RESIDUAL: "#56B4E9",
    PLAIN: "#E69F00",
    GREEN: "#2FC596",
    VIOLET: "#DD95BE",
    RED: "#FF7B6B",
    YELLOW: "#F0E442",
    GREY: "#A0AAB4",
    **dict(zip(BLUES[1:], ("#C9E4FF", "#8F76FF", "#3A83D4"), strict=True)),
    **dict(zip(ORANGES[1:], ("#FFDDA8", "#E8683A", "#A8916A"), strict=True)),
}
"""Colour in the light theme -> the same in the dark theme."""


def contestant_colours(configs: Sequence[ResNetConfig | None]) -> tuple[str, ...]:
    """One colour per net: blues for residual ones, oranges for plain ones, in order.

    A net that is not built from a config (None) has one of the other colours. Beyond four of a
    kind shades repeat (marker shapes and dashes differ too).
    """
    residual, plain, others = cycle(BLUES), cycle(ORANGES), cycle(OTHERS)
    return tuple(
        next(others if config is None else plain if config.shortcut == "none" else residual)
        for config in configs
    )
