"""Replay data of a report: every quantity of every net at some steps, small enough for one file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from resnet_viz.figures import style
from resnet_viz.figures.graph_colouring import node_scale
from resnet_viz.figures.layer_profile import BESIDE, IN_LEGEND, MOST_MARKERS, axis_of, profile
from resnet_viz.findings.absence import absent_states
from resnet_viz.findings.contestant import GRADIENT, Contestant, last_step, thinned
from resnet_viz.quantities import quantity
from resnet_viz.quantities.layer_states import ABSENT
from resnet_viz.quantities.records import Series
from resnet_viz.views.graph.found_net import FoundNet

MOST_NUMBERS = 600_000
"""Values in a report at most: 2.4 MB before they are compressed."""
LEAST_STEPS = 8
_BESIDE = {
    role: {"suffix": suffix, "size": size, "legend": IN_LEGEND[role]}
    for role, (suffix, size) in BESIDE.items()
}
_KEPT_BITS = np.uint32(0xFFFFF000)


class Numbers:
    """A buffer of float32 values; each array is known by where it begins and ends.

    Of a mantissa 11 bits are kept, 3.6 digits: what is beyond does not compress. inf, NaN and 0
    stay what they are.
    """

    def __init__(self) -> None:
        self._parts: list[NDArray[np.float32]] = []
        self._size = 0

    def add(self, values: NDArray[Any], *, exact: bool = False) -> list[int]:
        """Append `values`; returns where they begin and end."""
        flat = np.ascontiguousarray(values, np.float32).ravel()
        if not exact:
            rounded = (flat.view(np.uint32) & _KEPT_BITS).view(np.float32)
            flat = np.where(np.isnan(flat), np.float32(np.nan), rounded)
        self._parts.append(flat)
        begin, self._size = self._size, self._size + flat.size
        return [begin, self._size]

    @property
    def bytes(self) -> bytes:
        """All values, little-endian."""
        whole = np.concatenate(self._parts) if self._parts else np.empty(0, np.float32)
        return whole.astype("<f4").tobytes()


def replay(contestants: Sequence[Contestant], numbers: Numbers) -> dict[str, Any]:
    """The nets and quantities, as report.js reads them; the values go to `numbers`."""
    names = _quantities(contestants)
    most = _most_steps(contestants, names)
    last = last_step(contestants)
    nets = [
        {
            "name": style.name_of(one.name),
            "colour": one.colour,
            "symbol": style.symbol_of(number),
            "dash": style.line_of(number, one.colour)["dash"],
            "parts": _parts(one),
            "taken": {name: _series(one, name, most, numbers) for name in names},
        }
        for number, one in enumerate(contestants)
    ]
    about = {name: _about(contestants, name, last) for name in names}
    states = {str(int(state)): state.short for state in ABSENT}
    return {
        "nets": nets,
        "quantities": about,
        "last": last,
        "beside": _BESIDE,
        "states": states,
    }


def _parts(one: Contestant) -> dict[str, str] | None:
    """The part of its graph that each layer of a found net is in; of ours, names tell it."""
    if not isinstance(one.drawn_net, FoundNet):
        return None
    return {layer: p.name for p in one.drawn_net.parts for layer in p.operations.values()}


def _quantities(contestants: Sequence[Contestant]) -> list[str]:
    """Those by layer or block that were taken, the gradient first."""
    held = dict.fromkeys(name for one in contestants for name in one.history.quantities)
    measured = [name for name in held if not quantity(name).words]
    by_place = [name for name in measured if axis_of(contestants, name) in ("layer", "block")]
    return sorted(by_place, key=lambda name: name != GRADIENT)


def _most_steps(contestants: Sequence[Contestant], names: Sequence[str]) -> int:
    """Steps of a quantity, so that all together are few enough."""

    def size(most: int) -> int:
        shapes = [one.history.series(name).values.shape for one in contestants for name in names]
        return sum(min(steps, most) * width for steps, width in shapes)

    most = max((len(one.history) for one in contestants), default=0)
    while most > LEAST_STEPS and size(most) > MOST_NUMBERS:
        most = max(LEAST_STEPS, most * 9 // 10)
    return max(most, LEAST_STEPS)


def _series(one: Contestant, name: str, most: int, numbers: Numbers) -> dict[str, Any]:
    series, places = one.history.series(name), one.place(name)
    rows = thinned(len(series.steps), most)
    main = places.only("main")
    roles = [("main", main), *((role, places.only(role)) for role in places.beside)]
    drawn = Series(series.steps[rows], series.values[rows])
    why = absent_states(one, name, drawn)
    return {
        "names": list(one.along(name).names),
        "steps": numbers.add(drawn.steps, exact=True),
        "values": numbers.add(drawn.values),
        "why": numbers.add(why, exact=True) if why.any() else None,
        "traces": [
            {
                "role": role,
                "columns": own.columns.tolist(),
                "x": own.positions.tolist(),
                "mode": "lines+markers" if len(own.names) <= MOST_MARKERS else "lines",
            }
            for role, own in roles
        ],
    }


def _about(contestants: Sequence[Contestant], name: str, last: int) -> dict[str, Any]:
    about = quantity(name)
    layout = profile(contestants, last, name).layout.to_plotly_json()
    return {
        "title": f"{about.title} by {axis_of(contestants, name)}",
        "sentence": " ".join(filter(None, (about.sentence, about.source and f"({about.source})"))),
        "isLog": about.scale == "log",
        "layout": {key: layout[key] for key in ("xaxis", "yaxis", "legend", "margin")},
        "nodes": node_scale(contestants, name)._asdict(),
    }
