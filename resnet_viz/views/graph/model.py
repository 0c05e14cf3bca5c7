"""Graph model: nodes, edges, and the graph of both; no torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from resnet_viz.arch.config import ResNetConfig

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


@dataclass(frozen=True)
class Graph:
    """A graph: nodes and edges from input to output; immutable."""

    config: ResNetConfig
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
