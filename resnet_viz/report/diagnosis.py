"""Diagnosis chapter of the report: verdicts from the records, and measurements on demand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

import plotly.graph_objects as go

from resnet_viz.figures.measurement_charts import figure
from resnet_viz.findings.contestant import Contestant
from resnet_viz.findings.signs import SIGNS
from resnet_viz.measurements import measurement, measurements
from resnet_viz.measurements.base.measurement import Measurement
from resnet_viz.measurements.base.result import MeasuredNet, MeasurementResult
from resnet_viz.measurements.base.verdict import Verdict
from resnet_viz.store.measurement_results import key
from resnet_viz.text import capital


class Diagnosed(NamedTuple):
    """A net, and its measurements on demand."""

    contestant: Contestant
    results: Sequence[MeasurementResult]


class Chapter(NamedTuple):
    """A chapter: one measurement of the nets at a step, as HTML with room for its chart under that
    id.

    `settings` are those that are not the measurement's own, in brackets.
    """

    id: str
    title: str
    settings: str
    about: Measurement
    verdicts: Sequence[tuple[str, Verdict]]
    figure: go.Figure


def verdict_rows(nets: Sequence[Contestant]) -> Mapping[str, Sequence[str]]:
    """The verdict of each sign on each net."""
    return {
        sign.title: [f"{one.word}: {one.sentence}" for one in map(sign.verdict, nets)]
        for sign in SIGNS
    }


def chapters(nets: Sequence[Diagnosed]) -> Iterator[Chapter]:
    """The chapters: each measurement, by its cost and step, of all nets that have it; unknown ones
    are left out."""
    results = [
        (list(measurements()).index(one.measurement), one.step, key(one.settings), place, one)
        for place, net in enumerate(nets)
        for one in net.results
        if one.found and one.measurement in measurements()
        if not measurement(one.measurement).held_out
    ]
    results.sort(key=lambda result: result[:4])
    for number, (_, same) in enumerate(groupby(results, key=lambda result: result[:3])):
        yield _chapter(number, [_net(nets[place].contestant, one) for *_, place, one in same])


def _net(net: Contestant, one: MeasurementResult) -> MeasuredNet:
    layers = tuple(layer.name for layer in net.layers)
    return MeasuredNet(net.name, net.colour, net.blocks, layers, one, net.chance)


def _chapter(number: int, nets: Sequence[MeasuredNet]) -> Chapter:
    one = nets[0].result
    about = measurements()[one.measurement]
    title = f"{capital(about.title)} as step {one.step:,} begins"
    changed = {k: v for k, v in one.settings.items() if v != about.checked({})[k]}
    own = f" ({', '.join(f'{k} = {v}' for k, v in changed.items())})" if changed else ""
    verdicts = [(net.name, about.verdict(net)) for net in nets]
    return Chapter(f"measured-{number}", title, own, about, verdicts, figure(nets))
