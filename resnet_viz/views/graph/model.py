"""Graph model: nodes, edges, and the graph of both; no torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import label
from resnet_viz.views import labels

NodeKind = Literal["input", "stem", "preactivation", "block", "folded", "add", "head", "operation"]
EdgeKind = str
""""main", or the kind of a shortcut: a key of `labels.SHORTCUT_NAMES`."""


class Node(NamedTuple):
    """A node: one thing that the data passes through.

    `unit` is the id of the stem, block or head it belongs to, `stage` counts from 0 (None outside
    the stages), `repeats` is how many alike ones a folded node and its addition stand for.
    """

    id: str
    kind: NodeKind
    label: str
    tooltip: str
    unit: str
    stage: int | None = None
    repeats: int = 1


class Edge(NamedTuple):
    """An edge: data from node `source` to node `target`; `kind` is "main" or that of the
    shortcut."""

    source: str
    target: str
    kind: EdgeKind = "main"
    label: str = ""


class Title(NamedTuple):
    """The words of a net that no configuration describes: its name, what is said of it under the
    picture, and the titles of its stages, each of one or two lines."""

    name: str
    note: str
    stages: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, repr=False)
class Graph:
    """A graph: nodes and edges from input to output; immutable.

    `config` is None for a net that was found in a module; `title` has its words then.
    """

    config: ResNetConfig | None
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    title: Title | None = None

    @property
    def name(self) -> str:
        """The name of the net."""
        if self.title is not None:
            return self.title.name
        return label(self.config) if self.config is not None else ""

    @property
    def is_plain(self) -> bool:
        """Whether the net is a residual net's plain twin."""
        return self.config is not None and self.config.shortcut == "none"

    @property
    def stage_titles(self) -> tuple[tuple[str, ...], ...]:
        """The titles of the stages: name and size, a line each."""
        if self.title is not None:
            return self.title.stages
        stages = plan(self.config).stages if self.config is not None else ()
        return tuple(
            (
                f"stage {stage.index + 1}",
                f"{labels.size(stage.out_shape)} · {stage.out_shape[0]} channels",
            )
            for stage in stages
        )

    def __repr__(self) -> str:
        size = f"{len(self.nodes):,} nodes, {len(self.edges):,} edges"
        return f"{type(self).__name__}({self.name}: {size})"
