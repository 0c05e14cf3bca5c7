"""Cells of a heat map: which ones are drawn, in which form, and what is left out, in words."""

from __future__ import annotations

from math import inf

import numpy as np
from numpy.typing import NDArray

from resnet_viz.arch.operations import ATTENTIONS
from resnet_viz.figures import style
from resnet_viz.findings.absence import absent_states
from resnet_viz.findings.contestant import (
    Contestant,
    Indices,
    Places,
    Window,
    drawn_steps,
    spread,
    thinned,
)
from resnet_viz.quantities.layer_states import States
from resnet_viz.quantities.quantity import Quantity
from resnet_viz.text import count, ordinal

Numbers = NDArray[np.floating] | NDArray[np.integer]

MOST_CELLS = 40_000
MOST_LAYERS = 400
MOST_COLUMNS = 120


def cells(steps: Indices, places: Places, window: Window = None) -> tuple[Indices, Indices]:
    """The drawn steps and places; more of the steps in the `window`."""
    columns = spread(len(places.names), MOST_LAYERS)
    most = max(2, MOST_CELLS // max(1, len(columns)))
    if window is not None:
        return drawn_steps(steps, most, window), columns
    rows = thinned(len(steps), most)
    return rows if len(rows) == len(steps) else _even(steps, rows), columns


def edges(
    steps: NDArray[np.int64], z: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The edges of the steps, and the cells [places, steps], as plotly draws them.

    A quantity that is not taken at each step has columns of their own with nothing between, wide
    enough to be seen: nothing is drawn where nothing was measured. x are then the columns' edges.
    """
    gaps = np.diff(steps)
    if not len(gaps) or gaps.min() <= 1 or len(steps) > MOST_COLUMNS:
        return steps.astype(np.float64), z
    half = min(int(gaps.min()), max(1.0, float(steps[-1]) / MOST_COLUMNS)) / 2
    sides = np.stack([steps - half, steps + half], axis=1).ravel()
    apart = np.full((z.shape[0], 2 * len(steps) - 1), np.nan)
    apart[:, ::2] = z
    return sides, apart


def broken_cells(
    contestant: Contestant, about: Quantity, window: Window = None
) -> NDArray[np.bool_]:
    """The cells [steps, places] that are not finite, or have no value."""
    series = contestant.history.series(about.name)
    if not len(series.steps):
        return np.zeros((0, 0), np.bool_)
    places = contestant.place(about.name).only("main")
    rows, columns = cells(series.steps, places, window)
    return ~np.isfinite(series.values[np.ix_(rows, places.columns[columns])])


def states_of_cells(
    contestant: Contestant, about: Quantity, window: Window = None
) -> States | None:
    """The reasons why cells [steps, places] have no value: codes of states, 0 if they have one."""
    series = contestant.history.series(about.name)
    states = absent_states(contestant, about.name, series)
    if not states.any():
        return None
    places = contestant.place(about.name).only("main")
    rows, columns = cells(series.steps, places, window)
    return states[np.ix_(rows, places.columns[columns])]


def left_out(contestant: Contestant, about: Quantity, window: Window = None) -> list[str]:
    """Notes on what the map marks or leaves out, for the steps in the `window`, if there is one."""
    if not len(contestant.history):
        return [style.WAITING]
    series = contestant.history.series(about.name)
    if not len(series.steps):
        return ["not measured"]
    places = contestant.place(about.name)
    main = places.only("main")
    axis = contestant.along(about.name).axis
    rows, columns = cells(series.steps, main, window)
    notes = []
    is_thinned = len(rows) < len(series.steps) or contestant.history.is_thinned(about.name)
    if is_thinned and (every := _gap(series.steps[rows], window)) > 1:
        notes.append(f"every {ordinal(every)} step")
    elif (steps := contestant.along(about.name).every) > 1:
        notes.append(f"every {ordinal(steps)} step")
    if len(columns) < len(main.names):
        notes.append(f"{len(columns):,} of {len(main.names):,} {axis}s")
    why = absent_states(contestant, about.name, series)[:, main.columns]
    notes += _marked_or_empty(series.values[:, main.columns], about, why)
    for role in places.beside:
        is_attention = role in ATTENTIONS.values()
        own = count(len(places.of(role)), "layer" if is_attention else role)
        notes.append(f"without {own}" + f" of {role}" * is_attention)
    return notes


def _even(steps: Indices, rows: Indices) -> Indices:
    """Without the newest, where it is nearer to the one before than the others are.

    plotly draws columns of one width as a small picture, and others cell by cell: of six nets of
    110 layers that takes ten times as long. And the map need not be drawn anew with each step.
    """
    gaps = np.diff(steps[rows])
    return rows[:-1] if len(gaps) > 1 and gaps[-1] < gaps[0] else rows


def _gap(steps: Indices, window: Window) -> int:
    """How many steps the columns that are looked at are apart."""
    first, last = window or (-inf, inf)
    in_window = steps[(steps >= first) & (steps <= last)]
    return int(np.median(np.diff(in_window))) if len(in_window) > 1 else 1


def _marked_or_empty(values: Numbers, about: Quantity, why: States) -> list[str]:
    is_broken, is_absent = ~np.isfinite(values), why > 0
    broken, absent = int((is_broken & ~is_absent).sum()), int(is_absent.sum())
    notes = [f"{broken:,} not finite (red)"] if broken else []
    notes += [f"{absent:,} without a value (grey)"] if absent else []
    if about.scale == "log":
        counts = {"exactly 0": int((values == 0).sum()), "below 0": int((values < 0).sum())}
        texts = [f"{count:,} {kind}" for kind, count in counts.items() if count]
        notes += [f"not shown: {', '.join(texts)}"] if texts else []
    return notes
