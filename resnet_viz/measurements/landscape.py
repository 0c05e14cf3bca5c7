"""Loss landscape: the loss around a net's weights, along two random directions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from resnet_viz.measurements.base.figure import Surface
from resnet_viz.measurements.base.measurement import (
    SEED,
    Given,
    Measured,
    Measurement,
    Setting,
    Subject,
    images,
)
from resnet_viz.measurements.base.result import MeasuredNet
from resnet_viz.measurements.base.verdict import MOST, UNLEARNT, Verdict, if_finite
from resnet_viz.text import number

if TYPE_CHECKING:
    import torch
    from numpy.typing import NDArray
    from torch import Tensor

MEASUREMENT = Measurement(
    name="landscape",
    title="loss landscape",
    sentence="The loss where the weights are moved along two random directions, each filter's part "
    "as long as the filter. Look for a smooth bowl or for ridges; the share of points where the "
    "surface bends downwards is beside it. It compares two nets only if both have trained.",
    formula=r"L(\theta + \alpha\,\delta + \beta\,\eta), \quad "
    r"\delta_{i,j} \leftarrow \frac{\delta_{i,j}}{\|\delta_{i,j}\|}\,\|\theta_{i,j}\|",
    source="Li et al. 2018, arXiv:1712.09913, sec. 4 (by the statistics of the batch: with running "
    "ones a moved net gives losses of 1e8)",
    cost=103,
    gives={
        "loss": Given("loss; the first axis is along δ, the second along η", ("at", "at"), "nats"),
        "at": Given("how far along each direction, in lengths of the filters", ("at",)),
        "nonconvex": Given("share of the inner points with a negative curvature"),
    },
    settings=(
        images(128),
        Setting("points", "points a side; odd, so that the weights are in the middle", 13, 3, 101),
        Setting("reach", "how far the outermost points are, in lengths of the filters", 1.0, 0, 10),
        SEED,
    ),
    only_forward=True,
    figure=Surface("loss", "at", ("\N{GREEK SMALL LETTER ALPHA}, along δ", "β, along η")),
)


def measure(subject: Subject) -> Measured:
    """Norms' scales and shifts and all biases stay where they are, as in Li et al. 2018, sec. 4."""
    import torch
    from torch.nn import functional

    settings = subject.settings
    side, reach = int(settings["points"]), float(settings["reach"])
    if side % 2 == 0:
        raise ValueError(f"points = {side} is not allowed; allowed are odd numbers")
    generator = torch.Generator().manual_seed(int(settings["seed"]))
    weights = [p for p in subject.network.parameters() if p.dim() > 1]
    start = [w.detach().clone() for w in weights]
    one, other = ([direction(w, generator) for w in start] for _ in range(2))
    at = np.linspace(-reach, reach, side)
    loss = np.full((side, side), np.nan)
    with torch.no_grad():
        for i, alpha in enumerate(at):
            subject.report(i / side, f"row {i + 1} of {side}")
            for j, beta in enumerate(at):
                for w, begin, a, b in zip(weights, start, one, other, strict=True):
                    w.copy_(begin + alpha * a + beta * b)
                logits = subject.network(subject.images)
                loss[i, j] = functional.cross_entropy(logits, subject.labels).item()
    return {"loss": loss, "at": at, "nonconvex": nonconvex_share(loss)}


def direction(weight: Tensor, generator: torch.Generator) -> Tensor:
    """A random direction whose part for each filter (or row) is as long as the filter."""
    import torch

    drawn = torch.randn(weight.shape, generator=generator).to(weight)
    size, own = (t.flatten(1).norm(dim=1).view(-1, *[1] * (t.dim() - 1)) for t in (weight, drawn))
    scaled: Tensor = drawn * (size / own)
    return scaled


def nonconvex_share(loss: NDArray[np.float64]) -> float:
    """Share of the inner points, where all around is finite, whose Hessian by central differences
    has a negative eigenvalue; NaN where there are none."""
    here = loss[1:-1, 1:-1]
    down = loss[2:, 1:-1] - 2 * here + loss[:-2, 1:-1]
    across = loss[1:-1, 2:] - 2 * here + loss[1:-1, :-2]
    mixed = (loss[2:, 2:] - loss[2:, :-2] - loss[:-2, 2:] + loss[:-2, :-2]) / 4
    smallest = (down + across) / 2 - np.hypot((down - across) / 2, mixed)
    known = np.isfinite(smallest)
    return float((smallest[known] < 0).mean()) if known.any() else float("nan")


def verdict(net: MeasuredNet) -> Verdict:
    """Whether the surface is a bowl; of a net that has not learnt it says little."""
    value, loss = net.scalar("nonconvex"), net.array("loss")
    middle = float(loss[len(loss) // 2, len(loss) // 2]) if loss.size else np.nan
    bends = f"the surface bends downwards at {value:.0%} of the points"
    if net.chance is not None and middle > UNLEARNT * net.chance:
        sentence = f"With a loss of {number(middle)} in the middle it says little; {bends}."
        return if_finite(value, "says little", sentence)
    word = "mostly a bowl" if value < MOST else "mostly no bowl"
    return if_finite(value, word, f"The loss in the middle is {number(middle)}; {bends}.")
