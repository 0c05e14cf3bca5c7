"""What the gradient norms say, in sentences: net against net, and each net's first layer against
its last."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from resnet_viz.findings.claim import Claim, Evidence
from resnet_viz.findings.contestant import Contestant
from resnet_viz.findings.final_level import window, window_name
from resnet_viz.findings.fits import exponential
from resnet_viz.findings.nets import Net, Range
from resnet_viz.text import count, number

# The gradient norm of the first layer over that of the last: from here on the difference has a
# name. Two powers of ten are far beyond what one step differs from the next.
EXPLODES, VANISHES = 100.0, 0.01
# Below this factor two nets' norms are called alike: minibatches differ by as much.
ALIKE = 2.0

Norms = NDArray[np.float64]


def claims(nets: Sequence[Net], steps: int) -> Iterator[Claim]:
    """What the gradients say of each net of a race, and of the nets against each other, in the
    first `steps` steps; gradient_words.py has the words."""
    said = [(net.name, _gradient(net, steps), len(net.seeds)) for net in nets]
    if all(len(net.seeds) == 1 for net in nets):
        runs = [net.seeds[0] for net in nets]
        said += [(runs[0].name, text, 1) for text in between_nets(runs, steps)]
    for name, text, seeds in said:
        yield Claim(
            "gradient",
            (name,),
            "grad_norm",
            (0, steps - 1),
            evidence=Evidence("one run", (seeds,)),
            plot="gradients",
            details={"text": text},
        )


def _gradient(net: Net, steps: int) -> str:
    """The first layer's gradient against the last's at the start, its growth, what came of it."""
    starts = [main_norms(seed, slice(0, 1)) for seed in net.seeds]
    ratios = Range.of([_ratio(norms) for norms in starts])
    if not np.isfinite(ratios).all():
        return (
            f"Whether the gradient of {net.name} explodes or vanishes at the start cannot be "
            "said: a layer's is 0 or not finite."
        )
    text = f"at step 0 the first layer's norm over the last layer's is {ratios}"
    fits = [exponential(_depths(norms), norms) for norms in starts]
    rates = [fit.rate for fit in fits if fit is not None]
    if len(rates) == len(fits):
        layers = count(len(starts[0]), "layer")
        text += f", a factor of {Range.of(rates)} a layer towards the input (fit over {layers})"
    ends: list[float | None] = [None] * len(starts)
    if window(steps).start:
        late = [_ratio(main_norms(seed, window(steps))) for seed in net.seeds]
        text += f"; over {window_name(steps)} it is {_told(Range.of(late))}"
        ends = [*late]
    pairs = [(_ratio(start), end) for start, end in zip(starts, ends, strict=True)]
    words = [course(*pair) or _calm(pair[1]) for pair in pairs]
    said = max(words, key=words.count)
    if words.count(said) < len(words):
        said += f" (in {words.count(said)} of {len(words)} seeds)"
    return f"The gradient of {net.name} {said}: {text}."


def _calm(late: float | None) -> str:
    """Of a gradient without a course; of one that is unknown later, no more than its start."""
    is_unknown = late is not None and np.isnan(late)
    return "neither explodes nor vanishes" + (" at the start" if is_unknown else "")


def _told(ratios: Range) -> str:
    return str(ratios) if np.isfinite(ratios).all() else "unknown, a norm being 0 or not finite"


def _ratio(norms: Norms) -> float:
    first, last = float(norms[0]), float(norms[-1])
    return first / last if np.isfinite([first, last]).all() and first and last else np.nan


def _depths(norms: Norms) -> Norms:
    """Layers between each and the output: what grows towards the input has a rate above 1."""
    return np.arange(len(norms), 0, -1, dtype=np.float64)


def between_nets(contestants: Sequence[Contestant], steps: int) -> Iterator[str]:
    """Each further net's gradient norms against the first's, at the start and at the end."""
    for other in contestants[1:]:
        first = contestants[0]
        parts = [_compared(first, other, slice(0, 1))]
        if window(steps).start:
            parts.append(_compared(first, other, window(steps)))
        layers = len(first.main)
        what = (
            f"median over the {layers} layers of the main path"
            if layers == len(other.main)
            else "medians over the layers of each main path"
        )
        (at_start, *later), names = parts, f"{other.name} against {first.name}"
        then = f"; over {window_name(steps)} {later[0]}" if later else ""
        yield f"Gradient norms of {names} ({what}): at the first step {at_start}{then}."


def _compared(first: Contestant, other: Contestant, rows: slice) -> str:
    """How many times smaller or larger the gradients of `other` are than those of `first`."""
    ours, theirs = main_norms(first, rows), main_norms(other, rows)
    if not (_known(ours).any() and _known(theirs).any()):
        return "not to be compared, being 0 or not finite"
    if len(ours) != len(theirs):
        ratios = np.array([np.median(theirs[_known(theirs)]) / np.median(ours[_known(ours)])])
    else:
        both = _known(ours) & _known(theirs)
        if not both.any():
            return "not to be compared, being 0 or not finite"
        ratios = theirs[both] / ours[both]
    ratio = float(np.median(ratios))
    factor, word = (1 / ratio, "smaller") if ratio < 1 else (ratio, "larger")
    if factor < ALIKE:
        return f"about the same (ratio {number(ratio)})"
    sides = ratios < 1 / ALIKE if ratio < 1 else ratios > ALIKE
    everywhere = ", in every layer" if len(ratios) > 1 and sides.all() else ""
    return f"{number(factor)} times {word}{everywhere}{_zeros(other, rows)}"


def _zeros(contestant: Contestant, rows: slice) -> str:
    zero = int((main_norms(contestant, rows) == 0).sum())
    return f" ({count(zero, 'layer')} exactly 0 left out)" if zero else ""


def main_norms(contestant: Contestant, rows: slice) -> Norms:
    """Gradient norms of the main path, from input to output: medians over some of the steps.

    `rows` are rows of the history; of a long run some of their norms are kept (`History.most`).
    """
    taken, steps = contestant.history.taken("grad_norm"), contestant.history.steps[rows]
    among = (taken.steps >= steps[0]) & (taken.steps <= steps[-1])
    if not among.any():  # a file from elsewhere may hold none
        return np.full(len(contestant.main), np.nan)
    norms = taken.values[among][:, contestant.main].astype(np.float64)
    return np.asarray(np.median(norms, axis=0), np.float64)


def _known(norms: Norms) -> NDArray[np.bool_]:
    return np.isfinite(norms) & (norms > 0)


def within_net(contestant: Contestant, steps: int) -> str:
    """A net's first layer against its last: at the first step, then over the last tenth.

    Of what the first step shows depends what it is called: a gradient that is small only later
    has not vanished on its way to the input.
    """
    start = _ends(contestant, slice(0, 1))
    text = f"at the first step {_said(start)}"
    if window(steps).start:
        late = _ends(contestant, window(steps))
        text += f", over {window_name(steps)} {_said(late)}"
        if word := course(_quotient(start), _quotient(late)):
            text += f": it {word}"
    elif word := course(_quotient(start), None):
        text += f": it {word}"
    return f"In {contestant.name} the first layer's gradient norm over the last layer's is {text}."


def course(start: float, late: float | None) -> str:
    """The name of what the ratio does; "" where it has none. NaN for a ratio that is none."""
    if start > EXPLODES:
        if late is None or late > EXPLODES or np.isnan(late):
            return "explodes towards the input"
        return "explodes at the start, then " + ("collapses" if late <= 1 / ALIKE else "calms down")
    if start < VANISHES:
        return "vanishes towards the input" + (
            ", only at first" if late is not None and late >= VANISHES else ""
        )
    return ""


def _ends(contestant: Contestant, rows: slice) -> tuple[float, float]:
    """Gradient norms (medians over `rows`) of the first and the last layer of the main path."""
    norms = main_norms(contestant, rows)
    return float(norms[0]), float(norms[-1])


def _quotient(ends: tuple[float, float]) -> float:
    first, last = ends
    return first / last if np.isfinite(ends).all() and first and last else float("nan")


def _said(ends: tuple[float, float]) -> str:
    first, last = ends
    if not np.isfinite(ends).all():
        return "not finite"
    if first == 0 or last == 0:
        return "unknown, " + (
            "both being 0" if first == last else f"the {'first' if first == 0 else 'last'} being 0"
        )
    return number(first / last)
