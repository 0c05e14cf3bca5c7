"""What happened in a race, in sentences and rows computed from the records."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import isfinite

import numpy as np

from resnet_viz.arch.config import and_words
from resnet_viz.findings.contestant import Contestant
from resnet_viz.findings.final_level import (
    LEAST_STEPS,
    Finish,
    Level,
    common_steps,
    finish,
    leaders,
    window,
)
from resnet_viz.findings.gradient_claims import gradient_claims
from resnet_viz.findings.gradient_flow import main_norms
from resnet_viz.findings.gradient_words import GRADIENT_WORDS
from resnet_viz.findings.nets import nets_in
from resnet_viz.text import count, number

Cell = str | int | float | None


def story(contestants: Sequence[Contestant], *, with_gradients: bool = True) -> list[str]:
    """What the records say: the verdict in one sentence, then what it rests on.

    Nets are compared by loss and accuracy over the last tenth of the steps that all of them have
    done (at least five), as mean and standard deviation; where these overlap no difference is
    seen. Then what the losses did on the way, the nets' gradients against each other, and each
    net's first layer against its last. [] until every net has a step.
    """
    steps = common_steps(contestants)
    if not steps:
        return []
    ends = [finish(c, steps) for c in contestants]
    peaks = [text for end in ends for text in on_the_way(end, steps)]
    guesses = _guesses(ends) if steps >= LEAST_STEPS else []
    said = [_verdict(ends, steps), *peaks, *guesses]
    if with_gradients:
        claims = gradient_claims(nets_in(contestants), steps)
        said += [GRADIENT_WORDS[claim.kind](claim) for claim in claims]
    return said


def _verdict(ends: Sequence[Finish], steps: int) -> str:
    rows = window(steps)
    over = f"over the last {rows.stop - rows.start} steps"
    levels = "; ".join(_levels(end) for end in ends)
    after = f"After {count(steps, 'step')}"
    if steps < LEAST_STEPS:
        return f"{after} it is too early for a verdict: {levels}."
    if len(ends) == 1:
        return f"{after}, {over} (mean ± standard deviation): {levels}."
    found = _ranking(ends)
    return f"{after} {found}: {over} {levels} (mean ± standard deviation of the minibatches)."


def _ranking(ends: Sequence[Finish]) -> str:
    """Who is ahead, by loss and accuracy, of those whose loss is finite."""
    everyone = tuple(index for index, end in enumerate(ends) if end.loss is not None)
    if not everyone:
        return "no net has a finite loss"
    if len(everyone) == 1:
        return f"only {_and(ends, everyone)} has a finite loss"
    by_loss = leaders([end.loss for end in ends], least=True)
    whole = [end.accuracy if end.loss is not None else None for end in ends]
    is_known = all(level is None or isfinite(level.mean) for level in whole)
    by_accuracy = leaders(whole, least=False) if is_known else everyone
    if by_loss == by_accuracy == everyone:
        return "no difference is seen"
    if not set(by_loss) & set(by_accuracy):
        return f"the loss is lower in {_and(ends, by_loss)}, the accuracy higher in " + _and(
            ends, by_accuracy
        )
    # Both measures may speak for several; together they may leave fewer.
    ahead = tuple(index for index in by_loss if index in by_accuracy)
    behind = [index for index in everyone if index not in ahead]
    tie = ", with no difference seen between them" if len(ahead) > 1 else ""
    verb = "are" if len(ahead) > 1 else "is"
    overlap = {by_loss: " in accuracy", by_accuracy: " in loss"}.get(everyone, "")
    return f"{_and(ends, ahead)} {verb} ahead of {_and(ends, behind)}{overlap}{tie}"


def _and(ends: Sequence[Finish], indices: Sequence[int]) -> str:
    return and_words([ends[index].net.name for index in indices])


def _levels(end: Finish) -> str:
    """Loss and accuracy of a net in the window."""
    if end.loss is None:
        return f"{end.net.name} loss not finite (first at step {end.broken})"
    loss = f"{end.net.name} loss {_with_spread(end.loss)}"
    if not isfinite(end.accuracy.mean):  # a loop of one's own need not tell it
        return loss
    return f"{loss}, accuracy {end.accuracy.mean:.0%} ± {100 * end.accuracy.spread:.0f}"


def _with_spread(level: Level) -> str:
    """Mean and spread to the decimals that the spread's two digits have."""
    if not 1e-4 <= level.spread < 1e3:
        return f"{number(level.mean)} ± {number(level.spread, 2)}"
    decimals = max(0, 1 - int(np.floor(np.log10(level.spread))))
    return f"{level.mean:,.{decimals}f} ± {level.spread:.{decimals}f}"


