"""Graph colouring: values of a quantity for each node and line of the graphs of a race, at one
step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

import numpy as np
from plotly.colors import sequential

from resnet_viz.figures.heat_maps.colour_scale import ends, joint_ends
from resnet_viz.findings.absence import absent_states, short_words
from resnet_viz.findings.contestant import GRADIENT, Contestant
from resnet_viz.quantities import quantity
from resnet_viz.quantities.records import Series
from resnet_viz.views.graph.found_net import FoundNet

RAMP: tuple[str, ...] = tuple(sequential.Viridis)
"""The colours from low to high, even apart; for every kind of colour vision."""
PARTS: Mapping[str, str] = {
    "grad_input_norm": "input",
    "grad_shortcut_norm": "shortcut",
    "grad_branch_norm": "branch",
}
"""What flows back through a block's lines: the gradient at its input, and its two parts."""
LINE_TITLE = "gradient norm at blocks' inputs and its parts"


class Scale(NamedTuple):
    """A colour scale: the ramp runs from `low` to `high`; values beyond take its end colours:
    `less` or `more` says that there are some."""

    title: str
    unit: str
    low: float
    high: float
    is_log: bool
    less: bool = False
    more: bool = False


class Values(NamedTuple):
    """Values by name, as measured at `step`; None: nothing has been measured yet.

    The names of nodes are paths of layers and of stem, blocks and head; the names of lines are a
    block's path and what flows there: "stages.1.0.input", ".shortcut" or ".branch". A value that is
    not there is the state, in a word or two, that says why ("no gradient").
    """

    step: int | None
    of: Mapping[str, float | str]


NOTHING = Values(None, {})


def is_on_graph(contestants: Sequence[Contestant], name: str) -> bool:
    """Whether a quantity has values for the nodes; a quantity of the whole net has none."""
    return all(c.along(name).axis in ("layer", "block") for c in contestants)


def node_scale(contestants: Sequence[Contestant], name: str = GRADIENT) -> Scale:
    """The scale of all nets, for all steps: that of the heat maps."""
    about = quantity(name)
    is_log = about.scale == "log"
    low, high, less, more = ends(contestants, name)
    if is_log:
        low, high = 10.0**low, 10.0**high
    return Scale(about.title, about.unit, low, high, is_log, less, more)


def line_scale(contestants: Sequence[Contestant]) -> Scale | None:
    """The scale of the gradient and its parts, in all nets; None if no net has them yet."""
    ends = joint_ends(contestants, tuple(PARTS))
    if ends is None:
        return None
    low, high, less, more = ends
    return Scale(LINE_TITLE, "", 10.0**low, 10.0**high, is_log=True, less=less, more=more)


def node_values(contestant: Contestant, step: int, name: str = GRADIENT) -> Values:
    """The values of each layer, and of stem, each block and head, at the newest measured step that
    is not after `step`. For a quantity by layer, a unit takes the largest value of its layers, or
    NaN if one is not finite."""
    now, along = _row_at(contestant, step, name), contestant.along(name)
    if now is None:
        return NOTHING
    own = _node_values(contestant, name, now)
    if along.axis == "layer" and isinstance(contestant.drawn_net, FoundNet):
        own = _by_part(contestant.drawn_net, own)
    elif along.axis == "layer":
        for unit, layers in groupby(along.names, key=_unit):
            own |= {unit: _largest([own[layer] for layer in layers])}
    return Values(int(now.steps[0]), own)


def line_values(contestant: Contestant, step: int) -> Values:
    """The norms of the gradient at each block's input, and of its parts, likewise."""
    newest: int | None = None
    values: dict[str, float | str] = {}
    for name, part in PARTS.items():
        now = _row_at(contestant, step, name)
        if now is not None:
            newest = int(now.steps[0])
            of_part = _node_values(contestant, name, now)
            values |= {f"{of}.{part}": value for of, value in of_part.items()}
    return Values(newest, values)


def _row_at(contestant: Contestant, step: int, name: str) -> Series | None:
    """The newest row [1, n] of a quantity that is not after `step`."""
    series = contestant.history.series(name)
    row = series.row_at(step)
    return None if row is None else series.only(row)


def _node_values(contestant: Contestant, name: str, now: Series) -> dict[str, float | str]:
    """By name the value in a row, or the state that says why there is none."""
    why = absent_states(contestant, name, now)[0].tolist()
    pairs = zip(contestant.along(name).names, map(float, now.values[0]), why, strict=True)
    return {of: short_words(state) if state else value for of, value, state in pairs}


def _largest(values: Sequence[float | str]) -> float | str:
    """The largest that is there; the first's state where none is."""
    numbers = [value for value in values if not isinstance(value, str)]
    return float(np.max(numbers)) if numbers else values[0]


def _by_part(net: FoundNet, values: Mapping[str, float | str]) -> dict[str, float | str]:
    """By the nodes of a found net: of a part the largest of its layers, of layers their own."""
    by_node: dict[str, float | str] = {}
    for part in net.parts:
        own = {id_: values[layer] for id_, layer in part.operations.items() if layer in values}
        by_node |= own
        if own:
            by_node[part.name] = _largest(list(own.values()))
    return by_node


def _unit(layer: str) -> str:
    """The path of the unit that a layer of one of our nets is in."""
    parts = layer.split(".")
    return ".".join(parts[:3]) if parts[0] == "stages" else parts[0]
