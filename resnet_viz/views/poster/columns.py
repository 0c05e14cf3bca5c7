# ruff: noqa: RUF001
"""Columns: a net as rows of boxes, one for each layer, and the shortcuts around its blocks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from typing import NamedTuple

from resnet_viz.arch.operations import Unit
from resnet_viz.arch.plan import NetworkPlan
from resnet_viz.text import compact, count
from resnet_viz.views import labels
from resnet_viz.views.block_runs import block_runs, run_path
from resnet_viz.views.poster.words import layer_words, layers

_ON_SHORTCUTS = {
    "scaled": "× ½",
    "exclusive_gate": "gate",
    "shortcut_only_gate": "gate",
    "conv1x1": "1×1",
    "dropout": "dropout",
}
Size = tuple[int, int]
"""Height and width in pixels."""


class Row(NamedTuple):
    """A box: `size` is its output's, `unit` the path of the block or run that it belongs to."""

    name: str
    text: str
    size: Size
    fill: str
    unit: str
    is_folded: bool = False


class Shortcut(NamedTuple):
    """The shortcut around a block, or those of a run of `blocks` that one box stands for."""

    unit: str
    kind: str
    blocks: int


@dataclass(frozen=True)
class Column:
    """A net from input to output, under its heading; `keys` counts its shortcuts by kind."""

    heading: tuple[str, ...]
    rows: tuple[Row, ...]
    shortcuts: tuple[Shortcut, ...]
    keys: tuple[tuple[str, str], ...]

    @property
    def sizes(self) -> tuple[Size, ...]:
        """Output sizes from top to bottom, each once."""
        return tuple(size for size, _ in groupby(self.rows, key=lambda row: row.size))

    @property
    def counts(self) -> tuple[int, ...]:
        """How many rows have each of these sizes."""
        return tuple(len(list(rows)) for _, rows in groupby(self.rows, key=lambda row: row.size))

    def cut(self, parts: int) -> tuple[Column, ...]:
        """The column in so many parts of about as many rows, cut between blocks; the first has the
        heading, and the last the keys."""
        rows_of: dict[int, list[Row]] = {}
        before = 0
        for _, rows in groupby(self.rows, key=lambda row: row.unit):
            unit = list(rows)
            part = int(parts * (before + len(unit) / 2) / len(self.rows))
            rows_of.setdefault(part, []).extend(unit)
            before += len(unit)
        made = []
        for own in rows_of.values():
            units = {row.unit for row in own}
            shortcuts = tuple(one for one in self.shortcuts if one.unit in units)
            made.append(Column((), tuple(own), shortcuts, ()))
        made[0] = replace(made[0], heading=self.heading)
        made[-1] = replace(made[-1], keys=self.keys)
        return tuple(made)


def column(network: NetworkPlan, name: str, *, fold: bool) -> Column:
    """The column of a net called `name`."""
    kind = "plain" if network.config.shortcut == "none" else "residual"
    numbers = (f"{compact(network.params)} parameters", f"{compact(network.macs)} MACs")
    heading = (name, f"{network.depth}-layer {kind}", *numbers)
    shortcuts = tuple(_shortcuts(network, fold=fold))
    return Column(heading, tuple(_rows(network, fold=fold)), shortcuts, _keys(network))


def _rows(network: NetworkPlan, *, fold: bool) -> Iterator[Row]:
    yield from _layers("stem", network.stem, "stage1")
    for stage in network.stages:
        fill = f"stage{stage.index + 1}"
        for run in block_runs(stage.blocks, fold=fold):
            if len(run) == 1:
                yield from _layers(run[0].name, run[0].unit, fill)
            else:
                path, size = run_path(run), run[0].unit.out_shape[1:]
                text = f"… {count(len(run), 'more block')}"
                yield Row(path, text, size, fill, path, is_folded=True)
    yield from _layers("head", network.head, "quiet")


def _layers(path: str, unit: Unit, fill: str) -> Iterator[Row]:
    for layer in layers(unit):
        own = fill if layer.kind == "conv" else "quiet"
        _, height, width = layer.out_shape
        yield Row(f"{path}.{layer.name}", layer_words(layer), (height, width), own, path)


def _shortcuts(network: NetworkPlan, *, fold: bool) -> Iterator[Shortcut]:
    for stage in network.stages:
        for run in block_runs(stage.blocks, fold=fold):
            if run[0].shortcut != "none":
                yield Shortcut(run_path(run), run[0].shortcut, len(run))


def _keys(network: NetworkPlan) -> tuple[tuple[str, str], ...]:
    """Each kind of shortcut with how many there are: "13 identity shortcuts"."""
    return tuple(
        (kind, count(number, f"{labels.SHORTCUT_NAMES[kind]} shortcut"))
        for kind, number in network.shortcuts.items()
    )


def on_shortcut(shortcut: Shortcut) -> str:
    """What stands beside a shortcut in a column: what it does, and for how many blocks."""
    times = count(shortcut.blocks, "shortcut") if shortcut.blocks > 1 else ""
    return ", ".join(filter(None, (_ON_SHORTCUTS.get(shortcut.kind, ""), times)))
