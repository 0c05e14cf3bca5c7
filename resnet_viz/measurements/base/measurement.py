"""Measurement: what is measured of a net on demand, described; no torch."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from resnet_viz.measurements.base.figure import BLOCKS, LAYERS, Figure, Lines, Points
from resnet_viz.measurements.base.verdict import Verdict, if_finite
from resnet_viz.text import capital, number, shorten

if TYPE_CHECKING:
    from torch import Tensor

    from resnet_viz.measurements.base.result import MeasuredNet
    from resnet_viz.nets.network import ResNet

Value = int | float | str
Settings = Mapping[str, Value]
Measured = Mapping[str, Any]
"""Numbers, lists or tensors by name: what `Arrays` are made of."""

Arrays = Mapping[str, NDArray[np.float64]]
"""Arrays by name, as `Measurement.gives` says."""

Report = Callable[[float, str], None]
"""Takes how far a measurement is, 0 to 1, and what it does, in a few words."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What is measured: a net that may be used up, images [N, C, H, W] and labels [N]; by which
    settings, and who is told how far it is."""

    network: ResNet
    images: Tensor
    labels: Tensor
    settings: Settings
    report: Report


Measure = Callable[[Subject], Measured]

Judge = Callable[["MeasuredNet"], Verdict]
"""Takes a net with a result of the measurement."""


_LONGEST_TEXT = 2000


def _no_measure(subject: Subject) -> Measured:
    raise TypeError("this measurement measures nothing")


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting of a measurement: numbers from `least` to `most`, or a text where it is one."""

    name: str
    sentence: str
    default: Value
    least: float = 0
    most: float = 1_000_000

    def check(self, value: object) -> Value:
        """`value` as it is; ValueError where it is not allowed."""
        if isinstance(self.default, str):
            allowed = f"a text of at most {_LONGEST_TEXT} characters"
            if isinstance(value, str) and len(value) <= _LONGEST_TEXT:
                return value
        else:
            is_whole = isinstance(self.default, int)
            kinds = "whole numbers" if is_whole else "numbers"
            allowed = f"{kinds} from {self.least:g} to {self.most:g}"
            is_one = isinstance(value, int if is_whole else int | float)
            number = cast(float, value) if is_one and not isinstance(value, bool) else math.nan
            if self.least <= number <= self.most:
                return number if is_whole else float(number)
        raise ValueError(f"{self.name} = {shorten(value)} is not allowed; allowed: {allowed}")


IMAGES = "images"
SEED = Setting("seed", "of what is drawn at random", 0, 0, 2**32 - 1)


def images(default: int) -> Setting:
    """How many images a measurement looks at."""
    return Setting(IMAGES, "how many training images are looked at", default, 2, 10_000)


@dataclass(frozen=True, slots=True)
class Given:
    """An array of a result: what it is, and its axes.

    An axis "block" or "layer" is as long as the net's list of them; others are the measurement's
    own. NaN stands where there is nothing to measure.
    """

    title: str
    axes: tuple[str, ...] = ()
    unit: str = ""

    @property
    def short(self) -> str:
        """Its title up to the first semicolon."""
        return self.title.partition(";")[0]


@dataclass(frozen=True, slots=True)
class Measurement:
    """A measurement as people read of it, how it is carried out, and what comes of a result.

    `sentence` says what it shows and what to look for, `formula` is TeX, `source` says where it
    comes from, `cost` what it takes in training steps, measured at depth 56 (shared by all depths
    roughly). `shortcuts`: whether it has a meaning only for nets that have some. `held_out`: it is
    of images that the net has never seen, where there are some, and taken where a user points at
    something, so that no list offers it. `only_forward`: it makes forward passes alone, which keep
    no more than each block's input. `figure` is what is drawn of results, and `judge` says
    what one says of its net; what a file leaves out of both shows the first array, and says the
    first number.
    """

    name: str
    title: str
    sentence: str
    formula: str
    source: str
    cost: float
    gives: Mapping[str, Given]
    settings: tuple[Setting, ...]
    shortcuts: bool = False
    held_out: bool = False
    only_forward: bool = False
    figure: Figure | None = None
    measure: Measure = _no_measure
    judge: Judge | None = None

    @property
    def drawing(self) -> Figure:
        """The figure of its results."""
        return self.figure or _default_figure(self.gives)

    def verdict(self, net: MeasuredNet) -> Verdict:
        """What a result of this measurement says of its net."""
        return self.judge(net) if self.judge else _default_verdict(self.gives, net)

    def checked(self, given: Settings) -> dict[str, Value]:
        """All settings: those given, and the defaults of the others.

        Raises:
            ValueError: for an unknown name or a value that is not allowed.
        """
        known = {setting.name: setting for setting in self.settings}
        for name in given:
            if name not in known:
                raise ValueError(
                    f"the measurement {self.name!r} has no setting {name!r}; allowed are "
                    f"{', '.join(known)}"
                )
        return {
            name: setting.check(given[name]) if name in given else setting.default
            for name, setting in known.items()
        }


def _default_figure(gives: Mapping[str, Given]) -> Figure:
    """The first array along one axis as a line for each net, else the first number as a point."""
    for name, given in gives.items():
        if len(given.axes) == 1:
            (axis,) = given.axes
            return Lines(name, {"block": BLOCKS, "layer": LAYERS}.get(axis, axis))
    return Points(_first_number(gives))


def _default_verdict(gives: Mapping[str, Given], net: MeasuredNet) -> Verdict:
    """The first number, or the median of the first array where there is none."""
    name = _first_number(gives)
    given = gives[name]
    value, of = (net.median(name), " (median)") if given.axes else (net.scalar(name), "")
    words = capital(given.title)
    unit = f" {given.unit}" if given.unit else ""
    return if_finite(value, number(value, 2), f"{words}: {number(value)}{unit}{of}.")


def _first_number(gives: Mapping[str, Given]) -> str:
    return next((name for name, given in gives.items() if not given.axes), next(iter(gives)))
