"""Seed band: a light area in a net's colour between its lowest and highest curve."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from resnet_viz.figures import style

Numbers = NDArray[Any]


def band(
    x: Numbers,
    ends: tuple[Numbers, Numbers],
    colour: str,
    group: str,
    *,
    axis: str = "y",
    within: tuple[float, float] = (-np.inf, np.inf),
) -> list[style.Trace]:
    """The band between two `ends` over `x`, as two traces: a light area in the net's colour.

    An end beyond `within`, which is all that the axis can show, is drawn at its edge. Where an end
    is not finite then, there is no ground.
    """
    low, high = (np.clip(end, *within) for end in ends)
    rows, is_closed = _without_gaps(np.isfinite(low) & np.isfinite(high))
    low, high = np.where(is_closed, high[rows], low[rows]), high[rows]
    common: style.Trace = {
        "type": "scatter",
        "x": x[rows],
        "yaxis": axis,
        "mode": "lines",
        "line": {"width": 0, "color": colour},
        "legendgroup": group,
        "showlegend": False,
        "hoverinfo": "skip",
        "name": "range",
    }
    light = f"rgba({','.join(str(int(colour[i : i + 2], 16)) for i in (1, 3, 5))},0.2)"
    return [
        common | {"y": low.astype(np.float32)},
        common
        | {
            "y": high.astype(np.float32),
            "fill": "tonexty",
            "fillcolor": light,
        },
    ]


def _without_gaps(known: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The rows that are known, those beside a gap twice, and where the ground has no height.

    plotly joins a ground's ends across the gaps of its lines, criss-cross. So there are none: the
    ground closes at a gap's one side and opens again at its other.
    """
    rows = np.flatnonzero(known)
    before = np.flatnonzero(np.diff(rows) > 1)
    at = np.repeat(before + 1, 2)
    sides = np.stack([rows[before], rows[before + 1]], axis=1).ravel()
    return np.insert(rows, at, sides), np.insert(np.zeros(len(rows), np.bool_), at, values=True)
