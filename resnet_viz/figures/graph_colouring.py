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
from resnet_viz.findings.absence import absent_states, short_words
from resnet_viz.findings.contestant import GRADIENT, Contestant
from resnet_viz.quantities import quantity
from resnet_viz.quantities.records import Series

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
    block's path and what flows there: "stages.1.0.input", ".shortcut" or ".branch". A value that is
    not there is the state, in a word or two, that says why ("no gradient").
    """

    step: int | None
    of: Mapping[str, float | str]


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
    is not after `step`. One by layer has in a unit the largest of its layers' values that are
    there, NaN if one is not finite."""
    now, along = _row_at(contestant, step, name), contestant.along(name)
    if now is None:
        return NOTHING
    own = _told(contestant, name, now)
    if along.axis == "layer":
        by_unit = {
            unit: _largest([own[layer] for layer in layers])
            for unit, layers in groupby(along.names, key=_unit)
        }
        own |= by_unit
    return Values(int(now.steps[0]), own)


def line_values(contestant: Contestant, step: int) -> Values:
    """The norm of the gradient at each block's input, and of its parts, likewise."""
    newest: int | None = None
    found: dict[str, float | str] = {}
    for name, part in PARTS.items():
        now = _row_at(contestant, step, name)
        if now is not None:
            newest = int(now.steps[0])
            told = _told(contestant, name, now)
            found |= {f"{of}.{part}": value for of, value in told.items()}
    return Values(newest, found)


def _row_at(contestant: Contestant, step: int, name: str) -> Series | None:
    """The newest row [1, n] of a quantity that is not after `step`."""
    series = contestant.history.series(name)
    row = series.row_at(step)
    if row is None:
        return None
    return Series(series.steps[row : row + 1], series.values[row : row + 1])


def _told(contestant: Contestant, name: str, now: Series) -> dict[str, float | str]:
    """By name the value in a row, or the state that says why there is none."""
    why = absent_states(contestant, name, now)[0].tolist()
    pairs = zip(contestant.along(name).names, map(float, now.values[0]), why, strict=True)
    return {of: short_words(state) if state else value for of, value, state in pairs}


def _largest(values: Sequence[float | str]) -> float | str:
    """The largest that is there; the first's state where none is."""
    there = [value for value in values if not isinstance(value, str)]
    return float(np.max(there)) if there else values[0]


def _unit(layer: str) -> str:
    """The path of the unit that a layer of one of our nets is in."""
    parts = layer.split(".")
    return ".".join(parts[:3]) if parts[0] == "stages" else parts[0]
