"""Layers left: the number of weighted layers from a block's input to the output of the net."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from resnet_viz.arch.plan import WeightedLayer


def layers_left(layers: Sequence[WeightedLayer], blocks: Sequence[str]) -> NDArray[np.float64]:
    """Main-path layers from each block's input [n] on, the block's own and the last among them.

    A block's first layer is found by its path; NaN for a block in which no layer is on the main
    path, of which nobody can say where it begins.
    """
    main = [layer.name for layer in layers if layer.role == "main"]
    firsts: dict[str, int] = {}
    for index, name in reversed(list(enumerate(main))):
        parts = name.split(".")
        firsts |= {".".join(parts[:size]): index for size in range(1, len(parts) + 1)}
    return np.array([len(main) - firsts.get(block, np.nan) for block in blocks], np.float64)
