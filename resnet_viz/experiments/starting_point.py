"""Starting point: a race to choose by name, described in a file of `starting_points`; no torch.

What is to be seen is left to the records; a line in a file says where to look, never what comes
out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from resnet_viz.arch.config import ResNetConfig, plain_twin, revise
from resnet_viz.arch.presets import PRESETS
from resnet_viz.experiments.run_spec import RunSpec

_NOTHING: Mapping[str, Any] = {}


@dataclass(frozen=True)
class Entry:
    """One contestant: its net, its name ("" for the net's own), and what it trains otherwise."""

    config: ResNetConfig
    name: str = ""
    training: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)


@dataclass(frozen=True)
class StartingPoint:
    """Contestants that differ in one thing, and where to look.

    `name` says what is seen; `formerly` is the name it had in earlier versions, which links may
    still use. `place` is where it stands among the others, the smallest first. `training` holds
    fields of RunSpec that all share and that are not the defaults; `departs` says how a recipe
    from elsewhere was cut down to seconds on two cores.
    """

    name: str
    place: int
    entries: Sequence[Entry]
    look_for: str
    training: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    departs: str = ""
    formerly: str = ""

    @property
    def specs(self) -> Sequence[RunSpec]:
        """The contestants as they are trained where nothing is changed."""
        shared = {**self.training}
        return tuple(
            RunSpec(config=entry.config, name=entry.name, **(shared | dict(entry.training)))
            for entry in self.entries
        )


def preset_entries(*names: str) -> Sequence[Entry]:
    """Presets under their own names."""
    return tuple(Entry(PRESETS[name], name) for name in names)


def with_twin(name: str, config: ResNetConfig, twin: str = "its plain twin") -> Sequence[Entry]:
    """A net and its plain twin, under these names."""
    return Entry(config, name), Entry(plain_twin(config), twin)


def quarter_width(name: str) -> ResNetConfig:
    """A preset a quarter as wide, so that two cores train it in seconds."""
    net = PRESETS[name]
    return revise(net, widths=tuple(width // 4 for width in net.widths))
