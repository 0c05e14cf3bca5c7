"""Who has which colour: Okabe and Ito's palette, which colour-blind people can tell apart."""

from __future__ import annotations

from collections.abc import Sequence

from resnet_viz.arch.config import ResNetConfig

RESIDUAL = "#0072B2"
PLAIN = "#E69F00"
# The palette's yellow is too faint on white and its black on a dark page.
OTHERS = ("#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#808080")


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
