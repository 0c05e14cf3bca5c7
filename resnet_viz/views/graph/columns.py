"""Columns of a graph: a deep net is one long chain, laid out like text.

Input and stem stand in the first column, each stage begins a new one and a long stage takes
several; the head stands under the last.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain, groupby, pairwise
from math import sqrt

from resnet_viz.views.graph.grid import Grid
from resnet_viz.views.graph.model import Graph, Node


@dataclass(frozen=True)
class Column:
    """Nodes drawn one below the other; `stage` is None for input and stem."""

    stage: int | None
    nodes: tuple[Node, ...]
    end: tuple[Node, ...] = ()


def columns(graph: Graph, aspect: float) -> tuple[Column, ...]:
    """The columns of a graph.

    Args:
        aspect: blocks under each other for one beside: the larger, the taller the picture.
    """
    parts = [(s, tuple(nodes)) for s, nodes in groupby(graph.nodes, key=lambda node: node.stage)]
    blocks = len({node.unit for _, nodes in parts[1:-1] for node in nodes})
    rows = sqrt(blocks * aspect)
    cut = [column for s, nodes in parts[:-1] for column in _cut(s, nodes, rows)]
    return _with_end(cut, parts[-1][1])


def columns_of_grid(graph: Graph, grid: Grid) -> tuple[Column, ...]:
    """The columns in `grid`: each block where the other nets have theirs."""
    parts = [(s, tuple(nodes)) for s, nodes in groupby(graph.nodes, key=lambda node: node.stage)]
    cut = []
    for stage, nodes in parts[:-1]:
        units = [tuple(unit) for _, unit in groupby(nodes, key=lambda node: node.unit)]
        rows = len(units) if stage is None else grid.rows[stage]
        cut += [
            Column(stage, tuple(chain.from_iterable(units[start : start + rows])))
            for start in range(0, len(units), rows)
        ]
    return _with_end(cut, parts[-1][1])


def _with_end(cut: list[Column], end: tuple[Node, ...]) -> tuple[Column, ...]:
    return (*cut[:-1], replace(cut[-1], end=end))


def _cut(stage: int | None, nodes: tuple[Node, ...], rows: float) -> Iterator[Column]:
    """A stage in columns of about `rows` blocks, as even as can be."""
    units = [tuple(unit) for _, unit in groupby(nodes, key=lambda node: node.unit)]
    pieces = max(1, round(len(units) / rows)) if stage is not None else 1
    cuts = [len(units) * piece // pieces for piece in range(pieces + 1)]
    for start, end in pairwise(cuts):
        yield Column(stage, tuple(chain.from_iterable(units[start:end])))
