"""Quantity: the description of what is measured of a net in training; no torch, no numpy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from inspect import signature
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from torch import Tensor as Tensor  # noqa: PLC0414  for files of quantities
else:
    Tensor = Any  # for a quantity's file, which is read without torch

Axis = Literal["layer", "block", "net", "final"]
"""What a quantity has a value for: each weighted layer (or some), each block (or some), the net; or
each of the numbers that say how the net does at the end (`points.FINAL_NAMES`)."""

When = Literal["each step", "measured steps", "evaluations", "changes", "the end"]
"""When: `RunSpec.measure_every` and `RunSpec.evaluate_every` say which steps the second and third
are; of the first, what is made of weights is taken less often where a net has many (every.py). What
is taken at "changes" holds until it is recorded again; the end is once, after the last update."""

Measure = Callable[..., "Tensor"]
"""Lists of n tensors, one list for each of a quantity's points, to n values, float32."""

Finish = Callable[[list["Tensor"]], "Tensor"]
"""n small tensors, as such a `measure` has made them, to n values, float32."""

Pool = Callable[[list["Tensor"]], "Tensor"]
"""Small tensors of a minibatch's parts, as such a `measure` has made them, to that of the whole; on
the host."""


_LONGEST_TITLE = 36


def _no_measure(*_: Any) -> Tensor:
    raise TypeError("this quantity has no measurement")


@lru_cache(maxsize=256)  # of each quantity hundreds of times as a run begins
def _parameters(measure: Measure) -> tuple[str, ...]:
    return tuple(signature(measure).parameters)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A quantity: its words for people, and how it is measured.

    `symbol` stands on an axis, in HTML; `sentence` says what it is, `source` where it comes from
    (a paper's figure, section or equation); `unit` is "" for a pure number. `scale` is that of a
    plot's axis. The names of `measure`'s parameters are the points (see points.py) it is
    measured at, and so say along which axis and when. Where numbers of many layers or blocks come
    cheaper together, or of several parts of a minibatch, `measure` gives a small tensor for each,
    and `finish` makes numbers of all.
    Values that are codes have `words`, from 0 on: they are listed, and not drawn along an axis.
    `over_parts` says how the values of a minibatch's parts, which pass one after the other, make
    that of the whole: by the first alone, as norms or root mean squares do, or measured together,
    where a quantity is of the `first_images` alone. With `pool` the small tensors make one.
    """

    name: str
    title: str
    symbol: str
    sentence: str
    source: str
    unit: str = ""
    scale: Literal["log", "linear"] = "log"
    words: tuple[str, ...] = ()
    over_parts: Literal["first", "norm", "root mean square", "together"] = "first"
    first_images: int | None = None
    measure: Measure = _no_measure
    finish: Finish | None = None
    pool: Pool | None = None

    @property
    def points(self) -> tuple[str, ...]:
        """The points at which it is measured."""
        return _parameters(self.measure)

    @property
    def axis_title(self) -> str:
        """The title of a plot's axis, with symbol and unit: a long title without its symbol."""
        symbol = self.symbol if len(self.title) + len(self.symbol) <= _LONGEST_TITLE else ""
        return " ".join(filter(None, (self.title, symbol, self.unit and f"[{self.unit}]")))


@dataclass(frozen=True, slots=True)
class Along:
    """The axis of a quantity in one run, and the names along it, in forward order.

    It is taken at step 0 and at each `every`-th step, and at the last where that is known before.
    """

    axis: Axis
    names: tuple[str, ...]
    every: int = 1

    def __len__(self) -> int:
        return len(self.names)