def on_the_way(end: Finish, steps: int) -> Iterator[str]:
    """What the last tenth does not show: a peak, losses that were not finite."""
    history, name = end.net.history, end.net.name
    loss = history.loss[:steps]
    if end.broken is not None and end.loss is not None:
        broken = count(int((~np.isfinite(loss)).sum()), "step")
        yield f"The loss of {name} was not finite in {broken}, first at step {end.broken}."
    peak = int(np.argmax(np.where(np.isfinite(loss), loss, -np.inf)))
    if loss[peak] > 2 * loss[0]:
        yield (
            f"The loss of {name} rose from {number(loss[0])} to {number(loss[peak])} at step "
            f"{history.steps[peak]}."
        )


def _guesses(ends: Sequence[Finish]) -> list[str]:
    """Which nets have learnt nothing that the window could show."""
    said = []
    for index, end in enumerate(ends):
        classes, chance = end.net.classes, end.net.chance
        if end.loss is None or classes is None or chance is None:
            continue
        is_low = end.accuracy.mean - end.accuracy.spread <= 1 / classes
        if is_low and end.loss.mean + end.loss.spread >= chance:
            said.append((index, f"loss {number(chance)}, accuracy {1 / classes:.0%}"))
    if not said:
        return []
    verb = "are" if len(said) > 1 else "is"
    names = _and(ends, [index for index, _ in said])
    return [f"{names} {verb} no better than guessing ({said[0][1]})."]


def result_rows(contestants: Sequence[Contestant], params: Sequence[int]) -> list[dict[str, Cell]]:
    """One row for each net: parameters (`params`, in the same order) and measurements.

    "Last tenth" is that of the steps that all nets with records have done, as in `story`; what is
    not measured yet is None, and NaN what is not finite there.
    """
    steps = common_steps([c for c in contestants if len(c.history)])
    return [_row(c, n, steps) for c, n in zip(contestants, params, strict=True)]


def told(name: str, value: Cell) -> str:
    """What a cell of the row `name` says in a table."""
    if value is None:
        return "not measured"
    if isinstance(value, str):
        return value
    if isinstance(value, int):
        return f"{value:,}"
    if not isfinite(value):
        return "not finite"
    return f"{value:.1%}" if "accuracy" in name else f"{value:.4g}"


def _row(contestant: Contestant, params: int, steps: int) -> dict[str, Cell]:
    history = contestant.history
    row: dict[str, Cell] = {"net": contestant.name, "parameters": params, "steps": len(history)}
    end = finish(contestant, steps) if len(history) else None
    accuracy = end.accuracy if end and isfinite(end.accuracy.mean) else None
    row["first loss"] = float(history.loss[0]) if end else None
    row["last loss"] = float(history.loss[-1]) if end else None
    for what, level in (("loss", end and end.loss), ("accuracy", accuracy)):
        # A loss that is not finite, or nothing measured.
        none = np.nan if end and what == "loss" else None
        row[f"{what}, mean of the last tenth"] = level.mean if level else none
        row[f"{what}, standard deviation there"] = level.spread if level else none
    for when, step in (("first", 0), ("last", len(history) - 1)):
        norms = main_norms(contestant, (step, step)) if end else None
        for layer, column in (("first", 0), ("last", -1)):
            norm = None if norms is None else float(norms[column])
            row[f"gradient norm, {layer} layer, {when} step"] = norm
    row["seconds"] = float(history.seconds[-1]) if end else None
    return row
