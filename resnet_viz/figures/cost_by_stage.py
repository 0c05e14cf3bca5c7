"""Cost by stage: bars of MACs or parameters, net beside net."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import plotly.graph_objects as go

from resnet_viz.arch.plan import NetworkPlan
from resnet_viz.figures import style
from resnet_viz.findings.colours import contestant_colours
from resnet_viz.views.compare import aligned_stages

Cost = Literal["macs", "params"]
TITLES: dict[Cost, str] = {"macs": "MACs, one image", "params": "parameters"}
# Bars differ by their hatching too, for who cannot tell the colours.
PATTERNS = ("", "/", ".", "x", "\\", "-")


class Compared(NamedTuple):
    """A net under the name that the page gives it."""

    name: str
    plan: NetworkPlan


def cost_by_stage(nets: Sequence[Compared], cost: Cost) -> go.Figure:
    """Grouped bars: MACs (of one image) or parameters by stage, a colour and hatching per net."""
    colours = contestant_colours([net.plan.config for net in nets])
    traces = [_bars(nets, number, cost, colours[number]) for number in range(len(nets))]
    highest = max((height or 0 for bars in traces for height in bars["y"]), default=0)
    layout: style.Layout = {
        "barmode": "group",
        "bargap": 0.25,
        "xaxis": style.axis("part of the net") | {"ticks": ""},
        "yaxis": style.axis(TITLES[cost]) | {"rangemode": "tozero"} | style.linear_ticks(highest),
        "margin": {"l": 80, "r": 10, "t": 40, "b": 60},
        "meta": style.narrow({}),
        "uirevision": cost,
        "showlegend": len(nets) > 1,
    }
    return style.figure(traces, layout)


def _bars(nets: Sequence[Compared], number: int, cost: Cost, colour: str) -> style.Trace:
    stages = aligned_stages([net.plan for net in nets])
    rows = [stage.rows[number] for stage in stages]
    heights = [getattr(row, cost) if row else None for row in rows]
    total = sum(height for height in heights if height)
    shares = [f"{height / total:.1%}" if height is not None and total else "" for height in heights]
    return {
        "type": "bar",
        "x": [stage.stage for stage in stages],
        "y": heights,
        "name": style.name_of(nets[number].name),
        "marker": {
            "color": colour,
            "pattern": {
                "shape": PATTERNS[number % len(PATTERNS)],
                "fillmode": "overlay",
                "fgcolor": "white",
                "fgopacity": 0.6,
                "size": 7,
            },
        },
        "customdata": shares,
        "hovertemplate": f"%{{x}}: %{{y:,}} {TITLES[cost]}, %{{customdata}} of the net",
    }
