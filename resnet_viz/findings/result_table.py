"""Result table: one row for each net, with its results at the end and how sure they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite

import numpy as np

from resnet_viz.findings.claims.learning import FAR, Course, is_little
from resnet_viz.findings.contestant import Contestant
from resnet_viz.findings.gradient_flow import main_norms
from resnet_viz.findings.words.phrases import percents
from resnet_viz.text import number

Cell = str | int | float | None


def result_rows(contestants: Sequence[Contestant], params: Sequence[int]) -> list[dict[str, Cell]]:
    """One row for each run: parameters (`params`, in the same order) and results.

    The end is that of the steps that the runs have in common, as in the sentences; what is not
    measured is None, and NaN what is not finite.
    """
    lengths = [len(one.history) for one in contestants if len(one.history)]
    common = min((n for n in lengths if n >= FAR * max(lengths)), default=0)
    return [_row(c, n, common) for c, n in zip(contestants, params, strict=True)]


def cell_text(name: str, value: Cell) -> str:
    """The text of a cell of the row `name`."""
    if value is None:
        return "not measured"
    if isinstance(value, str):
        return value
    if isinstance(value, int):
        return f"{value:,}"
    if not isfinite(value):
        return "not finite"
    return f"{100 * value:.1f} %" if "accuracy" in name else f"{value:.4g}"


def _row(contestant: Contestant, params: int, common: int) -> dict[str, Cell]:
    history = contestant.history
    row: dict[str, Cell] = {"net": contestant.name, "parameters": params, "steps": len(history)}
    course = Course(contestant, min(common, len(history))) if len(history) else None
    row["outcome"] = None if course is None else outcome_words(course)
    row["first loss"] = float(history.loss[0]) if course else None
    row["last loss"] = float(history.loss[-1]) if course else None
    row |= _end(course)
    for when, step in (("first", 0), ("last", len(history) - 1)):
        norms = main_norms(contestant, (step, step)) if course else None
        for layer, column in (("first", 0), ("last", -1)):
            norm = None if norms is None else float(norms[column])
            row[f"gradient norm, {layer} layer, {when} step"] = norm
    row["seconds"] = float(history.seconds[-1]) if course else None
    return row


def outcome_words(course: Course) -> str:
    """The outcome of a run, in a few words."""
    words: str = "guess not known" if course.state == "unknown" else course.state
    accuracy, classes = course.end.accuracy, course.run.classes
    if words == "learnt" and accuracy and classes and is_little(accuracy.value, 1 / classes):
        words = "learnt little"
    if course.diverged is not None:
        words = f"diverged at step {course.diverged:,}"
    if course.dead is not None:
        words += f", dead from step {course.dead.step:,}"
    return words


def _end(course: Course | None) -> dict[str, Cell]:
    """Loss and accuracy at the end with their intervals, on the images that they are of."""
    end = course.end if course else None
    loss = end.loss if end else None
    row: dict[str, Cell] = {
        "training loss at the end": loss.value if loss else np.nan if end else None,
        "training loss, 95 % interval": loss and f"{number(loss.low)} to {number(loss.high)}",
    }
    levels = (end.accuracy, end.held_out_accuracy) if end else (None, None)
    for of, level in zip(("training", "held-out"), levels, strict=True):
        row[f"{of} accuracy at the end"] = level.value if level else None
        row[f"{of} accuracy, 95 % interval"] = level and percents(level.low, level.high)
    row["measured"] = None
    if end is not None:
        over = f"on minibatches, steps {end.steps[0]:,} to {end.steps[1]:,}"
        row["measured"] = "after the last update" if end.is_measured else over
    return row


def transposed(rows: Sequence[Mapping[str, Cell]]) -> dict[str, list[str]]:
    """The table by result: the cell of each net as text; rows that no net has are left out."""
    names = [name for name in rows[0] if name != "net"]
    filled = [name for name in names if any(row[name] is not None for row in rows)]
    return {name: [cell_text(name, row[name]) for row in rows] for name in filled}
