"""Thumbnails of the start page: small pictures of what the pages show, from real nets and races.

Streamlit lets no SVG through as HTML. So each colour is a layer of its own, cut out by a mask, and
page.css gives it the colour of the theme.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from urllib.parse import quote

import numpy as np

from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import PRESETS
from resnet_viz.stage.recording import recording

_WIDTH, _HEIGHT, _EDGE = 120, 68, 6
Points = Sequence[tuple[float, float]]


@lru_cache(maxsize=1)
def race() -> str:
    """The recorded race's losses by step."""
    losses = [_floats(own["curves"]["loss"]) for own in recording()["records"]]
    return _lines([_smooth(loss) for loss in losses])


@lru_cache(maxsize=1)
def initialisation() -> str:
    """The gradients of the recorded race's layers at step 0, in powers of ten."""
    own = [record["series"]["grad_norm"] for record in recording()["records"]]
    values = [_floats(one["values"]) for one in own]
    rows = [row[: len(row) // len(one["steps"])] for row, one in zip(values, own, strict=True)]
    return _lines([[math.log10(value) for value in row if value > 0] for row in rows])


@lru_cache(maxsize=1)
def design_space() -> str:
    """All presets by parameters and depth, in powers of ten."""
    nets = [(config.shortcut != "none", plan(config)) for config in PRESETS.values()]
    points = [(math.log10(net.params), math.log10(net.depth)) for _, net in nets]
    layers = {"blue": "", "orange": ""}
    for (is_residual, _), (x, y) in zip(nets, _placed(points, points), strict=True):
        colour = "blue" if is_residual else "orange"
        layers[colour] += f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.6" fill="#000"/>'
    return _layered(layers)


def architecture() -> str:
    """Blocks in a row, a shortcut around each."""
    wire, arcs = f'<path d="M2 45 H{_WIDTH - 2}"/>', ""
    for left in range(12, 114, 17):
        wire += f'<rect x="{left}" y="36" width="11" height="18" rx="2"/>'
        arcs += f'<path d="M{left - 3} 45 V34 C{left - 3} 12 {left + 14} 12 {left + 14} 34 V45"/>'
    return _layered({"ink": wire, "blue": arcs})


def _lines(rows: Sequence[Sequence[float]]) -> str:
    """A line per row: the residual net's, then the plain one's."""
    points = [[(i / (len(row) - 1), value) for i, value in enumerate(row)] for row in rows]
    everything = [point for row in points for point in row]
    layers = {}
    for colour, row in zip(("blue", "orange"), points, strict=True):
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in _placed(row, everything))
        layers[colour] = f'<polyline points="{path}"/>'
    return _layered(layers)


def _placed(points: Points, among: Points) -> Points:
    """The points in pixels, so that those they are among fill the picture."""
    low, high = np.min(among, axis=0), np.max(among, axis=0)
    unit = (np.asarray(points) - low) / (high - low)
    x = _EDGE + unit[:, 0] * (_WIDTH - 2 * _EDGE)
    y = _HEIGHT - _EDGE - unit[:, 1] * (_HEIGHT - 2 * _EDGE)
    return list(zip(x.tolist(), y.tolist(), strict=True))


def _smooth(values: Sequence[float], most: int = 5) -> Sequence[float]:
    """Each value's mean with those just before it."""
    return [float(np.mean(values[max(0, i - most + 1) : i + 1])) for i in range(len(values))]


def _floats(text: str) -> Sequence[float]:
    return [float(value) for value in np.frombuffer(base64.b64decode(text), "<f4")]


def _layered(layers: Mapping[str, str]) -> str:
    """The picture's HTML, of SVG shapes by the colour that they are drawn in."""
    box = f'viewBox="0 0 {_WIDTH} {_HEIGHT}" fill="none" stroke="#000" stroke-width="2.2"'
    spans = [
        f'<span class="{colour}" style="mask-image: url(data:image/svg+xml,'
        + quote(f'<svg xmlns="http://www.w3.org/2000/svg" {box}>{shapes}</svg>')
        + ')"></span>'
        for colour, shapes in layers.items()
    ]
    return f'<div class="thumbnail" aria-hidden="true">{"".join(spans)}</div>'
