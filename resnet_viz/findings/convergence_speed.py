"""Who learns faster, in sentences: after how many steps nets come to one loss."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from resnet_viz.arch.config import and_words
from resnet_viz.findings.contestant import Contestant
from resnet_viz.findings.final_level import LEAST_STEPS
from resnet_viz.findings.gradient_flow import ALIKE
from resnet_viz.findings.nets import Net, Range
from resnet_viz.text import number

Numbers = NDArray[np.float64]


def faster(nets: Sequence[Net], steps: int) -> Iterator[str]:
    """Of the first net and each other: who came to the other's lowest loss, and how much sooner.

    Of one seed each, a factor below `ALIKE` is no difference: minibatches differ by as much.
    """
    for first, other in ((nets[0], net) for net in nets[1:]):
        pair = (first, other)
        unknown = f"How fast {first.name} and {other.name} learn cannot be compared"
        if odd := [net.name for net in pair if not np.isfinite(_first_losses(net)).all()]:
            yield f"{unknown}: the first loss of {and_words(odd)} is not finite."
            continue
        if idle := [net.name for net in pair if not _learns(net, steps)]:
            yield (
                f"{unknown}: the loss of {and_words(idle)} (mean of {LEAST_STEPS} minibatches) "
                "never falls below its first."
            )
            continue
        lows = [net.range(lambda c: float(_smooth(c, steps).min())) for net in pair]
        if not np.isfinite(lows).all():
            continue
        quick, slow = (first, other) if lows[0].low <= lows[1].low else (other, first)
        level = max(lows, key=lambda low: low.low).high  # to which all seeds of the slow one come
        if (starts := _first_losses(quick)).low <= level:
            yield (
                f"{unknown}: {quick.name} begins at a loss of {starts}, and {slow.name} comes no "
                f"lower than {number(level)}."
            )
            continue
        sooner, later = (_when(net, steps, level) for net in (quick, slow))
        what = f"a loss of {number(level)} (mean of {LEAST_STEPS} minibatches)"
        least = 1.0 if len(first.seeds) + len(other.seeds) > 2 else ALIKE
        times = Range(later.low / sooner.high, later.high / sooner.low)
        if times.low > least:
            yield (
                f"{quick.name} learns faster than {slow.name}: it comes to {what} after "
                f"{_whole(sooner)} steps, {slow.name} after {_whole(later)}: {times} times sooner."
            )
        elif times.high < 1 / least:  # who comes lower in the end was behind before
            times = Range(sooner.low / later.high, sooner.high / later.low)
            yield (
                f"{slow.name} learns faster than {quick.name} at first: it comes to {what} after "
                f"{_whole(later)} steps, {quick.name} after {_whole(sooner)}: {times} times sooner."
            )
        else:
            is_alike = least == 1.0 or sooner == later
            but = "" if is_alike else f" (of one seed each, a factor below {least:g} is none)"
            yield (
                f"No difference is seen in how fast {quick.name} and {slow.name} learn: they come "
                f"to {what} after {_whole(sooner)} and {_whole(later)} steps{but}."
            )


def _first_losses(net: Net) -> Range:
    return net.range(lambda c: float(c.history.loss[0]))


def _learns(net: Net, steps: int) -> bool:
    """Whether the loss of every seed has once been below its first."""
    return all(_smooth(seed, steps).min() < seed.history.loss[0] for seed in net.seeds)


def _when(net: Net, steps: int, level: float) -> Range:
    return net.range(lambda c: _reached(c, steps, level))


def _whole(steps: Range) -> str:
    low, high = (f"{edge:,.0f}" for edge in steps)
    if not np.isfinite(steps.high):
        return f"{low} (not in every seed)"
    return low if low == high else f"{low} to {high}"


def _smooth(contestant: Contestant, steps: int) -> Numbers:
    """The mean loss over five minibatches [steps - 4], inf where one of them is not finite."""
    loss = contestant.history.loss[:steps]
    means = np.convolve(
        np.where(np.isfinite(loss), loss, np.inf), np.full(LEAST_STEPS, 0.2), "valid"
    )
    return np.where(np.isfinite(means), means, np.inf)


def _reached(contestant: Contestant, steps: int, level: float) -> float:
    """After how many steps the mean over five minibatches was first at `level` or below."""
    below = np.flatnonzero(_smooth(contestant, steps) <= level * (1 + 1e-9))
    return float(below[0] + LEAST_STEPS) if below.size else np.inf
