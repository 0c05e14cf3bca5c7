"""What training keeps in memory, part by part."""

from __future__ import annotations

from collections.abc import Mapping

import plotly.graph_objects as go

from resnet_viz.arch.memory import TrainingMemory
from resnet_viz.plots import style
from resnet_viz.plots.colours import GREEN, GREY, RESIDUAL, VIOLET, YELLOW

# Hatching tells the parts apart where colours do not.
_PARTS = (
    ("weights", "weights", RESIDUAL, ""),
    ("gradients", "gradients", GREEN, "/"),
    ("optimizer_state", "optimiser", VIOLET, "."),
    ("probes", "probes", GREY, "x"),
    ("activations", "activations", YELLOW, ""),
)


def memory_bars(memories: Mapping[str, TrainingMemory]) -> go.Figure:
    """A stacked bar of gigabytes for each of `memories`, the first on top, under its name."""
    layout: style.Layout = {
        "barmode": "stack",
        "bargap": 0.35,
        "xaxis": style.axis("memory, GB") | {"rangemode": "tozero"},
        "yaxis": style.axis("") | {"autorange": "reversed", "ticks": ""},
        "margin": {"l": 150, "r": 20, "t": 40, "b": 60},
        "uirevision": "memory",
        "uniformtext": {"minsize": 11, "mode": "hide"},
    }
    figure = style.figure([_bars(memories, *part) for part in _PARTS], layout)
    return figure.update_layout(legend_traceorder="normal")


def _bars(
    memories: Mapping[str, TrainingMemory], field: str, name: str, colour: str, pattern: str
) -> style.Trace:
    sizes = [getattr(memory, field) / 1e9 for memory in memories.values()]
    return {
        "type": "bar",
        "orientation": "h",
        "y": list(memories),
        "x": sizes,
        "name": name,
        "text": [f"{size:.3g} GB" for size in sizes],
        "textposition": "inside",
        "textangle": 0,
        "insidetextanchor": "middle",
        "marker": {"color": colour, "pattern": {"shape": pattern, "fillmode": "overlay"}},
        "hovertemplate": f"{name}: %{{x:.3g}} GB<extra>%{{y}}</extra>",
    }
