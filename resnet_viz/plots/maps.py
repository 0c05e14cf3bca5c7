"""A quantity by layer or block and step: a heat map for each net, all on one colour scale."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from resnet_viz.lab.quantities import quantity
from resnet_viz.lab.quantities.quantity import Quantity
from resnet_viz.plots import style
from resnet_viz.plots.contestant import (
    GRADIENT,
    Contestant,
    Indices,
    Places,
    Window,
    drawn_steps,
    shown,
    spread,
    thinned,
)
from resnet_viz.plots.profile import axis_of

Numbers = NDArray[np.floating] | NDArray[np.integer]

MOST_CELLS = 40_000
MOST_LAYERS = 400
MOST_COLUMNS = 120
PER_ROW = 2
GAP_X, GAP_Y = 0.1, 0.22


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
    total, last = len(contestants), _last_step(contestants)
    what = axis_of(contestants, name)
    maps = [_map(number, c, about, what, window) for number, c in enumerate(contestants)]
    low, high = robust_limits(contestants, name)
    beyond = style.below([text] if (text := _beyond(contestants, about, low, high)) else [])
    layout: style.Layout = {
        "coloraxis": _colour_axis(about, low, high),
        "hovermode": "closest",
        "uirevision": name,
        "margin": style.MARGIN | {"r": 110, "t": 56, "b": 60 + 22 * len(beyond)},
        "meta": style.narrow(
            _placed(contestants, about, 1, last)
            | {"margin": {"l": 50, "r": 76}, "coloraxis": NARROW_BAR},
            (_height(ceil(total / PER_ROW)), _height(total)),
        )
        | {"thinned": any(_is_thinned(c, name) for c in contestants)}
        | {"places": {f"yaxis{_suffix(n)}": _where(c, name) for n, c in enumerate(contestants)}},
    } | _placed(contestants, about, PER_ROW, last)
    layout["annotations"] += beyond
    layout["meta"]["narrow"]["annotations"] += [
        said | {"text": said["text"].replace("; ", "<br>")} for said in beyond
    ]
    return style.figure(maps, layout)


def _is_thinned(contestant: Contestant, name: str) -> bool:
    steps = contestant.history.taken(name).steps
    rows = _cells(steps, contestant.place(name).only("main"))[0]
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
    rows, columns = _cells(taken.steps, places)
    if window is not None:
        rows = drawn_steps(taken.steps, _most_steps(len(columns)), window)
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


def _height(rows: int) -> float:
    """Of `rows` maps below each other, in heights of one; margins are there once."""
    return 1 + 0.7 * max(0, rows - 1)


def _placed(
    contestants: Sequence[Contestant], about: Quantity, per_row: int, last: int
) -> style.Layout:
    """Axes and titles with so many maps a row."""
    total = len(contestants)
    layout: style.Layout = {
        "annotations": [_title(n, total, per_row, c, about) for n, c in enumerate(contestants)]
    }
    what = axis_of(contestants, about.name)
    depths = [int(max(c.place(about.name).positions, default=0)) for c in contestants]
    for number, own in enumerate(depths):
        # A net that does not hold it has the axis of those that do.
        layout |= _axes(number, total, per_row, what=what, depth=own or max(depths) or 1, last=last)
    return layout


def _columns(
    steps: NDArray[np.int64], z: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Steps and cells [places, steps] as plotly is to draw them.

    A quantity that is not taken at each step has columns of their own with nothing between, wide
    enough to be seen: nothing is drawn where nothing was measured. x are then the columns' edges.
    """
    gaps = np.diff(steps)
    if not len(gaps) or gaps.min() <= 1 or len(steps) > MOST_COLUMNS:
        return steps.astype(np.float64), z
    half = min(int(gaps.min()), max(1.0, float(steps[-1]) / MOST_COLUMNS)) / 2
    edges = np.stack([steps - half, steps + half], axis=1).ravel()
    apart = np.full((z.shape[0], 2 * len(steps) - 1), np.nan)
    apart[:, ::2] = z
    return edges, apart


def _suffix(number: int) -> str:
    return "" if number == 0 else str(number + 1)


def _colour_axis(about: Quantity, low: float, high: float) -> style.Layout:
    said = about.symbol or about.title
    title = {"text": said, "side": "top", "font": {"size": style.FONT_SIZE}}
    bar: style.Layout = {"title": title, "thickness": 16}
    if about.scale == "log":
        powers = {"tickprefix": "10<sup>", "ticksuffix": "</sup>", "dtick": ceil((high - low) / 8)}
        bar |= powers
    return {"colorscale": "Viridis", "cmin": low, "cmax": high, "colorbar": bar}


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
NARROW_BAR: style.Layout = {"colorbar": {"thickness": 10, "title": {"text": ""}}}


def _cells(steps: Indices, places: Places) -> tuple[Indices, Indices]:
    """Which of the steps, and which of the places, are drawn."""
    columns = spread(len(places.names), MOST_LAYERS)
    rows = thinned(len(steps), _most_steps(len(columns)))
    return rows if len(rows) == len(steps) else _even(steps, rows), columns


