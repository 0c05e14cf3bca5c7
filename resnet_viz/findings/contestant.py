"""Contestant: one net of a race, as the plots see it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.operations import Role
from resnet_viz.arch.paper_names import paper_name
from resnet_viz.arch.plan import WeightedLayer
from resnet_viz.findings.colours import contestant_colours
from resnet_viz.lab.race_feed import Look
from resnet_viz.quantities import quantity
from resnet_viz.quantities.quantity import Along
from resnet_viz.quantities.records import Floats, History
from resnet_viz.store.header import Shortcuts
from resnet_viz.store.run import Run
from resnet_viz.text import distinct
from resnet_viz.views.graph.found_net import AnyNet, found_net

Indices = NDArray[np.int64]
GRADIENT = "grad_norm"
"""The quantity that a race shows first."""


@dataclass(frozen=True)
class Contestant:
    """A net of a race: name, colour, weighted layers in forward order, and records.

    `classes` is how many the net tells apart, where that is known; `header` says along what each
    quantity of the history is, and `blocks` are the paths of all blocks. A history without a
    header has its quantities along all layers. `config` is None for a net that is not ours.
    Of several `seeds` the history is the median, `low` and `high` are its range, and `runs` what
    they are of (seeds.py).
    `net` is the same, and `net_name` the name without the seed, of runs of one net.
    `recipe` is the same of nets that are trained alike; None where it is not known,
    as is `batch_size`. `is_over`: no more records will come. `shortcuts` are those that were found
    in a net that is not ours.
    """

    name: str
    colour: str
    layers: tuple[WeightedLayer, ...]
    history: History
    classes: int | None = None
    header: Mapping[str, Along] = field(default_factory=dict)
    blocks: tuple[str, ...] = ()
    config: ResNetConfig | None = None
    seeds: int = 1
    low: History | None = None
    high: History | None = None
    runs: tuple[Contestant, ...] = ()
    net: object = None
    net_name: str = ""
    recipe: object = None
    batch_size: int | None = None
    is_over: bool = False
    shortcuts: Shortcuts = field(default_factory=dict)

    @cached_property
    def block_of(self) -> Mapping[str, str]:
        """The innermost block that each layer lies in; "" for none. Layers of a found block are
        those of its branch, and those of its module beside the main path."""
        found = {layer: block for block, one in self.shortcuts.items() for layer in one.layers}
        return {
            layer.name: found.get(layer.name, "")
            if found and not layer.is_beside
            else _holder(layer.name, self.blocks)
            for layer in self.layers
        }

    @cached_property
    def drawn_net(self) -> AnyNet | None:
        """What its graph is drawn from; None while the layers are not known."""
        if self.config is not None or all(layer.is_beside for layer in self.layers):
            return self.config
        kinds = {block: one.kind for block, one in self.shortcuts.items()}
        return found_net(self.name, self.layers, self.block_of, kinds)

    @property
    def chance(self) -> float | None:
        """The loss of guessing: ln of the number of classes."""
        return None if self.classes is None else float(np.log(self.classes))

    def along(self, name: str) -> Along:
        """The axis of a quantity, and the names along it."""
        if name in self.header:
            return self.header[name]
        if self.header:
            return Along("layer", ())  # not measured
        return Along("layer", tuple(layer.name for layer in self.layers))

    def place(self, name: str) -> Places:
        """The places of a quantity's values in the net."""
        along = self.along(name)
        if along.axis == "layer":
            by_name = {layer.name: layer for layer in self.layers}
            layers = [by_name[of] for of in along.names if of in by_name]
            columns = np.array([i for i, of in enumerate(along.names) if of in by_name], np.int64)
            positions = np.array([layer.position for layer in layers], np.int64)
            roles: tuple[Role, ...] = tuple(layer.role for layer in layers)
        else:
            known_blocks = {block: number for number, block in enumerate(self.blocks, 1)}
            columns = np.arange(len(along))
            positions = np.array(
                [known_blocks.get(of, i) for i, of in enumerate(along.names, 1)], np.int64
            )
            roles = tuple("main" for _ in along.names)
        names = tuple(along.names[column] for column in columns)
        return Places(names, columns, positions, roles)

    @cached_property
    def main(self) -> Indices:
        """Columns of the gradient norms on the main path, from input to output."""
        return self.place(GRADIENT).of("main")


def contestants_in(look: Look) -> list[Contestant]:
    """The runs of a race, each with its records; presets by their papers' names.

    Runs of one net from several seeds have its colour, and their seeds in their names. Of nets of
    one name all but the first are numbered.
    """
    first = {net_of(run): run for run in reversed(look.runs)}
    order = list(dict.fromkeys(net_of(run) for run in look.runs))
    made = contestant_colours([first[net].config for net in order])
    colours = dict(zip(order, made, strict=True))
    counts = Counter(net_of(run) for run in look.runs)
    names = dict(zip(order, distinct(paper_name(first[net].name) for net in order), strict=True))
    return [
        Contestant(
            name if counts[net_of(run)] == 1 else f"{name}, seed {run.seed}",
            colours[net_of(run)],
            run.layers,
            look.history(run),
            run.config.num_classes if run.config else None,
            run.quantities,
            run.blocks,
            run.config,
            net=net_of(run),
            net_name=name,
            recipe=None if run.is_watched else run.spec.recipe,
            batch_size=None if run.is_watched else run.spec.batch_size,
            is_over=run.is_over,
            shortcuts=run.shortcuts,
        )
        for run in look.runs
        for name in (names[net_of(run)],)
    ]


