"""SweepSpec: a grid of runs over any fields of a run and its net, and its cells; no torch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import isfinite, prod
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from resnet_viz.arch.config import ResNetConfig, explain, plain_twin, revise
from resnet_viz.arch.field_words import FIELDS, text_of, value_words
from resnet_viz.arch.fields import one_form
from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import label, preset, preset_name
from resnet_viz.cells import ShownInCells
from resnet_viz.experiments.run_fields import Seed
from resnet_viz.experiments.run_spec import SETTINGS, RunSpec
from resnet_viz.text import and_words, capital, shorten, unknown_name

AxisValue = ResNetConfig | tuple[int, ...] | bool | int | float | str | None
NET, PLAIN, SEED = "net", "plain", "seed"
"""Axes that are no field: which net, and whether it is its plain twin; and the column of seeds."""
MOST_CELLS = 20_000
_OF_RUN = tuple(name for name in SETTINGS if name not in ("seed", "classes"))
_BY_DATA = ("in_channels", "num_classes")
_OF_NET = tuple(name for name in ResNetConfig.model_fields if name not in (*_OF_RUN, *_BY_DATA))
AXES = (NET, PLAIN, *_OF_NET, *_OF_RUN)
"""What may be an axis. `image_size` is the run's: images are resized to it. Channels and classes
are the data's."""


@dataclass(frozen=True, slots=True)
class PlannedCell:
    """One cell: its number from 0, its value on each axis, "seed" among them, and what it trains.

    A combination that no run can have is refused: `spec` is None then, and `why` says the reason.
    """

    number: int
    values: Mapping[str, AxisValue]
    spec: RunSpec | None
    why: str = ""