def _even(steps: Indices, rows: Indices) -> Indices:
    """Without the newest, where it is nearer to the one before than the others are.

    plotly draws columns of one width as a small picture, and others cell by cell: of six nets of
    110 layers that takes ten times as long. And the map need not be drawn anew with each step.
    """
    gaps = np.diff(steps[rows])
    return rows[:-1] if len(gaps) > 1 and gaps[-1] < gaps[0] else rows


def _most_steps(columns: int) -> int:
    return max(2, MOST_CELLS // max(1, columns))


def _map(
    number: int, contestant: Contestant, about: Quantity, what: str, window: Window
) -> style.Trace:
    values, steps, places = _drawn(contestant, about, window)
    positions = places.positions[spread(len(places.names), MOST_LAYERS)]
    value = "10<sup>%{z:.2f}</sup>" if about.scale == "log" else "%{z:.3g}"
    place: style.Trace = {
        "name": style.name_of(contestant.name),
        "xaxis": f"x{_suffix(number)}",
        "yaxis": f"y{_suffix(number)}",
    }
    if not np.isfinite(values).any():
        return place | EMPTY
    edges, z = _columns(steps, values.T)
    return place | {
        "type": "heatmap",
        "z": z.astype(np.float32),
        "x": edges,
        "y": positions,
        "coloraxis": "coloraxis",
        "hovertemplate": f"{what} %{{y}}, step %{{x}}: {value}",
        "hoverongaps": False,
    }


def _domain(number: int, total: int, per_row: int) -> tuple[list[float], list[float]]:
    """The rectangle of map `number`, in fractions of the figure: x limits, y limits."""
    across, down = min(per_row, total), ceil(total / per_row)
    gap = GAP_Y * _height(2) / _height(down)  # as tall as between two rows: the figure grows
    width, height = (1 - GAP_X * (across - 1)) / across, (1 - gap * (down - 1)) / down
    row, column = divmod(number, per_row)
    left, top = column * (width + GAP_X), 1 - row * (height + gap)
    return [left, min(1.0, left + width)], [max(0.0, top - height), top]


def _axes(
    number: int, total: int, per_row: int, *, what: str, depth: int, last: int
) -> style.Layout:
    x_domain, y_domain = _domain(number, total, per_row)
    suffix = _suffix(number)
    x = {"domain": x_domain, "anchor": f"y{suffix}", "range": style.step_range(last)}
    y = {"domain": y_domain, "anchor": f"x{suffix}", "range": [depth + 0.5, 0.5]}
    # Maps beside each other share their rows: a second title would lie on the first map.
    y_title = "" if number % per_row else what
    return {
        f"xaxis{suffix}": style.axis("step") | x | {"showgrid": False},
        f"yaxis{suffix}": style.axis(y_title) | y | {"showgrid": False},
    }


def _title(
    number: int, total: int, per_row: int, contestant: Contestant, about: Quantity
) -> style.Layout:
    x_domain, y_domain = _domain(number, total, per_row)
    lines = [f"<b>{style.name_of(contestant.name)}</b>", "; ".join(_left_out(contestant, about))]
    place = {"x": x_domain[0], "y": y_domain[1], "yanchor": "bottom", "yshift": 4}
    return style.note("<br>".join(filter(None, lines)), 1) | place


def _left_out(contestant: Contestant, about: Quantity) -> list[str]:
    """What the map does not show, in words."""
    if not len(contestant.history):
        return [style.WAITING]
    taken = contestant.history.taken(about.name)
    if not len(taken.steps):
        return ["not measured"]
    places = contestant.place(about.name)
    main = places.only("main")
    what = contestant.along(about.name).axis
    rows, columns = _cells(taken.steps, main)
    said = []
    if len(rows) < len(taken.steps):
        said.append(f"every {_ordinal(int(taken.steps[rows[1]] - taken.steps[rows[0]]))} step")
    if len(columns) < len(main.names):
        said.append(f"{len(columns):,} of {len(main.names):,} {what}s")
    if empty := _empty(taken.values[:, main.columns], about):
        said.append(empty)
    for role in places.beside:
        left_out = style.count(len(places.of(role)), "layer" if role[0] == "s" else role)
        said.append(f"without {left_out}" + (" of squeeze-and-excitation" * (role[0] == "s")))
    return said


def _ordinal(number: int) -> str:
    """Such as "2nd" and "4th", of what powers of two leave."""
    tens = number % 100
    return f"{number:,}{'nd' if tens % 10 == 2 and tens != 12 else 'th'}"


def _empty(values: Numbers, about: Quantity) -> str:
    texts = [f"{n:,} not finite"] if (n := int((~np.isfinite(values)).sum())) else []
    if about.scale == "log":
        texts += [f"{n:,} exactly 0"] if (n := int((values == 0).sum())) else []
        texts += [f"{n:,} below 0"] if (n := int((values < 0).sum())) else []
    return "not shown: " + ", ".join(texts) if texts else ""
