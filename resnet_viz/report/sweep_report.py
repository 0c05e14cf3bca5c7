"""Report of a sweep: pictures, claims, table and what was trained, in one HTML file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from resnet_viz.experiments.sweep_spec import SEED, flat
from resnet_viz.figures.sweeps.along_axis import along_axis
from resnet_viz.figures.sweeps.curves import HEIGHT_OF_ROW, curves, rows_of
from resnet_viz.figures.sweeps.heat_map import heat_map, words
from resnet_viz.figures.sweeps.seeds import seeds
from resnet_viz.findings.colours import DARK
from resnet_viz.findings.sweeps.courses import Histories
from resnet_viz.findings.sweeps.grid import ENDS, Grid, grid_of, size_words
from resnet_viz.findings.sweeps.sweep_claims import sweep_claims
from resnet_viz.findings.sweeps.sweep_words import (
    headline,
    reused_words,
    sentences,
    title_of,
)
from resnet_viz.lab.sweeps import Sweep
from resnet_viz.report.report import PLOT_SCRIPTS, PLOTLY, TEMPLATES, Still, packed
from resnet_viz.text import number

_SCRIPT = Path(__file__).with_name("sweep_report.js")
_HEIGHT = 460
_END = "train_loss"


def sweep_report(sweep: Sweep, histories: Histories) -> str:
    """The report, as HTML that asks for nothing outside."""
    grid = grid_of(sweep.cells)
    claims = sweep_claims(grid, histories)
    stills = list(_stills(grid, histories))
    heights = {still.id: _HEIGHT for still in stills}
    if grid.axes:
        heights["curves"] = 110 + HEIGHT_OF_ROW * max(2, rows_of(grid, grid.axes[0].name))
    figures = {one.id: json.loads(str(one.figure.to_json(validate=False))) for one in stills}
    scene = json.dumps({"figures": figures, "dark": dict(DARK)}, separators=(",", ":"))
    axes = [*sweep.spec.axes, SEED]
    return TEMPLATES.get_template("sweep_report.html").render(
        title=sweep.name,
        size=size_words(sweep.spec),
        headline=headline(claims),
        stills=stills,
        heights=heights,
        told={title_of(one.axis): sentences(one, grid.seeds) for one in claims.axes},
        caution=reused_words(sweep, grid.seeds),
        heads=[*axes, "status", *(about.words for about in ENDS.values())],
        rows=[
            [
                *(flat(axis, cell.values[axis]) for axis in axes),
                cell.status,
                *(_said(value) for value in (*map(cell.end.get, list(ENDS)[:-1]), cell.seconds)),
            ]
            for cell in sweep.cells
        ],
        spec=sweep.spec.model_dump_json(indent=1, exclude_defaults=True),
        plotly=packed(PLOTLY.read_bytes()),
        scene=packed(scene.encode()),
        script="\n".join(file.read_text(encoding="utf-8") for file in (*PLOT_SCRIPTS, _SCRIPT)),
    )


def _said(value: float | None) -> str:
    return "" if value is None else number(value, 4)


def _stills(grid: Grid, histories: Histories) -> Iterator[Still]:
    """The pictures: of a sweep whose axes have one value each there are none."""
    if not grid.axes:
        return
    x = grid.axes[0].name
    along = "Each mark is one run. Lines join the medians."
    yield Still("along", ENDS[_END].title.capitalize(), along, along_axis(grid, x, _END))
    if len(grid.axes) > 1:
        y = grid.axes[1].name
        yield Still("map", "Two axes", words(grid, x, y, _END), heat_map(grid, x, y, _END))
    bar = "Each mark is one run, in the order of the seeds. The bar is their median."
    yield Still("seeds", "Seeds", bar, seeds(grid, x, _END))
    each = "Each line is one run's training loss, the mean of five minibatches."
    yield Still("curves", "Training curves", each, curves(grid, histories, x))
