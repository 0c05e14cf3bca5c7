"""Grid of a sweep: its axes in words and numbers, and its cells gathered over their seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import median
from typing import NamedTuple

import numpy as np

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.field_words import FIELDS, short_value, text_of
from resnet_viz.arch.paper_names import paper_name
from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import label
from resnet_viz.experiments.run_spec import SETTINGS
from resnet_viz.experiments.sweep_spec import NET, PLAIN, SEED, SweepSpec
from resnet_viz.lab.sweeps import Cell
from resnet_viz.text import and_words, capital, count, distinct

DEPTHS = "depths"
FINISHED, REFUSED = "finished", "refused"


class EndQuantity(NamedTuple):
    """What is known of each cell at its end: its title with unit, in short, and its scale."""

    title: str
    words: str
    scale: str


SECONDS = "seconds"
ENDS: Mapping[str, EndQuantity] = {
    "train_loss": EndQuantity("training loss at the end [nats]", "training loss", "log"),
    "eval_loss": EndQuantity("held-out loss at the end [nats]", "held-out loss", "log"),
    "train_accuracy": EndQuantity("training accuracy at the end", "training accuracy", "share"),
    "eval_accuracy": EndQuantity("held-out accuracy at the end", "held-out accuracy", "share"),
    SECONDS: EndQuantity("time to train [s]", "time to train", "log"),
}
"""The quantities that a figure may show, by their names in a cell's end."""


def end_value(cell: Cell, name: str) -> float:
    """One of `ENDS` of a cell; NaN where it is not there or not finite."""
    value = cell.seconds if name == SECONDS else cell.end.get(name)
    if name == SECONDS and cell.status != FINISHED:
        return float("nan")
    return float(value) if value is not None and np.isfinite(value) else float("nan")


@dataclass(frozen=True)
class Axis:
    """An axis: its title with its unit, its values in words, and as numbers where they are."""

    name: str
    title: str
    labels: tuple[str, ...]
    numbers: tuple[float, ...] | None
    noun: str
    """What stands before a value in a sentence, such as "depth"; "" where the label is enough."""

    def __len__(self) -> int:
        return len(self.labels)

    def phrase(self, index: int) -> str:
        """A value in a sentence: "depth 20", "plain nets"."""
        if self.name == PLAIN:
            return f"{self.labels[index]} nets"
        return f"{self.noun} {self.labels[index]}".strip()

    @property
    def in_order(self) -> tuple[int, ...]:
        """The indices by size where the values are numbers, else as given."""
        if self.numbers is None:
            return tuple(range(len(self)))
        numbers = self.numbers
        return tuple(sorted(range(len(self)), key=lambda index: numbers[index]))

    @property
    def is_log(self) -> bool:
        """Whether its numbers are told apart better on a log axis."""
        if self.numbers is None or min(self.numbers) <= 0:
            return False
        return max(self.numbers) / min(self.numbers) >= 20


@dataclass(frozen=True)
class Place:
    """The cells that are equal in all but the seed: `at` is the index on each axis."""

    at: Mapping[str, int]
    cells: tuple[Cell, ...]

    @property
    def first(self) -> Cell:
        """The first of its cells."""
        return self.cells[0]

    def ends(self, name: str) -> Sequence[tuple[Cell, float]]:
        """The cells that have this end, with its value."""
        pairs = [(cell, end_value(cell, name)) for cell in self.cells]
        return [(cell, value) for cell, value in pairs if np.isfinite(value)]

    def middle(self, name: str) -> float:
        """The median of an end over the seeds that have it; NaN for none."""
        values = [value for _, value in self.ends(name)]
        return median(values) if values else float("nan")


@dataclass(frozen=True)
class Line:
    """The places that differ in one axis alone, by their order on it."""

    name: str
    at: Mapping[str, int]
    places: tuple[Place, ...]

    @property
    def config(self) -> ResNetConfig | None:
        """The net of its first cell that has one."""
        specs = (cell.spec for place in self.places for cell in place.cells)
        return next((spec.config for spec in specs if spec is not None), None)


