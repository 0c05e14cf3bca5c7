"""Small multiples of training curves: one panel for each value of an axis, all on one scale."""

from __future__ import annotations

from math import ceil, log10

import numpy as np
import plotly.graph_objects as go

from resnet_viz.experiments.sweep_spec import SEED
from resnet_viz.figures import style
from resnet_viz.figures.training_curves import LEAST_LOSS, MOST_LOSS, running_mean
from resnet_viz.findings.contestant import thinned
from resnet_viz.findings.sweeps.courses import Histories, colours
from resnet_viz.findings.sweeps.grid import Grid
from resnet_viz.quantities.records import History

MOST_PANELS, MOST_POINTS, PER_ROW = 12, 160, 3
_MEAN_OF = 5
"""Minibatches that a point of a curve is the mean of."""
_GAP_X, _GAP_Y, _TOP = 0.05, 0.14, 0.95
HEIGHT_OF_ROW = 230


def rows_of(grid: Grid, by: str) -> int:
    """How many rows of panels there are."""
    return ceil(min(MOST_PANELS, len(grid.axis(by))) / PER_ROW)


def curves(grid: Grid, histories: Histories, by: str) -> go.Figure:
    """The chart: each run's training loss by step, each point the mean of five minibatches.

    A point's customdata is the number of its cell.
    """
    axis, lines = grid.axis(by), grid.lines(by)
    shown = axis.in_order[:MOST_PANELS]
    panels = {index: panel for panel, index in enumerate(shown)}
    traces, losses, last, titles = [], [1.0], 10, []
    for number, (line, colour) in enumerate(zip(lines, colours(lines), strict=True)):
        is_named = False
        for place in line.places:
            panel = panels.get(place.at[by])
            for cell in place.cells if panel is not None else ():
                history = histories.get(cell.run_id or "")
                if panel is None or history is None or not len(history):
                    continue
                steps, loss = _curve(history)
                losses += loss[np.isfinite(loss)].tolist()
                last = max(last, int(steps[-1]))
                name = style.name_of(line.name or "all runs")
                traces.append(
                    {
                        "type": "scatter",
                        "mode": "lines",
                        "x": steps,
                        "y": loss.astype(np.float32),
                        "xaxis": f"x{style.suffix(panel)}",
                        "yaxis": f"y{style.suffix(panel)}",
                        "line": style.line_of(number, colour) | {"width": 1.5},
                        "name": name,
                        "legendgroup": str(number),
                        "showlegend": not is_named,
                        "customdata": [str(cell.number)] * len(steps),
                        "hovertemplate": f"step %{{x}}, seed {cell.values[SEED]}: %{{y:.3g}}"
                        f"<extra>{name}</extra>",
                    }
                )
                is_named = True
    layout: style.Layout = {
        "margin": style.MARGIN | {"l": 70},
        "meta": style.narrow({}),
        "hovermode": "closest",
        "uirevision": by,
    }
    low, high = max(LEAST_LOSS, min(losses)), min(MOST_LOSS, max(losses))
    for panel, index in enumerate(shown):
        layout |= _axes(panel, len(shown), last, (0.8 * low, 1.25 * high))
        x, y = _domain(panel, len(shown))
        text = style.name_of(axis.phrase(index))
        titles.append(style.note(text, y[1]) | {"x": x[0], "yanchor": "bottom", "yshift": 2})
    return style.figure(traces, layout | {"annotations": titles})


def _curve(history: History) -> tuple[np.ndarray, np.ndarray]:
    loss = history.loss
    drawn = np.where(np.isfinite(loss) & (loss >= LEAST_LOSS) & (loss <= MOST_LOSS), loss, np.nan)
    rows = thinned(len(loss), MOST_POINTS)
    return history.steps[rows], running_mean(drawn, _MEAN_OF)[rows]


def _axes(panel: int, total: int, last: int, ends: tuple[float, float]) -> style.Layout:
    x_domain, y_domain = _domain(panel, total)
    own = style.suffix(panel)
    is_left, is_lowest = panel % PER_ROW == 0, panel + PER_ROW >= total
    x = {"domain": x_domain, "anchor": f"y{own}", "range": style.step_range(last)}
    y = {"domain": y_domain, "anchor": f"x{own}", "range": [log10(end) for end in ends]}
    return {
        f"xaxis{own}": style.axis("step" if is_lowest else "") | x,
        f"yaxis{own}": style.axis("loss [nats]" if is_left else "")
        | style.log_ticks(*ends)
        | y
        | {"showticklabels": is_left},
    }


def _domain(panel: int, total: int) -> tuple[list[float], list[float]]:
    """The rectangle of a panel, in fractions of the figure."""
    across, down = min(PER_ROW, total), ceil(total / PER_ROW)
    gap = _GAP_Y if down > 1 else 0.0
    wide, tall = (1 - _GAP_X * (across - 1)) / across, (1 - gap * (down - 1)) / down
    row, column = divmod(panel, PER_ROW)
    left, top = column * (wide + _GAP_X), 1 - row * (tall + gap)
    # The titles of the first row stand between their panels and the legend.
    ends = (_TOP * max(0.0, top - tall), _TOP * top)
    return [left, min(1.0, left + wide)], list(ends)