def _holder(layer: str, blocks: Sequence[str]) -> str:
    """The innermost block that holds a layer; "" for none."""
    path = f"{layer}."
    return max((block for block in blocks if path.startswith(f"{block}.")), key=len, default="")


def last_step(contestants: Sequence[Contestant]) -> int:
    """The last step that any of them has come to; 0 before the first."""
    return max((int(c.history.steps[-1]) for c in contestants if len(c.history)), default=0)


def net_of(run: Run) -> tuple[str, int]:
    """The net of a run: runs of one net from several seeds share it."""
    return run.race_id or run.id, run.contestant


@dataclass(frozen=True)
class Places:
    """The places of a quantity's values: names, columns in the history, positions from input to
    output (from 1), and roles."""

    names: tuple[str, ...]
    columns: Indices
    positions: Indices
    roles: tuple[Role, ...]

    def of(self, role: Role) -> Indices:
        """The columns of the layers with this role."""
        return self.columns[self._are(role)]

    def only(self, role: Role) -> Places:
        """The places with this role."""
        chosen = self._are(role)
        names = tuple(name for name, is_one in zip(self.names, chosen, strict=True) if is_one)
        return Places(names, self.columns[chosen], self.positions[chosen], (role,) * len(names))

    @property
    def beside(self) -> tuple[Role, ...]:
        """The roles of the layers beside the main path."""
        return tuple(dict.fromkeys(role for role in self.roles if role != "main"))

    def _are(self, role: Role) -> NDArray[np.bool_]:
        return np.array([own == role for own in self.roles], np.bool_)


def spread(count: int, most: int) -> Indices:
    """At most `most` of `count` indices, evenly spaced, with the first and the last."""
    if count <= most:
        return np.arange(count)
    return np.unique(np.linspace(0, count - 1, most).round().astype(np.int64))


def thinned(count: int, most: int) -> Indices:
    """At most `most` of `count` indices: all, every second, every fourth, ..., and the last.

    As `count` grows they stay the same for long, so that little of a picture changes.
    """
    every = 1
    while len(range(0, count, every)) + (every > 1) > most:
        every *= 2
    indices = np.arange(0, count, every)
    is_whole = not count or indices[-1] == count - 1
    return indices if is_whole else np.append(indices, count - 1)


Window = tuple[int, int] | None
"""The first and the last step that a viewer looks at; None for all."""


def drawn_steps(steps: Indices, most: int, window: Window = None) -> Indices:
    """The drawn ones of `steps`: at most `most` of all, and as many of those in the window."""
    rows = thinned(len(steps), most)
    if window is None:
        return rows
    inside = np.flatnonzero((steps >= window[0]) & (steps <= window[1]))
    return np.union1d(rows, inside[thinned(len(inside), most)])


def shown(values: Floats, scale: str = "log") -> NDArray[np.float64]:
    """Values for an axis; NaN, which draws nothing, if the axis cannot show them."""
    fits = np.isfinite(values) & ((values > 0) | (scale != "log"))
    return np.where(fits, values, np.nan).astype(np.float64)


def decades(
    contestants: Sequence[Contestant], name: str = GRADIENT, most_steps: int = 2000
) -> tuple[float, float]:
    """Limits of a log axis: whole powers of ten around every value of a quantity, as log10.

    They only widen while a race goes on, so that the axis does not jump from step to step. Of a
    very long run `most_steps` steps are looked at.
    """
    low, high = _extremes(contestants, name, most_steps)
    if low > high:
        return -3.0, 1.0
    bottom = np.floor(np.log10(low))
    return float(bottom), float(max(np.ceil(np.log10(high)), bottom + 1))


def limits(
    contestants: Sequence[Contestant], name: str, most_steps: int = 2000
) -> tuple[float, float]:
    """Limits of a linear axis: round numbers around 0 and every value."""
    low, high = _extremes(contestants, name, most_steps)
    if low > high:
        return 0.0, 1.0
    reach = max(high, 0.0) - min(low, 0.0) or 1.0
    unit = 10.0 ** np.floor(np.log10(reach)) / 2
    bottom, top = np.floor(min(low, 0.0) / unit) * unit, np.ceil(max(high, 0.0) / unit) * unit
    return float(bottom), float(max(top, bottom + unit))


def _extremes(contestants: Sequence[Contestant], name: str, most_steps: int) -> tuple[float, float]:
    low, high = np.inf, -np.inf
    scale = quantity(name).scale
    for contestant in contestants:
        values = contestant.history.series(name).values
        fits = shown(values[thinned(len(values), most_steps)], scale)
        if not np.isnan(fits).all():
            low, high = min(low, float(np.nanmin(fits))), max(high, float(np.nanmax(fits)))
    return low, high