@dataclass(frozen=True)
class Grid:
    """A sweep's axes with more than one value, and its places."""

    axes: tuple[Axis, ...]
    places: tuple[Place, ...]

    @cached_property
    def _by_name(self) -> Mapping[str, Axis]:
        return {axis.name: axis for axis in self.axes}

    def axis(self, name: str) -> Axis:
        """The axis of that name."""
        return self._by_name[name]

    @property
    def seeds(self) -> int:
        """The seeds of each place."""
        return max((len(place.cells) for place in self.places), default=0)

    def others(self, name: str) -> Sequence[Axis]:
        """The other axes that may differ while this one stays."""
        return [axis for axis in self.axes if axis.name != name and not self._follows(axis, name)]

    def followers(self, name: str) -> Sequence[Axis]:
        """The axes that change with this one, as zipped axes do."""
        return [axis for axis in self.axes if axis.name != name and self._follows(axis, name)]

    def is_told_by_another(self, axis: Axis) -> bool:
        """Whether an axis before this one changes with it, each with the other."""
        before = self.axes[: self.axes.index(axis)]
        return any(
            self._follows(axis, one.name) and self._follows(one, axis.name) for one in before
        )

    def with_followers(self, axis: Axis) -> Axis:
        """The axis with what changes with it in its words: "depth 20 with learning rate 0.1"."""
        if not (others := self.followers(axis.name)):
            return axis
        at = {place.at[axis.name]: place.at for place in self.places}
        labels = tuple(
            f"{axis.phrase(i)} with {and_words([one.phrase(at[i][one.name]) for one in others])}"
            for i in range(len(axis))
        )
        title = and_words([one.noun or one.title for one in (axis, *others)])
        return Axis(" ".join((axis.name, *(o.name for o in others))), title, labels, None, "")

    def _follows(self, axis: Axis, name: str) -> bool:
        """Whether a value on `name` gives the one on `axis`, as zipped axes' do."""
        pairs = {(place.at[name], place.at[axis.name]) for place in self.places}
        return len(pairs) == len({one for one, _ in pairs})

    def lines(self, name: str) -> Sequence[Line]:
        """The places along an axis, one line for each combination of the others."""
        others = self.others(name)
        found: dict[tuple[int, ...], list[Place]] = {}
        for place in self.places:
            found.setdefault(tuple(place.at[axis.name] for axis in others), []).append(place)
        order = {index: rank for rank, index in enumerate(self.axis(name).in_order)}
        return [
            Line(
                ", ".join(axis.phrase(i) for axis, i in zip(others, key, strict=True)),
                {axis.name: i for axis, i in zip(others, key, strict=True)},
                tuple(sorted(places, key=lambda place: order[place.at[name]])),
            )
            for key, places in sorted(found.items())
        ]

    def name_of(self, place: Place) -> str:
        """A place in words: "depth 20, plain nets"."""
        return ", ".join(axis.phrase(place.at[axis.name]) for axis in self.axes) or "the run"


def grid_of(cells: Sequence[Cell]) -> Grid:
    """The grid of a sweep's cells."""
    names = [name for name in cells[0].values if name != SEED] if cells else []
    firsts: dict[str, dict[str, Cell]] = {name: {} for name in names}
    for cell in cells:
        for name in names:
            known = firsts[name]
            key = repr(cell.values[name])
            if key not in known or known[key].status == REFUSED != cell.status:
                known[key] = cell
    axes = [_axis(name, tuple(found.values())) for name, found in firsts.items()]
    ranks = {name: {key: i for i, key in enumerate(found)} for name, found in firsts.items()}
    gathered: dict[tuple[int, ...], list[Cell]] = {}
    for cell in cells:
        at = tuple(ranks[name][repr(cell.values[name])] for name in names)
        gathered.setdefault(at, []).append(cell)
    places = [Place(dict(zip(names, at, strict=True)), tuple(own)) for at, own in gathered.items()]
    return Grid(tuple(axis for axis in axes if len(axis) > 1), tuple(places))


def _axis(name: str, firsts: Sequence[Cell]) -> Axis:
    """The axis of these values, each with the first cell that has it."""
    values = [cell.values[name] for cell in firsts]
    if name == DEPTHS and (depths := _depths(firsts)):
        labels = tuple(f"{depth:g}" for depth in depths)
        return Axis(name, "depth [weighted layers]", labels, depths, "depth")
    if name == PLAIN:
        labels = tuple("plain" if value else "residual" for value in values)
        return Axis(name, noun(name), labels, None, "")
    labels = tuple(distinct(_label(name, value) for value in values))
    words, numbers = noun(name), _numbers(values)
    is_named = numbers or name == "image_size"  # "16x12" alone says nothing in a sentence
    return Axis(name, words, labels, numbers, words if is_named else "")


def _depths(firsts: Sequence[Cell]) -> tuple[float, ...] | None:
    """How deep each net is; None where two are equally deep, or one is not known."""
    found = [plan(cell.spec.config).depth for cell in firsts if cell.spec is not None]
    is_known = len(found) == len(firsts) == len(set(found))
    return tuple(map(float, found)) if is_known else None


def _numbers(values: Sequence[object]) -> tuple[float, ...] | None:
    numbers = [float(v) for v in values if isinstance(v, (int, float)) and not isinstance(v, bool)]
    return tuple(numbers) if len(numbers) == len(values) else None


def noun(name: str) -> str:
    """What an axis is called: "depth", "learning rate"."""
    if name in _NOUNS:
        return _NOUNS[name]
    return SETTINGS[name].about.words if name in SETTINGS else FIELDS[name].removeprefix("the ")


def size_words(spec: SweepSpec) -> str:
    """What is varied, and how often each combination is trained: "Depth and kind of net: 12
    combinations, 5 seeds each"."""
    axes = and_words([noun(name) for name in spec.axes]) if spec.axes else "one network"
    combinations = count(len(spec) // len(spec.seeds), "combination")
    said = f"{axes}: {combinations}, {count(len(spec.seeds), 'seed')} each"
    return capital(said)


_NOUNS = {NET: "network", PLAIN: "kind of net", DEPTHS: "depth"}


def _label(name: str, value: object) -> str:
    if isinstance(value, ResNetConfig):
        return label(value)
    if isinstance(value, float):
        return f"{value:g}"
    if name == NET:
        return paper_name(str(value))
    if isinstance(value, list):  # from JSON
        value = tuple(value)
    if name in FIELDS and name not in SETTINGS:
        return short_value(name, value)
    if value is None:
        return SETTINGS[name].about.unset or "none"
    return ("on" if value else "off") if isinstance(value, bool) else text_of(name, value)
