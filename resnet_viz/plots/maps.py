"""A quantity by layer or block and step: a heat map for each net, all on one colour scale."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from textwrap import wrap

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from resnet_viz.lab.quantities import quantity
from resnet_viz.lab.quantities.quantity import Quantity
from resnet_viz.plots import style
from resnet_viz.plots.contestant import (
    GRADIENT,
    Contestant,
    Places,
    Window,
    shown,
    spread,
)
from resnet_viz.plots.map_cells import MOST_LAYERS, cells, edges, left_out
from resnet_viz.plots.map_places import PER_ROW, axes, height, stacked, suffix, title
from resnet_viz.plots.profile import axis_of

# Where no cell has a colour: plotly leaves such a map out, and with it draws the axes of those
# beside it at no place (NaN). A point that is none keeps the axes.
EMPTY: style.Trace = {
    "type": "scatter",
    "mode": "markers",
    "x": [None],
    "y": [None],
    "showlegend": False,
    "hoverinfo": "skip",
}
NARROW_LETTERS = 32
"""So many fit above a map, beside the bar."""
NARROW_BAR: style.Layout = {"colorbar": {"thickness": 10, "title": {"text": ""}}}


def heat_maps(
    contestants: Sequence[Contestant], name: str = GRADIENT, window: Window = None
) -> go.Figure:
    """A quantity (colour; its log10, if its scale is one) by step (x) and layer of the main path,
    or block (y, input on top).

    One map each, side by side (below each other where the chart is narrow), with ONE colour
    scale. The scale leaves out the smallest and the largest hundredth of the values, which have
    its end colours; a note says how many lie beyond. A map of more than 40,000 cells is thinned
    evenly, and its title says so, as it says how many cells are empty because a value cannot be
    shown.
    """
    about = quantity(name)
    total, what = len(contestants), axis_of(contestants, name)
    maps = [_map(number, c, about, what, window) for number, c in enumerate(contestants)]
    above = [_above(c, about, window) for c in contestants]
    low, high = robust_limits(contestants, name)
    beyond = [text] if (text := _beyond(contestants, about, low, high)) else []
    layout: style.Layout = {
        "coloraxis": _colour_axis(about, low, high),
        "hovermode": "closest",
        "uirevision": name,
        "margin": style.MARGIN | {"r": 110, "t": 56, "b": style.room_below(beyond)},
        "meta": style.narrow(
            _narrow(above, what, beyond),
            (height(total, PER_ROW), height(total, 1)),
        )
        | {"thinned": any(_is_thinned(c, name) for c in contestants)}
        | {"places": {f"yaxis{suffix(n)}": _where(c, name) for n, c in enumerate(contestants)}},
    } | _placed(contestants, above, about)
    layout["annotations"] += style.below(beyond)
    return style.figure(maps, layout)


def _above(contestant: Contestant, about: Quantity, window: Window) -> str:
    """A map's title: whose it is, and what it leaves out."""
    missing = "; ".join(left_out(contestant, about, window))
    return "<br>".join(filter(None, [f"<b>{style.name_of(contestant.name)}</b>", missing]))


def _placed(
    contestants: Sequence[Contestant], above: Sequence[str], about: Quantity
) -> style.Layout:
    """Axes and titles of all maps."""
    total, last = len(contestants), _last_step(contestants)
    what = axis_of(contestants, about.name)
    layout: style.Layout = {"annotations": _titles(above, PER_ROW)}
    depths = [int(max(c.place(about.name).positions, default=0)) for c in contestants]
    for number, own in enumerate(depths):
        # A net that does not hold it has the axis of those that do.
        layout |= axes(number, total, what=what, depth=own or max(depths) or 1, last=last)
    return layout


def _stacked(above: Sequence[str], what: str) -> style.Layout:
    """What is otherwise where the maps lie below each other."""
    layout: style.Layout = {"annotations": _titles(above, 1)}
    for number in range(len(above)):
        layout |= stacked(number, len(above), what=what)
    return layout


def _narrow(above: Sequence[str], what: str, beyond: Sequence[str]) -> style.Layout:
    """What changes where the chart is narrow: maps below each other, long words in more lines."""
    split = [text.partition("<br>") for text in above]
    broken = ["<br>".join([name, *wrap(rest, NARROW_LETTERS)]) for name, _, rest in split]
    stacked = _stacked(broken, what)
    changes = stacked | style.narrow_below(beyond, stacked["annotations"])
    changes["margin"] |= {"l": 50, "r": 76}
    return changes | {"coloraxis": NARROW_BAR}


def _titles(above: Sequence[str], per_row: int) -> list[style.Layout]:
    return [title(text, number, len(above), per_row) for number, text in enumerate(above)]


def _is_thinned(contestant: Contestant, name: str) -> bool:
    steps = contestant.history.taken(name).steps
    rows = cells(steps, contestant.place(name).only("main"))[0]
    return len(rows) < len(steps) or contestant.history.is_thinned(name)


