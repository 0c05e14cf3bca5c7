"""Memory chart: what training keeps in memory, part by part."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from resnet_viz.arch.memory import TrainingMemory
from resnet_viz.figures import style
from resnet_viz.findings.colours import GREEN, GREY, RED, RESIDUAL, VIOLET, YELLOW
from resnet_viz.text import compact

# Hatching tells the parts apart where colours do not.
_PARTS = (
    ("weights", "weights", RESIDUAL, ""),
    ("gradients", "gradients", GREEN, "/"),
    ("optimizer_state", "optimiser", VIOLET, "."),
    ("probes", "probes", GREY, "x"),
    ("activations", "activations", YELLOW, ""),
)


def memory_bars(memories: Mapping[str, TrainingMemory], process_bytes: int = 0) -> go.Figure:
    """Stacked bars: one for each of `memories`, the first on top, under its name.

    `process_bytes`, if any, are what PyTorch itself takes: a part of each bar.
    """
    parts = {
        name: (colour, pattern, [getattr(memory, field) for memory in memories.values()])
        for field, name, colour, pattern in _PARTS
    }
    if process_bytes:
        parts["PyTorch itself"] = (RED, "\\", [process_bytes] * len(memories))
    longest = max((memory.total for memory in memories.values()), default=0) + process_bytes
    names = [textwrap.fill(name, 14).replace("\n", "<br>") for name in memories]
    layout: style.Layout = {
        "barmode": "stack",
        "bargap": 0.35,
        "xaxis": style.axis("memory") | {"rangemode": "tozero"} | style.linear_ticks(longest, "B"),
        "yaxis": style.axis("") | {"autorange": "reversed", "ticks": ""},
        "margin": {"l": 130, "r": 20, "t": 40, "b": 60},
        "meta": style.narrow({"margin": {"l": 116, "r": 12}}),
        "uirevision": "memory",
        "uniformtext": {"minsize": 11, "mode": "hide"},
    }
    traces = [_bars(names, name, *part) for name, part in parts.items()]
    figure = style.figure(traces, layout)
    return figure.update_layout(legend_traceorder="normal")


def _bars(
    rows: Sequence[str], name: str, colour: str, pattern: str, sizes: Sequence[int]
) -> style.Trace:
    texts = [compact(size, "B") for size in sizes]
    return {
        "type": "bar",
        "orientation": "h",
        "y": list(rows),
        "x": list(sizes),
        "name": name,
        "text": texts,
        "textposition": "inside",
        "textangle": 0,
        "insidetextanchor": "middle",
        "marker": {"color": colour, "pattern": {"shape": pattern, "fillmode": "overlay"}},
        "hovertemplate": f"{name}: %{{text}}<extra>%{{y}}</extra>",
    }
