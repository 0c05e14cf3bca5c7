"""A race's quantities on the graphs of its nets: a value for each node and line at one step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from plotly.colors import sequential

from resnet_viz.figures.heat_maps.colour_scale import ends, joint_ends
from resnet_viz.findings.contestant import GRADIENT, Contestant
from resnet_viz.quantities import quantity

_HERE = Path(__file__).parent
COLOUR_SCRIPT = (_HERE / "graph_colours.js").read_text(encoding="utf-8")
"""Functions of the browser that colour a picture of `views.graph` by values."""
LEGEND_SCRIPT = (_HERE / "graph_legend.js").read_text(encoding="utf-8")
"""Those that draw the legend of a `Scale`."""
RAMP: tuple[str, ...] = tuple(sequential.Viridis)
"""The colours from low to high, even apart; for every kind of colour vision."""
PARTS: Mapping[str, str] = MappingProxyType(
    {
        "grad_input_norm": "input",
        "grad_shortcut_norm": "shortcut",
        "grad_branch_norm": "branch",
    }
)
"""What flows back through a block's lines: the gradient at its input, and its two parts."""
LINE_TITLE = "gradient norm at blocks' inputs and its parts"


class Scale(NamedTuple):
    """What colours stand for: `low` and `high` have the ramp's ends, and what lies beyond, too:
    there are values `less` than the one, or `more` than the other."""

    title: str
    unit: str
    low: float
    high: float
    is_log: bool
    less: bool = False
    more: bool = False


class Values(NamedTuple):
    """Values by name as they were measured at `step`; None: nothing has been measured yet.

    The names of nodes are paths of layers and of stem, blocks and head; the names of lines are a
    block's path and what flows there: "stages.1.0.input", ".shortcut" or ".branch".
    """

    step: int | None
    of: Mapping[str, float]


NOTHING = Values(None, {})


def is_on_graph(contestants: Sequence[Contestant], name: str) -> bool:
    """Whether a quantity has values for the nodes: what is of the net as a whole has none."""
    return all(c.along(name).axis in ("layer", "block") for c in contestants)


def node_scale(contestants: Sequence[Contestant], name: str = GRADIENT) -> Scale:
    """The one scale of all nets, for all steps so far: that of the heat maps."""
    about = quantity(name)
    is_log = about.scale == "log"
    low, high, less, more = ends(contestants, name)
    if is_log:
        low, high = 10.0**low, 10.0**high
    return Scale(about.title, about.unit, low, high, is_log, less, more)


def line_scale(contestants: Sequence[Contestant]) -> Scale | None:
    """The one scale of the gradient and its parts, in all nets; None where no net has them yet."""
    found = joint_ends(contestants, tuple(PARTS))
    if found is None:
        return None
    low, high, less, more = found
    return Scale(LINE_TITLE, "", 10.0**low, 10.0**high, is_log=True, less=less, more=more)


def node_values(contestant: Contestant, step: int, name: str = GRADIENT) -> Values:
    """A quantity of each layer, and of stem, each block and head, at the newest measured step that
    is not after `step`. One by layer has in a unit the largest of its layers' values, NaN if one
    is NaN."""
    taken, along = contestant.history.taken(name), contestant.along(name)
    row = taken.row_at(step)
    if row is None:
        return NOTHING
    own = dict(zip(along.names, map(float, taken.values[row]), strict=True))
    if along.axis == "layer":
        by_unit = {
            unit: float(np.max([own[layer] for layer in layers]))
            for unit, layers in groupby(along.names, key=_unit)
        }
        own |= by_unit
    return Values(int(taken.steps[row]), own)


def line_values(contestant: Contestant, step: int) -> Values:
    """The norm of the gradient at each block's input, and of its parts, likewise."""
    newest: int | None = None
    found: dict[str, float] = {}
    for name, part in PARTS.items():
        taken = contestant.history.taken(name)
        row = taken.row_at(step)
        if row is not None:
            newest = int(taken.steps[row])
            names = contestant.along(name).names
            values = map(float, taken.values[row])
            found |= {f"{of}.{part}": value for of, value in zip(names, values, strict=True)}
    return Values(newest, found)


def _unit(layer: str) -> str:
    """The path of the unit that a layer of one of our nets is in."""
    parts = layer.split(".")
    return ".".join(parts[:3]) if parts[0] == "stages" else parts[0]