def _where(contestant: Contestant, name: str) -> dict[str, list[int]]:
    """The rows of each layer or block, by its path: for what is pointed at elsewhere."""
    places = contestant.place(name).only("main")
    return {of: [row] for of, row in zip(places.names, places.positions.tolist(), strict=True)}


def maps_alt(contestants: Sequence[Contestant], name: str = GRADIENT) -> str:
    """The picture in words: whose maps, and from where to where their values go."""
    names = " against ".join(c.name for c in contestants)
    about = quantity(name)
    known = _known(contestants, about)
    known = 10**known if about.scale == "log" else known
    between = f"; values between {known.min():.3g} and {known.max():.3g}" if known.size else ""
    return (
        f"Heat maps of the {about.title} by {axis_of(contestants, name)} and step up to step "
        f"{_last_step(contestants)}, {names}{between}."
    )


def robust_limits(contestants: Sequence[Contestant], name: str = GRADIENT) -> tuple[float, float]:
    """Limits around all values but the smallest and the largest hundredth.

    On a log scale they are log10, whole halves.
    """
    about = quantity(name)
    known = _known(contestants, about)
    if not known.size:
        return (-3.0, 1.0) if about.scale == "log" else (0.0, 1.0)
    low, high = (float(end) for end in np.percentile(known, [1, 99]))
    if about.scale == "linear":
        return low, high if high > low else low + 1
    # A power of ten itself is a limit, whatever the last bit of a float32 says.
    bottom = float(np.floor(2 * low + 1e-5) / 2)
    return bottom, max(float(np.ceil(2 * high - 1e-5) / 2), bottom + 1)


def _known(contestants: Sequence[Contestant], about: Quantity) -> NDArray[np.float64]:
    """Every value that is drawn."""
    drawn = [_drawn(c, about)[0].ravel() for c in contestants]
    known = np.concatenate(drawn) if drawn else np.empty(0)
    return known[np.isfinite(known)]


def _drawn(
    contestant: Contestant, about: Quantity, window: Window = None
) -> tuple[NDArray[np.float64], NDArray[np.int64], Places]:
    """The values [steps, places] on the colours' scale, NaN for what has none there; the steps,
    and the places of the main path."""
    taken = contestant.history.taken(about.name)
    places = contestant.place(about.name).only("main")
    if not len(taken.steps):
        return np.empty((0, 0)), taken.steps, places
    rows, columns = cells(taken.steps, places, window)
    values = shown(taken.values[np.ix_(rows, places.columns[columns])], about.scale)
    if about.scale == "log":
        values = np.log10(values)
    return values, taken.steps[rows], places


def _beyond(contestants: Sequence[Contestant], about: Quantity, low: float, high: float) -> str:
    known = _known(contestants, about)
    outside = known[(known < low - 1e-5) | (known > high + 1e-5)]
    if not outside.size:
        return ""
    ends = [known.min(), known.max()]
    if about.scale == "log":
        ends = [10.0**end for end in ends]
    share = outside.size / known.size
    between = " to ".join(f"{end:.1e}" for end in ends)
    return f"{share:.1%} of the cells lie beyond the colours' scale; all values: {between}"


def _last_step(contestants: Sequence[Contestant]) -> int:
    return max((int(c.history.steps[-1]) for c in contestants if len(c.history)), default=0)


def _colour_axis(about: Quantity, low: float, high: float) -> style.Layout:
    said = about.symbol or about.title
    title = {"text": said, "side": "top", "font": {"size": style.FONT_SIZE}}
    bar: style.Layout = {"title": title, "thickness": 16}
    if about.scale == "log":
        powers = {"tickprefix": "10<sup>", "ticksuffix": "</sup>", "dtick": ceil((high - low) / 8)}
        bar |= powers
    return {"colorscale": "Viridis", "cmin": low, "cmax": high, "colorbar": bar}


def _map(
    number: int, contestant: Contestant, about: Quantity, what: str, window: Window
) -> style.Trace:
    values, steps, places = _drawn(contestant, about, window)
    positions = places.positions[spread(len(places.names), MOST_LAYERS)]
    value = "10<sup>%{z:.2f}</sup>" if about.scale == "log" else "%{z:.3g}"
    place: style.Trace = {
        "name": style.name_of(contestant.name),
        "xaxis": f"x{suffix(number)}",
        "yaxis": f"y{suffix(number)}",
    }
    if not np.isfinite(values).any():
        return place | EMPTY
    x, z = edges(steps, values.T)
    return place | {
        "type": "heatmap",
        "z": z.astype(np.float32),
        "x": x,
        "y": positions,
        "coloraxis": "coloraxis",
        "hovertemplate": f"{what} %{{y}}, step %{{x}}: {value}",
        "hoverongaps": False,
    }
