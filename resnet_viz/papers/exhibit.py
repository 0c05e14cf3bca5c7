"""Exhibit: a figure or table of a paper, and how its numbers are obtained here; no torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.experiments.sweep_spec import AxisValue, SweepSpec
from resnet_viz.papers.statements import Numbers, Statement
from resnet_viz.views.poster.poster import Poster

Values = Mapping[str, AxisValue]
_NONE: Mapping[str, ResNetConfig] = MappingProxyType({})


@dataclass(frozen=True)
class Counted:
    """Numbers that follow from the plans of nets: they are there at once."""

    count: Callable[[], Numbers]
    statements: Sequence[Statement]
    unit: str


@dataclass(frozen=True)
class Trained:
    """Numbers of the nets that a sweep trains, one per seed.

    `groups` gives each group the values on the axes that its cells have. `of` is what is read: an
    end of the run, by the names of `findings.sweeps.grid.ENDS`; or what `read` makes of a
    measurement (by its name in `measurement`) of the trained weights, or of the last values of a
    quantity (`quantity`).
    """

    sweep: SweepSpec
    groups: Mapping[str, Values]
    statements: Sequence[Statement]
    unit: str
    of: str = "train_loss"
    measurement: str = ""
    quantity: str = ""
    read: Callable[[Mapping[str, Any]], float] | None = None


@dataclass(frozen=True)
class New:
    """Numbers of new nets, before their first step: a measurement on one batch, one per seed."""

    nets: Mapping[str, ResNetConfig]
    measurement: str
    read: Callable[[Mapping[str, Any]], float]
    statements: Sequence[Statement]
    unit: str
    images: Literal["digits", "gaussian"] = "digits"
    batch_size: int = 64
    points: int = 64
    """Points of the line along which shattering is measured."""
    seeds: Sequence[int] = (0, 1, 2, 3, 4)


Part = Counted | Trained | New


@dataclass(frozen=True)
class Exhibit:
    """A figure or table of a paper.

    Attributes:
        key: its name, such as "he2015-table1".
        paper: the key of its paper.
        place: where it stands in the paper, the smallest first.
        label: what the paper calls it, such as "Table 1".
        title: what it is about.
        states: what the paper states, in a sentence or two with the place in the paper.
        how: how ours is obtained, and what is smaller than in the paper.
        parts: what is counted, trained or measured.
        pictures: nets whose graphs show what the paper draws, by their names.
        drawing: makes the paper's drawing as a poster; None where it draws no net.
        not_here: what cannot be shown here and why; "" if nothing is left out.
        full: the paper's own training, as a sweep; None where nothing of it is small.
    """

    key: str
    paper: str
    place: int
    label: str
    title: str
    states: str
    how: str
    parts: Sequence[Part] = ()
    pictures: Mapping[str, ResNetConfig] = field(default_factory=lambda: _NONE)
    drawing: Callable[[], Poster] | None = None
    not_here: str = ""
    full: SweepSpec | None = None

    @property
    def statements(self) -> Sequence[Statement]:
        """All statements that are checked, in order."""
        return tuple(one for part in self.parts for one in part.statements)
