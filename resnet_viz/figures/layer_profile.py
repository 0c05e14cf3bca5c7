"""Layer profile: a quantity by layer or block at one step, or of the net step by step; the main
chart of a race."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import ceil

import numpy as np
import plotly.graph_objects as go

from resnet_viz.arch.operations import ATTENTIONS, Role
from resnet_viz.figures import style
from resnet_viz.figures.seed_band import band
from resnet_viz.findings.absence import absent_states
from resnet_viz.findings.contestant import (
    GRADIENT,
    Contestant,
    Places,
    decades,
    last_step,
    limits,
    shown,
    thinned,
)
from resnet_viz.findings.theory.predictions import prediction
from resnet_viz.quantities import quantity
from resnet_viz.quantities.layer_states import ABSENT
from resnet_viz.quantities.quantity import Quantity
from resnet_viz.text import count

# Beyond this many layers, of all nets together, markers only smear the lines.
MOST_MARKERS = 250
MOST_POINTS = 4000
# What a log axis can show, in float32.
LEAST, MOST = float(np.finfo(np.float32).smallest_subnormal), float(np.finfo(np.float32).max)
# Markers of layers beside the main path: a suffix of the net's own shape, and a size.
BESIDE: Mapping[Role, tuple[str, int]] = {
    "projection": ("-open", 11),
    "gate": ("-open-dot", 11),
    **dict.fromkeys(ATTENTIONS.values(), ("-open", 7)),
}
IN_LEGEND: Mapping[Role, str] = {
    "projection": "projections",
    "gate": "gates",
    "squeeze-and-excitation": "SE layers",
    "efficient channel attention": "ECA layers",
}

NOT_YET = "Not measured at this step, or before"


def profile(contestants: Sequence[Contestant], step: int, name: str = GRADIENT) -> go.Figure:
    """A quantity (y) of each weighted layer or block (x: its position) at `step`.

    A net that has not come to `step`, or where the quantity was not taken there, is shown at the
    newest step before, and its name says which. Where the first step is not the one shown, it
    stays as a thin line. Layers beside the main path are open markers, named by what they are.
    One hover shows all nets' values at a position, under the layer's or block's name. What the
    axis cannot show (inf, NaN; 0 on a log axis) leaves a gap, and a note under the axis counts it.
    A quantity of the net is drawn step by step instead.
    """
    if axis_of(contestants, name) == "net":
        return by_step(contestants, name)
    about = quantity(name)
    rows = [(i, c, c.history.series(name).row_at(step)) for i, c in enumerate(contestants)]
    started = [(i, c, row) for i, c, row in rows if row is not None]
    traces = [t for i, c, row in started for t in _traces(i, c, row, step, about)]
    if sum(len(c.place(name).names) for _, c, _ in started) > MOST_MARKERS:
        traces = [t | {"mode": "lines"} if t["mode"] == "lines+markers" else t for t in traces]
    bands = [t for i, c, row in started for t in _range(i, c, row, about)]
    predicted = [t for i, c, _ in started for t in _predicted(i, c, about, step)]
    ghosts = [_ghost(i, c, about) for i, c, row in started if row > 0]
    if ghosts:
        ghosts[0]["showlegend"] = True
    names = [_names([c for _, c, _ in started], about)] if started else []
    notes, short = _not_shown([(c, row) for _, c, row in started], about)
    if unmeasured := [c.name for _, c, r in rows if r is None and c.history and started]:
        notes += [f"{style.name_of(name)}: not measured" for name in unmeasured]
        short = "; ".join(filter(None, [short, f"{style.whose(unmeasured)}: not measured"]))
    axis = axis_of(contestants, name)
    deepest = max((int(p) for c in contestants for p in c.place(name).positions), default=1)
    has_begun = any(len(c.history) for c in contestants)
    waiting = [] if started else [style.waiting() | ({"text": NOT_YET} if has_begun else {})]
    layout = {
        "xaxis": style.axis(f"{axis}, from input to output")
        | {
            "range": [0, deepest + 1],
            "unifiedhovertitle": {"text": f"<b>{axis} %{{x}}</b>"},
        },
        "yaxis": style.axis(about.axis_title) | _value_axis(contestants, about),
        "annotations": [*style.below(notes, short), *waiting],
        "hovermode": "x unified",
        "uirevision": name,
        "margin": style.MARGIN | {"b": style.ROOM_BELOW},
        "meta": style.narrow(style.narrow_below(notes, short, waiting))
        | {"places": {"xaxis": _where(contestants, name)}},
    }
    return style.figure([*names, *bands, *ghosts, *traces, *predicted], layout)


def by_step(contestants: Sequence[Contestant], name: str) -> go.Figure:
    """A quantity of the net (y) by step (x); of a long run at most 4,000 steps are drawn."""
    about = quantity(name)
    traces = [_course(i, c, about) for i, c in enumerate(contestants)]
    is_waiting = not any(len(trace["x"]) for trace in traces)
    layout = {
        "xaxis": style.axis("step")
        | {
            "range": style.step_range(last_step(contestants)),
            "unifiedhovertitle": {"text": "<b>step %{x}</b>"},
        },
        "yaxis": style.axis(about.axis_title) | _value_axis(contestants, about),
        "annotations": [style.waiting()] if is_waiting else [],
        "hovermode": "x unified",
        "uirevision": name,
        "meta": style.narrow({}),
    }
    return style.figure(traces, layout)


def axis_of(contestants: Sequence[Contestant], name: str) -> str:
    """The axis of a quantity in this race: layer, block or net."""
    return next((c.along(name).axis for c in contestants if name in c.header), "layer")


def _value_axis(contestants: Sequence[Contestant], about: Quantity) -> style.Layout:
    """At most about eight ticks: on a log axis each at a whole power of ten."""
    if about.scale == "linear":
        return {"range": list(limits(contestants, about.name)), "nticks": 8}
    low, high = decades(contestants, about.name)
    every = max(1, ceil((high - low) / 8))
    return {"type": "log", "range": [low, high], "dtick": every, "exponentformat": "power"}


def _traces(
    index: int, contestant: Contestant, row: int, step: int, about: Quantity
) -> Iterator[style.Trace]:
    own = int(contestant.history.series(about.name).steps[row])
    name = style.name_of(contestant.name) + ("" if own == step else f" (step {own})")
    symbol, colour = style.symbol_of(index), contestant.colour
    line = style.line_of(index, colour)
    places = contestant.place(about.name)
    main = places.only("main")
    marker = {"symbol": symbol, "size": 8, "color": colour}
    look = {"name": name, "mode": "lines+markers", "line": line, "marker": marker}
    look["legendgroup"] = f"net{index}"
    yield _points(contestant, row, main, about) | look | {"hovertemplate": "%{y:.3g}"}
    for role in places.beside:
        suffix, size = BESIDE[role]
        marker = {"symbol": symbol + suffix, "size": size, "color": colour, "line": {"width": 3}}
        look = {"name": f"{name}, {IN_LEGEND[role]}", "mode": "markers", "marker": marker}
        template = f"%{{y:.3g}}<extra>{name}, {role}: %{{text}}</extra>"
        points = _points(contestant, row, places.only(role), about)
        yield points | look | {"hovertemplate": template}


def _range(index: int, contestant: Contestant, row: int, about: Quantity) -> Sequence[style.Trace]:
    """The range over the seeds, on the main path."""
    if contestant.low is None or contestant.high is None:
        return ()
    main = contestant.place(about.name).only("main")
    low, high = (
        h.series(about.name).values[row, main.columns] for h in (contestant.low, contestant.high)
    )
    within = (LEAST, MOST) if about.scale == "log" else (-np.inf, np.inf)
    return band(main.positions, (low, high), contestant.colour, f"net{index}", within=within)


def _predicted(
    index: int, contestant: Contestant, about: Quantity, step: int
) -> Iterator[style.Trace]:
    line = prediction(contestant, about.name, step)
    if line is None:
        return
    yield {
        "type": "scatter",
        "x": line.positions,
        "y": line.values.astype(np.float32),
        "name": line.label,
        "legendgroup": f"net{index}",
        "legendrank": 3000,
        "mode": "lines",
        "line": {"color": contestant.colour, "width": 1.2},
        "hovertemplate": "%{y:.3g}",
    }


def _where(contestants: Sequence[Contestant], name: str) -> dict[str, list[int]]:
    """The positions of each layer or block, by its path: for what is pointed at elsewhere."""
    positions: dict[str, list[int]] = {}
    for contestant in contestants:
        places = contestant.place(name)
        for of, position in zip(places.names, places.positions.tolist(), strict=True):
            if position not in positions.setdefault(of, []):
                positions[of].append(position)
    return positions


def _ghost(index: int, contestant: Contestant, about: Quantity) -> style.Trace:
    """The first step, thin and faint under the others."""
    main = contestant.place(about.name).only("main")
    return _points(contestant, 0, main, about) | {
        "name": f"step {contestant.history.series(about.name).steps[0]}",
        "legendgroup": "ghost",
        "showlegend": False,
        "legendrank": 2000,
        "mode": "lines",
        "line": style.line_of(index, contestant.colour) | {"width": 1.5},
        "opacity": 0.6,
        "hoverinfo": "skip",
    }


def _points(contestant: Contestant, row: int, places: Places, about: Quantity) -> style.Trace:
    values = contestant.history.series(about.name).values[row, places.columns]
    return {
        "type": "scatter",
        "x": places.positions,
        "y": shown(values, about.scale).astype(np.float32),
        "text": list(places.names),
    }


def _course(index: int, contestant: Contestant, about: Quantity) -> style.Trace:
    series = contestant.history.series(about.name)
    rows = thinned(len(series.steps), MOST_POINTS)
    return {
        "type": "scatter",
        "x": series.steps[rows],
        "y": shown(series.values[rows, 0], about.scale) if len(rows) else np.empty(0),
        "name": style.name_of(contestant.name),
        "mode": "lines+markers" if len(rows) <= MOST_MARKERS else "lines",
        "line": style.line_of(index, contestant.colour),
        "marker": {"symbol": style.symbol_of(index), "size": 6},
        "hovertemplate": "%{y:.3g}",
    }


def _names(contestants: Sequence[Contestant], about: Quantity) -> style.Trace:
    """A trace that nobody sees, whose hover names the layers: once where the nets agree."""
    names: dict[int, dict[str, None]] = {}
    for contestant in contestants:
        main = contestant.place(about.name).only("main")
        for position, name in zip(main.positions.tolist(), main.names, strict=True):
            names.setdefault(position, {})[name] = None
    positions = sorted(names)
    low = limits(contestants, about.name)[0]
    if about.scale == "log":
        low = 10 ** decades(contestants, about.name)[0]
    return {
        "type": "scatter",
        "x": np.array(positions),
        "y": np.full(len(positions), low),
        "text": [", ".join(names[position]) for position in positions],
        "name": "layer names",
        "showlegend": False,
        "mode": "markers",
        "marker": {"size": 1, "color": style.CLEAR},
        "hovertemplate": "%{text}<extra></extra>",
    }


def _not_shown(started: Sequence[tuple[Contestant, int]], about: Quantity) -> tuple[list[str], str]:
    """What the axis leaves out of the nets' rows, in words: net by net, and in short."""
    texts, names = [], []
    kinds: dict[str, None] = {}
    for one, row in started:
        series = one.history.series(about.name)
        values = series.values[row]
        states = absent_states(one, about.name, series.only(row))[0]
        where = {state.short: states == state for state in ABSENT}
        where["not finite"] = ~np.isfinite(values) & (states == 0)
        if about.scale == "log":
            where |= {"exactly 0": values == 0, "below 0": values < 0}
        counts = {kind: int(rows.sum()) for kind, rows in where.items() if rows.any()}
        if counts:
            axis = one.along(about.name).axis
            counted = ", ".join(f"{count(n, axis)} {kind}" for kind, n in counts.items())
            texts.append(f"of {style.name_of(one.name)}: {counted}")
            names.append(one.name)
            kinds |= dict.fromkeys(counts)
    if not texts:
        return [], ""
    texts[0] = f"not shown {texts[0]}"
    return texts, f"not shown: values of {style.whose(names)}, {' or '.join(kinds)}"
