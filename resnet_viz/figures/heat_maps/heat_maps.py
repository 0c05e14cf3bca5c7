"""Heat maps: one cell per layer or block and step, one map per net, all on one colour scale."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from resnet_viz.figures import style
from resnet_viz.figures.heat_maps import cells, colour_scale
from resnet_viz.figures.heat_maps.places import PER_ROW, axes, height, stacked, title
from resnet_viz.figures.layer_profile import axis_of
from resnet_viz.findings.colours import RED
from resnet_viz.findings.contestant import GRADIENT, Contestant, Indices, Window, last_step, spread
from resnet_viz.quantities import quantity
from resnet_viz.quantities.layer_states import ABSENT
from resnet_viz.quantities.quantity import Quantity

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
NOT_FINITE: style.Trace = {"colorscale": [[0, RED], [1, RED]], "showscale": False}
"""The mark of a value that is not finite has this colour in the graphs, too."""
NO_VALUE: style.Trace = {
    "colorscale": [[0, style.FAINT], [1, style.FAINT]],
    "showscale": False,
    "zmin": 0,
    "zmax": 1,
}
"""The mark of a layer that has no value at a step: nothing is wrong with it."""
NARROW_LETTERS = 32
"""So many fit above a map, beside the bar."""


def heat_maps(
    contestants: Sequence[Contestant], name: str = GRADIENT, window: Window = None
) -> go.Figure:
    """Heat maps of a quantity (colour; its log10, if its scale is one) by step (x) and layer of the
    main path, or block (y, input on top).

    One map each, side by side (below each other where the chart is narrow), with ONE colour
    scale (colour_scale.py). What lies beyond it has the colours of its ends, and the bar and a note
    say so; a value that is not finite is red, and one that is not there grey. A map of more than
    40,000 cells is thinned evenly, and its title says so, as it says how many cells are red, grey,
    or empty because a log scale has no place for 0.
    """
    about = quantity(name)
    total, axis = len(contestants), axis_of(contestants, name)
    maps = [
        trace
        for number, c in enumerate(contestants)
        for trace in _map(number, c, about, axis, window)
    ]
    missing = ["; ".join(cells.left_out(c, about, window)) for c in contestants]
    names = [f"<b>{style.name_of(c.name)}</b>" for c in contestants]
    above = ["<br>".join(filter(None, pair)) for pair in zip(names, missing, strict=True)]
    scale = colour_scale.ends(contestants, name)
    notes = [text] if (text := colour_scale.beyond(contestants, about, scale)) else []
    heights = height(total, PER_ROW), height(total, 1)
    places = {f"yaxis{style.suffix(n)}": _where(c, name) for n, c in enumerate(contestants)}
    meta = {"thinned": any(_is_thinned(c, name) for c in contestants), "places": places}
    layout: style.Layout = {
        "coloraxis": colour_scale.colour_axis(about, scale),
        "hovermode": "closest",
        "uirevision": name,
        "margin": style.MARGIN | {"r": 110, "t": 56, "b": style.ROOM_BELOW},
        "meta": style.narrow(_narrow(above, about, axis, notes), heights) | meta,
    } | _placed(contestants, above, about)
    layout["annotations"] += style.below(notes, letters=style.WHOLE_LETTERS)
    return style.figure(maps, layout)


def _placed(
    contestants: Sequence[Contestant], above: Sequence[str], about: Quantity
) -> style.Layout:
    """Axes and titles of all maps."""
    total, last = len(contestants), last_step(contestants)
    axis = axis_of(contestants, about.name)
    layout: style.Layout = {"annotations": _titles(above, PER_ROW)}
    depths = [int(max(c.place(about.name).positions, default=0)) for c in contestants]
    for number, own in enumerate(depths):
        # A net that does not hold it has the axis of those that do.
        layout |= axes(number, total, y_axis=axis, depth=own or max(depths) or 1, last=last)
    return layout


def _narrow(above: Sequence[str], about: Quantity, axis: str, notes: Sequence[str]) -> style.Layout:
    """What changes where the chart is narrow: maps below each other, long words in more lines."""
    split = [text.partition("<br>") for text in above]
    broken = ["<br>".join([name, *wrap(rest, NARROW_LETTERS)]) for name, _, rest in split]
    changes = style.narrow_below(notes, others=_titles(broken, 1))
    for number in range(len(broken)):
        changes |= stacked(number, len(broken), y_axis=axis)
    changes["margin"] |= {"l": 50, "r": 76}
    bar = {"thickness": 10, "title": colour_scale.bar_title(about, is_narrow=True)}
    return changes | {"coloraxis": {"colorbar": bar}}


def _titles(above: Sequence[str], per_row: int) -> list[style.Layout]:
    return [title(text, number, len(above), per_row) for number, text in enumerate(above)]


def _is_thinned(contestant: Contestant, name: str) -> bool:
    steps = contestant.history.series(name).steps
    rows = cells.cells(steps, contestant.place(name).only("main"))[0]
    return len(rows) < len(steps) or contestant.history.is_thinned(name)


def _where(contestant: Contestant, name: str) -> dict[str, list[int]]:
    """The rows of each layer or block, by its path: for what is pointed at elsewhere."""
    places = contestant.place(name).only("main")
    return {of: [row] for of, row in zip(places.names, places.positions.tolist(), strict=True)}


def _map(
    number: int, contestant: Contestant, about: Quantity, axis: str, window: Window
) -> list[style.Trace]:
    """The cells with a colour of the scale, and where there are such those that are not finite."""
    values, steps, places = colour_scale.drawn_values(contestant, about, window)
    place: style.Trace = {
        "name": style.name_of(contestant.name),
        "xaxis": f"x{style.suffix(number)}",
        "yaxis": f"y{style.suffix(number)}",
    }
    cell: style.Trace = place | {
        "type": "heatmap",
        "y": places.positions[spread(len(places.names), cells.MOST_LAYERS)],
        "hoverongaps": False,
    }
    at = f"{axis} %{{y}}, step %{{x}}"
    value = "10<sup>%{z:.2f}</sup>" if about.scale == "log" else "%{z:.3g}"
    traces = []
    if np.isfinite(values).any():
        scale = {"coloraxis": "coloraxis", "hovertemplate": f"{at}: {value}"}
        traces.append(cell | _cells(steps, values) | scale)
    broken = cells.broken_cells(contestant, about, window)
    states = cells.states_of_cells(contestant, about, window)
    for state in ABSENT if states is not None else ():
        absent = broken & (states == state)
        broken = broken & ~absent
        traces += _marks(cell, steps, absent, NO_VALUE | {"hovertemplate": f"{at}: {state.words}"})
    traces += _marks(cell, steps, broken, NOT_FINITE | {"hovertemplate": f"{at}: not finite"})
    return traces or [place | EMPTY]


def _marks(
    cell: style.Trace, steps: Indices, where: NDArray[np.bool_], mark: style.Trace
) -> list[style.Trace]:
    """The cells that have a mark, where there are any."""
    return [cell | _cells(steps, np.where(where, 1.0, np.nan)) | mark] if where.any() else []


def _cells(steps: Indices, values: NDArray[np.float64]) -> style.Trace:
    x, z = cells.edges(steps, values.T)
    return {"x": x, "z": z.astype(np.float32)}
