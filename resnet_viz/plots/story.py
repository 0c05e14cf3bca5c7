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

    "Explodes" and "vanishes" stand for a first layer's gradient norm that is more than 100 times,
    or less than 1/100 of, the last layer's. [] while nothing is measured.
    """
    measured = [c for c in contestants if len(c.history)]
    if not measured:
        return []
    losses = "; ".join(_loss(c) for c in measured)
    gradients = "; ".join(_gradient(c) for c in measured)
    verdict = _verdict(measured)
    return [f"{verdict}{losses}.", f"Gradient norm of the first layer over the last: {gradients}."]


def _verdict(contestants: Sequence[Contestant]) -> str:
    """Whose loss fell more, or that it is a tie; "" for a single net."""
    falls = [(_fall(c), c) for c in contestants]
    finite = sorted(((f, c) for f, c in falls if np.isfinite(f)), key=lambda item: -item[0])
    if len(contestants) < 2 or not finite:
        return ""
    best, winner = finite[0]
    if best <= 0:
        return "The training loss fell in no net: "
    if len(finite) > 1 and _number(finite[1][0]) == _number(best):
        tied = [c.name for fall, c in finite if _number(fall) == _number(best)]
        return f"The training loss fell as much in {' and '.join(tied)}: "
    return (
        f"The training loss fell most in {winner.name}: "
        if len(contestants) > 2
        else (f"The training loss fell more in {winner.name}: ")
    )


def _fall(contestant: Contestant) -> float:
    loss = contestant.history.loss
    return float(loss[0] - loss[-1])


def _loss(contestant: Contestant) -> str:
    history = contestant.history
    text = f"{contestant.name} {_number(history.loss[0])} to {_number(history.loss[-1])}"
    text += f" in {count(len(history), 'step')}"
    broken = np.flatnonzero(~np.isfinite(history.loss))
    if broken.size:
        text += f" (not finite from step {history.steps[broken[0]]} on)"
    return f"{text}, last accuracy {history.accuracy[-1]:.0%}"


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
    return f"{_number(ratio)}{word}"


def _ends(contestant: Contestant, row: int) -> tuple[float, float]:
    """Gradient norms of the first and the last layer of the main path."""
    norms = contestant.history.grad_norm[row]
    return float(norms[contestant.main[0]]), float(norms[contestant.main[-1]])


def _number(value: float) -> str:
    """Three significant digits, without an exponent where that is short."""
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
