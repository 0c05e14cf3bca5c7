"""What happened in a race, in sentences and rows computed from the records."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from resnet_viz.plots.contestant import Contestant
from resnet_viz.plots.style import count

# The gradient norm of the first layer over that of the last: from here on the difference has a
# name. Two powers of ten are far beyond what one step differs from the next.
EXPLODES, VANISHES = 100.0, 0.01

Cell = str | int | float | None


def story(contestants: Sequence[Contestant]) -> list[str]:
    """What the records say: losses and accuracies, then the gradient of the first layer.

    Nets are compared over the steps that all of them have done. "Explodes" and "vanishes" stand
    for a first layer's gradient norm that is more than 100 times, or less than 1/100 of, the last
    layer's. [] until every net has a step.
    """
    steps = min((len(c.history) for c in contestants), default=0)
    if not steps:
        return []
    losses = "; ".join(_loss(c, steps) for c in contestants)
    gradients = "; ".join(_gradient(c) for c in contestants)
    return [
        f"In {count(steps, 'step')} the training loss {_verdict(contestants, steps)}: {losses}.",
        f"Gradient norm of the first layer over that of the last: {gradients}.",
    ]


def _verdict(contestants: Sequence[Contestant], steps: int) -> str:
    """In whose net the loss fell more, or that it is a tie to three digits."""
    falls = [(float(c.history.loss[0] - c.history.loss[steps - 1]), c.name) for c in contestants]
    finite = [(fall, name) for fall, name in falls if np.isfinite(fall)]
    if len(contestants) == 1:
        return "went"
    if not finite or max(finite)[0] <= 0:
        return "fell in none"
    best = number(max(finite)[0])
    names = [name for fall, name in finite if number(fall) == best]
    if len(names) > 1:
        return f"fell equally in {' and '.join(names)}"
    return f"fell {'more' if len(contestants) == 2 else 'most'} in {names[0]}"


def _loss(contestant: Contestant, steps: int) -> str:
    history = contestant.history
    first, last = history.loss[0], history.loss[steps - 1]
    text = f"{contestant.name} {number(first)} to {number(last)}"
    broken = np.flatnonzero(~np.isfinite(history.loss[:steps]))
    when = f"first at step {history.steps[broken[0]]}, " if broken.size else ""
    return f"{text} ({when}accuracy of the last minibatch {history.accuracy[steps - 1]:.0%})"


def _gradient(contestant: Contestant) -> str:
    history = contestant.history
    first = f"{_ratio(contestant, 0)} at step {history.steps[0]}"
    if len(history) == 1:
        return f"{contestant.name} {first}"
    return f"{contestant.name} {first}, {_ratio(contestant, -1)} at step {history.steps[-1]}"


def _ratio(contestant: Contestant, row: int) -> str:
    first, last = _ends(contestant, row)
    if not (np.isfinite(first) and np.isfinite(last)):
        return "not finite"
    if first == 0 or last == 0:
        return "both are 0" if first == last else f"the {'first' if first == 0 else 'last'} is 0"
    ratio = first / last
    word = " (it explodes)" if ratio > EXPLODES else " (it vanishes)" if ratio < VANISHES else ""
    return f"{number(ratio)}{word}"


def _ends(contestant: Contestant, row: int) -> tuple[float, float]:
    """Gradient norms of the first and the last layer of the main path."""
    norms = contestant.history.grad_norm[row]
    return float(norms[contestant.main[0]]), float(norms[contestant.main[-1]])


def number(value: float) -> str:
    """`value` to three significant digits, without an exponent where that is short."""
    if not np.isfinite(value):
        return "not finite"
    if value == 0 or 1e-4 <= abs(value) < 1e6:
        digits = 2 - int(np.floor(np.log10(abs(value)))) if value else 0
        rounded = round(float(value), digits)
        return f"{rounded:,.{max(0, min(digits, 6))}f}"
    return f"{value:.2e}"


def result_rows(contestants: Sequence[Contestant], params: Sequence[int]) -> list[dict[str, Cell]]:
    """One row for each net: parameters (`params`, in the same order), first and last measurements.

    What is not measured yet is None.
    """
    return [_row(c, n) for c, n in zip(contestants, params, strict=True)]


def _row(contestant: Contestant, params: int) -> dict[str, Cell]:
    history = contestant.history
    row: dict[str, Cell] = {"net": contestant.name, "parameters": params, "steps": len(history)}
    is_measured = len(history) > 0
    row["first loss"] = float(history.loss[0]) if is_measured else None
    row["last loss"] = float(history.loss[-1]) if is_measured else None
    row["last accuracy"] = float(history.accuracy[-1]) if is_measured else None
    for when, index in (("first", 0), ("last", -1)):
        ends = _ends(contestant, index) if is_measured else (None, None)
        for layer, norm in zip(("first", "last"), ends, strict=True):
            row[f"gradient norm, {layer} layer, {when} step"] = norm
    row["seconds"] = float(history.seconds[-1]) if is_measured else None
    return row
