"""What was measured on demand says of a net: a verdict with its numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from resnet_viz.findings.claims.feature_collapse import FEW_DIRECTIONS, can_tell
from resnet_viz.findings.gradient_flow import FITS, flow_word, ratio_words
from resnet_viz.findings.theory.fits import exponential
from resnet_viz.findings.verdicts import MOST, Verdict, k_word
from resnet_viz.store.measurement_results import Measured
from resnet_viz.text import number

SMOOTH, NOISE = 0.5, 0.1
MISSED = 0.1
"""Of the error that a deleted block adds: from here on the block is missed."""
UNLEARNT = 0.5
"""Of all answers that are wrong, or of a guess's loss: from here on a net has learnt too little for
what was measured to say much."""


@dataclass(frozen=True)
class Net:
    """A net with a result: its name and colour, the names of its blocks and layers, the loss of a
    guess, where that is known, and its run's id, which its points have."""

    name: str
    colour: str
    blocks: tuple[str, ...]
    layers: tuple[str, ...]
    result: Measured
    chance: float | None = None
    id: str = ""

    def array(self, name: str) -> NDArray[np.float64]:
        """One of the result's arrays; empty where it is not there."""
        return self.result.found.get(name, np.empty(0))

    def scalar(self, name: str) -> float:
        """One of the result's numbers; NaN where it is not there."""
        found = self.array(name)
        return float(found) if not found.shape else float("nan")


def said(net: Net) -> Verdict:
    """What a result says of its net."""
    return _SAID[net.result.measurement](net)


def _shattering(net: Net) -> Verdict:
    value, step = net.scalar("cosine"), net.result.step
    word = "smooth" if value >= SMOOTH else "noise" if value <= NOISE else "rough"
    after = "" if step == 0 else " (A net whose features have collapsed looks smooth, too.)"
    sentence = f"Neighbours' input gradients have a mean cosine of {number(value)}.{after}"
    return _finite(value, word, sentence)


def _shares(net: Net) -> Verdict:
    shares = net.array("share")
    value = float(np.nanmean(shares)) if np.isfinite(shares).any() else float("nan")
    word = "through the shortcuts" if value >= MOST else "through the branches"
    return _finite(
        value, word, f"The shortcuts carry {value:.0%} of the gradient (mean of blocks)."
    )


def _variance(net: Net) -> Verdict:
    value = _median(net.array("times_k"))
    said = f"Block k adds about {number(value, 2)}/k of its input's variance (median)."
    return _finite(value, k_word(value), said)


def _rank(net: Net) -> Verdict:
    value, images = _median(net.array("rank")), net.result.settings["images"]
    cka = net.array("cka")
    # Whether few are a collapse is for the records to say: a net that has learnt may have few.
    word = "few directions" if value <= FEW_DIRECTIONS else "alive"
    if not can_tell(float(images)):
        word = "too few images"
    return _finite(
        value,
        word,
        f"The features of {images} images fill {number(value)} directions (median of blocks); the "
        f"last block's have a CKA of {number(float(cka[-1]) if cka.size else np.nan)} with the "
        "input.",
    )


def _paths(net: Net) -> Verdict:
    low, high, total = net.scalar("low"), net.scalar("high"), len(net.blocks)
    if np.count_nonzero(net.array("paths")) == 1:
        return Verdict("one path", f"All of the gradient goes through all {total} branches.", high)
    word = "short paths" if high <= total / 2 else "long paths"
    sentence = (
        f"90 % of the gradient comes by paths through {low:g} to {high:g} of the {total} branches."
    )
    return _finite(high, word, sentence)


def _lesions(net: Net) -> Verdict:
    whole = net.scalar("whole_error")
    if whole > UNLEARNT:
        sentence = f"With all blocks {whole:.1%} of the answers are wrong: too many to tell much."
        return Verdict("says nothing", sentence, whole)
    error, asked = _median(net.array("error")), str(net.result.settings["block"])
    which = f"without {asked}" if asked else "without one block (median)"
    word = "hardly missed" if error - whole < MISSED else "missed"
    return _finite(error, word, f"Wrong answers: {error:.1%} {which}, {whole:.1%} with all.")


def _hessian(net: Net) -> Verdict:
    value, off = net.scalar("eigenvalue"), net.scalar("residual")
    sentence = f"The largest eigenvalue is {number(value)}, but for {off:.0%} (|Hv - λv| / |Hv|)."
    if np.isfinite(value) and value < 0:
        sentence += " The loss bends downwards along it: a step of any rate leads away."
    elif np.isfinite(value) and value > 0:
        sentence += f" Rates above 2 / λ = {number(2 / value)} overshoot along it."
    return _finite(value, number(abs(value), 2), sentence)


def _landscape(net: Net) -> Verdict:
    value, loss = net.scalar("nonconvex"), net.array("loss")
    middle = float(loss[len(loss) // 2, len(loss) // 2]) if loss.size else np.nan
    bends = f"the surface bends downwards at {value:.0%} of the points"
    if net.chance is not None and middle > UNLEARNT * net.chance:
        sentence = f"With a loss of {number(middle)} in the middle it says little; {bends}."
        return _finite(value, "says little", sentence)
    word = "mostly a bowl" if value < MOST else "mostly no bowl"
    return _finite(value, word, f"The loss in the middle is {number(middle)}; {bends}.")


def _gradients(net: Net) -> Verdict:
    value = net.scalar("ratio")
    inputs = net.array("inputs")
    fit = exponential(np.arange(len(inputs), 0.0, -1), inputs)
    word = flow_word(value, is_steady=fit is not None and fit.explained >= FITS)
    times = "times as large at the first block's input as at the last's"
    return _finite(value, word, f"The gradient is {ratio_words(value)} {times}.")


_SAID: Mapping[str, Callable[[Net], Verdict]] = MappingProxyType(
    {
        "shattering": _shattering,
        "shares": _shares,
        "variance": _variance,
        "rank_cka": _rank,
        "path_lengths": _paths,
        "lesions": _lesions,
        "hessian": _hessian,
        "landscape": _landscape,
        "gradients": _gradients,
    }
)


def _finite(value: float, word: str, sentence: str) -> Verdict:
    if np.isfinite(value):
        return Verdict(word, sentence, value)
    return Verdict("not finite", "What was measured is inf or NaN.", value)


def _median(values: NDArray[np.float64]) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if known.size else float("nan")
