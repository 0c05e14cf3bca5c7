"""Nets of a race, each with all of its seeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.findings.contestant import Contestant


@dataclass(frozen=True)
class Net:
    """A net of a race: `seeds` are its runs, of which there is at least one."""

    name: str
    config: ResNetConfig | None
    seeds: Sequence[Contestant]

    @property
    def recipe(self) -> object:
        """The training recipe, of any seed."""
        return self.seeds[0].recipe


def nets_in(contestants: Sequence[Contestant]) -> list[Net]:
    """The nets, in the order in which they first appear."""
    runs_of_nets: dict[object, list[Contestant]] = {}
    for index, one in enumerate(contestants):
        key = (one.name, one.config) if one.config else index
        runs_of_nets.setdefault(one.net or key, []).append(one)
    return [
        Net(runs[0].net_name or runs[0].name, runs[0].config, runs)
        for runs in runs_of_nets.values()
    ]
