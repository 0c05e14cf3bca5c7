"""Design space: every preset by its parameters, MACs and activation memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import log10
from typing import Literal, NamedTuple

import plotly.graph_objects as go

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.fields import ImageSize, short_size
from resnet_viz.arch.plan import plan
from resnet_viz.figures import style
from resnet_viz.findings.colours import OTHERS, PLAIN, RESIDUAL

Axis = Literal["params", "activation_bytes"]
X_TITLES: Mapping[Axis, str] = {
    "params": "parameters",
    "activation_bytes": "activation memory of one image",
}
# Family: colour and marker. Plain nets are rings, so that the residual twin shows inside them.
FAMILIES: Mapping[str, tuple[str, str]] = {
    "ResNet": (RESIDUAL, "circle"),
    "plain": (PLAIN, "circle-open"),
    "pre-activation": (OTHERS[0], "diamond"),
    "Wide ResNet": (OTHERS[1], "square"),
    "ResNeXt": (OTHERS[2], "triangle-up"),
    "ResNet-D, SE": (OTHERS[3], "cross"),
    "without norm": (OTHERS[4], "x"),
}
HIGHLIGHT = "star"
SIZE, RING, STAR = 12, 19, 20


class DesignPoint(NamedTuple):
    """A net and its costs; MACs and activation bytes are of one image of `image_size`."""

    name: str
    family: str
    depth: int
    params: int
    macs: int
    activation_bytes: int
    image_size: ImageSize


def design_point(name: str, config: ResNetConfig) -> DesignPoint:
    """The point of a net."""
    network = plan(config)
    return DesignPoint(
        name,
        family(config),
        network.depth,
        network.params,
        network.macs,
        network.activation_bytes(1),
        config.image_size,
    )


def family(config: ResNetConfig) -> str:
    """The family of a net: a key of `FAMILIES`; the first that fits."""
    is_wide = config.group_width > 64 or config.width_of_stem < config.widths[0]
    tests = {
        "plain": config.shortcut == "none",
        "without norm": config.norm == "none",
        "ResNet-D, SE": config.attention != "none" or config.stem in ("deep", "tiered"),
        "ResNeXt": config.cardinality > 1,
        "Wide ResNet": is_wide,
        "pre-activation": config.activation_order == "full_preactivation",
    }
    return next((name for name, fits in tests.items() if fits), "ResNet")


def design_space(points: Sequence[DesignPoint], current: DesignPoint, x: Axis) -> go.Figure:
    """Scatter plot: MACs against `x`, both on log axes; `current` is a star in its family's colour.

    A point's customdata is its name. Of nets at the same place each one's hover names them all.
    """
    everyone = [*points, current]
    places = _places(everyone, x)
    unit = "B" if x == "activation_bytes" else ""
    traces = [
        _trace(name, [p for p in points if p.family == name], x, places)
        for name in FAMILIES
        if any(p.family == name for p in points)
    ]
    layout: style.Layout = {
        "xaxis": style.axis(X_TITLES[x]) | _log_axis([getattr(p, x) for p in everyone], unit),
        "yaxis": style.axis("MACs, one image") | _log_axis([p.macs for p in everyone], ""),
        "margin": {"l": 80, "r": 10, "t": 60, "b": 70},
        "meta": style.narrow({}),
        "uirevision": x,
        "hovermode": "closest",
        "clickmode": "event+select",
        "dragmode": "pan",
    }
    return style.figure([*traces, _current_trace(current, x, places)], layout)


def at_the_place_of(name: str, points: Sequence[DesignPoint], x: Axis) -> tuple[DesignPoint, ...]:
    """The points at the place of the point called `name`, which is among them."""
    places = _places(points, x).values()
    return next((tuple(here) for here in places if name in [point.name for point in here]), ())


def _log_axis(values: Sequence[int], unit: str) -> style.Layout:
    """Around all of `values`, with room for marks and the star's name."""
    low, high = min(values), max(values)
    room = 0.06 * log10(high / low) + 0.06
    limits = {"range": [log10(low) - room, log10(high) + room]}
    return style.log_ticks(low, high, unit) | limits


Places = Mapping[tuple[int, int], Sequence[DesignPoint]]


def _places(points: Sequence[DesignPoint], x: Axis) -> Places:
    places: dict[tuple[int, int], list[DesignPoint]] = {}
    for point in points:
        places.setdefault(_place(point, x), []).append(point)
    return places


def _place(point: DesignPoint, x: Axis) -> tuple[int, int]:
    return int(getattr(point, x)), point.macs


def _trace(name: str, points: Sequence[DesignPoint], x: Axis, places: Places) -> style.Trace:
    colour, symbol = FAMILIES[name]
    is_ring = symbol.endswith("-open")
    line = {"width": 3 if is_ring else 1, "color": colour if is_ring else "white"}
    marker = {"color": colour, "symbol": symbol, "size": RING if is_ring else SIZE, "line": line}
    return _scatter(name, points, x, places) | {"marker": marker}


def _current_trace(current: DesignPoint, x: Axis, places: Places) -> style.Trace:
    colour, _ = FAMILIES[current.family]
    line = {"width": 2, "color": "#808080"}
    marker = {"color": colour, "symbol": HIGHLIGHT, "size": STAR, "line": line}
    trace = _scatter(f"current net: {current.name}", [current], x, places)
    return trace | {
        "marker": marker,
        "mode": "markers+text",
        "text": [style.name_of(current.name)],
        "textposition": "top center",
    }


def _scatter(name: str, points: Sequence[DesignPoint], x: Axis, places: Places) -> style.Trace:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": style.name_of(name),
        "x": [getattr(point, x) for point in points],
        "y": [point.macs for point in points],
        "customdata": [[point.name] for point in points],
        "hovertext": ["<br>".join(_lines(places[_place(point, x)])) for point in points],
        "hoverinfo": "text",
        "unselected": {"marker": {"opacity": 1}},
    }


def _lines(here: Sequence[DesignPoint]) -> Iterator[str]:
    """What hovering over a place says of each net that stands there."""
    for point in dict.fromkeys(here):
        yield f"<b>{style.name_of(point.name)}</b> ({point.family}, depth {point.depth})"
    point = here[0]
    yield f"{point.params:,} parameters"
    yield f"{point.macs:,} MACs at {short_size(point.image_size)} pixels"
    for memory in dict.fromkeys(p.activation_bytes for p in here):
        yield f"{memory / 1e6:,.3g} MB of activations"
