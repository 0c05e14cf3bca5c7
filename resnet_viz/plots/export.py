"""A race's records as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

from resnet_viz.plots.contestant import Contestant

HEADER = (
    "net",
    "step",
    "loss",
    "accuracy",
    "seconds",
    "layer",
    "grad_norm",
    "weight_norm",
    "update_ratio",
)
Row = tuple[str | int | float, ...]


def race_csv(contestants: Sequence[Contestant]) -> str:
    """Every record in long form: a row for each net, step and weighted layer.

    Columns as in StepRecord, with `net` and `layer` (its module's path). Numbers have as
    many digits as it takes to read them back exactly; nan and inf are written so.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    for contestant in contestants:
        writer.writerows(_rows(contestant))
    return text.getvalue()


def _rows(contestant: Contestant) -> Iterator[Row]:
    history = contestant.history
    names = [layer.name for layer in contestant.layers]
    # A column at a time is much faster than one NumPy scalar after the other.
    scalars = (history.steps, history.loss, history.accuracy, history.seconds)
    columns = (history.grad_norm, history.weight_norm, history.update_ratio)
    steps = zip(*(c.tolist() for c in scalars), strict=True)
    layers = zip(*(c.astype(str).tolist() for c in columns), strict=True)
    for step, norms in zip(steps, layers, strict=True):
        for name, *measured in zip(names, *norms, strict=True):
            yield (contestant.name, *step, name, *measured)