class SweepSpec(ShownInCells, BaseModel):
    """A base run, the values of some of its fields (`axes`), and the seeds of each combination.

    An axis is a field of RunSpec or of ResNetConfig, or "net" (presets' names or configurations)
    or "plain" (True: the plain twin of the net). By "product" each value of an axis meets each of
    the others; by "zip" the first values of all axes belong together, then the second ones. The
    base's own seed does not count. All combinations with one seed come first, then the next seed.

    Raises:
        ValueError: for an unknown axis, one without values or with the same value twice, and
            for zipped axes that are not equally long.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(max_length=200)] = ""
    base: RunSpec
    axes: Mapping[str, tuple[AxisValue, ...]]
    how: Literal["product", "zip"] = "product"
    seeds: Annotated[tuple[Seed, ...], Field(min_length=1, max_length=1000)] = (0,)

    @field_validator("axes", mode="before")
    @classmethod
    def _check_values(cls, axes: object) -> object:
        for axis, values in axes.items() if isinstance(axes, Mapping) else ():
            _check_storable(axis, values)
        return axes

    @field_validator("axes")
    @classmethod
    def _check_axes(
        cls, axes: Mapping[str, tuple[AxisValue, ...]]
    ) -> Mapping[str, tuple[AxisValue, ...]]:
        axes = {
            axis: tuple(map(one_form, values)) if axis == "image_size" else values
            for axis, values in axes.items()
        }
        for axis, values in axes.items():
            if axis == SEED:
                raise ValueError("seed is no axis; give the seeds as seeds")
            if axis not in AXES:
                raise ValueError(unknown_name("axis", axis, AXES))
            if not values:
                raise ValueError(f"the axis {axis} has no values; give at least one")
            if len(set(map(repr, values))) < len(values):
                raise ValueError(f"the axis {axis} has a value twice; give each once")
            if axis == PLAIN and not all(isinstance(value, bool) for value in values):
                raise ValueError("the axis plain has the values true and false")
        return axes

    @field_validator("seeds")
    @classmethod
    def _check_seeds(cls, seeds: tuple[int, ...]) -> tuple[int, ...]:
        if len(set(seeds)) < len(seeds):
            raise ValueError("a seed is given twice; give each once")
        return seeds

    @model_validator(mode="after")
    def _check(self) -> Self:
        lengths = {axis: len(values) for axis, values in self.axes.items()}
        if self.how == "zip" and len(set(lengths.values())) > 1:
            said = ", ".join(f"{axis} has {length}" for axis, length in lengths.items())
            raise ValueError(f"zipped axes need equally many values: {said}")
        if len(self) > MOST_CELLS:
            raise ValueError(
                f"{len(self):,} cells are too many; at most {MOST_CELLS:,} are allowed"
            )
        return self

    def __len__(self) -> int:
        """How many cells there are, refused ones included."""
        return self._combinations * len(self.seeds)

    @property
    def _combinations(self) -> int:
        lengths = [len(values) for values in self.axes.values()]
        return prod(lengths) if self.how == "product" else max(lengths, default=1)

    def cells(self) -> Sequence[PlannedCell]:
        """All cells in the order of their turns."""
        return tuple(self._cells())

    def cell(self, number: int) -> PlannedCell:
        """One cell, without making the others."""
        seed, place = divmod(number, self._combinations)
        return self._cell(number, self._combination(place), self.seeds[seed])

    def runs(self) -> tuple[RunSpec, ...]:
        """What is trained: the cells that are not refused."""
        return tuple(cell.spec for cell in self._cells() if cell.spec is not None)

    def values(self, number: int) -> Mapping[str, AxisValue]:
        """The values of one cell, without looking at whether a run can have them."""
        seed, place = divmod(number, self._combinations)
        return {**self._combination(place), SEED: self.seeds[seed]}

    def _combination(self, place: int) -> Mapping[str, AxisValue]:
        """The values of the axes at a place among the combinations; the last axis goes round first,
        as in `itertools.product`."""
        chosen: dict[str, AxisValue] = {}
        for axis in reversed(tuple(self.axes)):
            values = self.axes[axis]
            if self.how == "zip":
                chosen[axis] = values[place]
            else:
                place, at = divmod(place, len(values))
                chosen[axis] = values[at]
        return {axis: chosen[axis] for axis in self.axes}

    def _cells(self) -> Iterator[PlannedCell]:
        """Each combination is made once: a seed neither allows nor forbids one."""
        places = range(self._combinations)
        made = [self._cell(0, self._combination(place), self.seeds[0]) for place in places]
        for number, (seed, cell) in enumerate(product(self.seeds, made)):
            spec = cell.spec and cell.spec.model_copy(update={SEED: seed})
            yield PlannedCell(number, {**cell.values, SEED: seed}, spec, cell.why)

    def _cell(self, number: int, values: Mapping[str, AxisValue], seed: int) -> PlannedCell:
        every = {**values, SEED: seed}
        try:
            return PlannedCell(number, every, self._spec(values, seed))
        except ValueError as error:
            return PlannedCell(number, every, None, explain(error))

    def _spec(self, values: Mapping[str, AxisValue], seed: int) -> RunSpec:
        config = _net(self.base.config, values)
        changes: dict[str, Any] = {axis: values[axis] for axis in values if axis in _OF_RUN}
        fields = {name: getattr(self.base, name) for name in type(self.base).model_fields}
        named = _name(config, values) if values else self.base.name
        return RunSpec(**{**fields, **changes, "config": config, "name": named, SEED: seed})


def _check_storable(axis: object, values: object) -> None:
    """ValueError for what JSON cannot hold: numbers that are not finite, and halves of characters,
    in lists, too."""
    left = [axis, values]
    for one in left:  # it grows by what lists hold
        if isinstance(one, Mapping):
            left += [*one, *one.values()]
        elif isinstance(one, list | tuple):
            left += one
        elif isinstance(one, float) and not isfinite(one):
            raise ValueError(f"the axis {axis} has the value {one}; use finite numbers")
        elif isinstance(one, str) and any("\ud800" <= character <= "\udfff" for character in one):
            raise ValueError(f"{shorten(one)} is no valid text; use whole characters")


def _net(base: ResNetConfig, values: Mapping[str, AxisValue]) -> ResNetConfig:
    """The net of a combination: its own or the base's, changed, and made plain at last.

    Raises:
        ValueError: where there is no such net, or its plain twin lacks what an axis gives it.
    """
    net = values.get(NET, base)
    if isinstance(net, str):
        net = preset(net)
    if not isinstance(net, ResNetConfig):
        raise ValueError("the axis net has presets' names or configurations as values")
    changes = {axis: values[axis] for axis in values if axis in _OF_NET}
    if changes:
        net = revise(net, **changes)
    if not values.get(PLAIN):
        return net
    twin = plain_twin(net)
    for axis in changes:
        if getattr(twin, axis) != getattr(net, axis):
            raise ValueError(
                f"a plain net has no shortcuts, so it cannot have {axis} = {values[axis]!r}"
            )
    return twin


def _name(config: ResNetConfig, values: Mapping[str, AxisValue]) -> str:
    """What a cell's net is called: the preset's name or its depth, then what else was varied."""
    net, own, words = values.get(NET), preset_name(config), []
    if own is None:
        kind = "Plain" if config.shortcut == "none" else "ResNet"
        own = f"{kind}-{plan(config).depth}"
        if isinstance(net, ResNetConfig):
            own = label(config)
        elif isinstance(net, str):
            own = f"{net}, plain" if values.get(PLAIN) else net
        words = [value_words(a, v) for a, v in values.items() if a in _OF_NET and a != "depths"]
    words += [f"{SETTINGS[a].about.words} {flat(a, v)}" for a, v in values.items() if a in _OF_RUN]
    return ", ".join((own, *words))[:200]


def flat(axis: str, value: AxisValue) -> bool | int | float | str | None:
    """A value as a table's cell has it: "3-3-3" for blocks per stage, a net by its label."""
    if isinstance(value, ResNetConfig):
        return label(value)
    return text_of(axis, value) if isinstance(value, tuple) else value


def axis_words(axis: str) -> str:
    """An axis in prose, such as "blocks per stage", "learning rate" or "seed"."""
    if axis in _OWN_WORDS:
        return _OWN_WORDS[axis]
    return SETTINGS[axis].about.words if axis in SETTINGS else FIELDS[axis].removeprefix("the ")


def title(spec: SweepSpec) -> str:
    """What a sweep is called that has no name, such as "Blocks per stage and learning rate"."""
    words = and_words([axis_words(axis) for axis in spec.axes]) or "one network"
    return capital(words)


_OWN_WORDS = {NET: "network", PLAIN: "shortcuts removed"}
