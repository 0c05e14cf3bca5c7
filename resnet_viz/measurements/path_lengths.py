"""Through how many branches the gradient comes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from resnet_viz.measurements.base.figure import Lines
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
from resnet_viz.measurements.base.verdict import Verdict, if_finite

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence, Set

    from torch import Tensor

    from resnet_viz.nets.block_parts import BlockPass
MEASUREMENT = Measurement(
    name="path_lengths",
    title="lengths of the gradient's paths",
    sentence="A net of n blocks is 2^n paths: at each block through the branch or past it. The "
    "gradient of a path, times the number of paths as long, says how much comes by each length. "
    "A deep residual net lives on its short paths; a plain net has the longest alone.",
    formula=r"\frac{\binom{n}{k}\,\overline{\|g_k\|}}{\sum_j \binom{n}{j}\,\overline{\|g_j\|}}",
    source="Veit et al. 2016, arXiv:1605.06431, sec. 4.2",
    cost=38,
    gives={
        "share": Given("share of the gradient by paths of that length", ("length",)),
        "norm": Given("mean norm of the gradient by one such path", ("length",)),
        "paths": Given("number of paths of that length", ("length",)),
        "sampled": Given("how many of them were followed", ("length",)),
        "low": Given("the length below which 5 % of the gradient comes"),
        "high": Given("the length above which 5 % of the gradient comes"),
    },
    settings=(
        images(64),
        Setting("samples", "how many paths of each length are followed, at most", 4, 1, 10_000),
        SEED,
    ),
    figure=Lines("share", "length: branches on the path", first=0),
)


def measure(subject: Subject) -> Measured:
    """Norms at the first block's input; all paths of a length where there are no more of them
    than `samples`, else as many at random."""
    from math import comb

    from resnet_viz.nets.passes import block_passes
    from resnet_viz.tensor_stats.wide_sums import norm

    blocks, gradient = block_passes(subject.network, subject.images, subject.labels)
    total, number = len(blocks), int(subject.settings["samples"])
    generator = np.random.default_rng(int(subject.settings["seed"]))
    must = frozenset(i for i, block in enumerate(blocks) if block.paths.shortcut is None)
    free = [i for i in range(total) if i not in must]
    norms, counts, sampled = np.full(total + 1, np.nan), np.zeros(total + 1), np.zeros(total + 1)
    for length in range(total + 1):
        subject.report(length / (total + 1), f"paths of length {length}")
        if length < len(must):
            continue
        counts[length] = float(comb(len(free), length - len(must)))
        chosen = list(_chosen(free, length - len(must), number, generator))
        sizes = [norm(path_gradient(blocks, gradient, must | one)) for one in chosen]
        norms[length], sampled[length] = float(np.mean(sizes)), len(sizes)
    with np.errstate(all="ignore"):
        weights = np.where(counts > 0, counts * np.nan_to_num(norms, nan=0.0), 0.0)
        share = weights / weights.sum()
    below = np.cumsum(share)
    ends = [float(np.argmax(below >= limit)) if below[-1] > 0 else np.nan for limit in (0.05, 0.95)]
    arrays = {"share": share, "norm": norms, "paths": counts, "sampled": sampled}
    return {**arrays, "low": ends[0], "high": ends[1]}


def path_gradient(blocks: Sequence[BlockPass], gradient: Tensor, through: Set[int]) -> Tensor:
    """The gradient at the first block's input by one path: through the branches of the blocks
    `through` and the shortcuts of the others. Over all paths these add up to the whole."""
    for index in reversed(range(len(blocks))):
        block = blocks[index]
        step = block.through_branch if index in through else block.through_shortcut
        gradient = step(gradient)
    return gradient


def _chosen(
    free: Sequence[int], length: int, number: int, generator: np.random.Generator
) -> Iterator[frozenset[int]]:
    from itertools import combinations
    from math import comb

    if comb(len(free), length) <= number:
        yield from map(frozenset, combinations(free, length))
        return
    for _ in range(number):
        yield frozenset(int(i) for i in generator.choice(free, length, replace=False))


def verdict(net: MeasuredNet) -> Verdict:
    """Of short paths 95 % of the gradient comes through half of the branches, or fewer."""
    low, high, total = net.scalar("low"), net.scalar("high"), len(net.blocks)
    if np.count_nonzero(net.array("paths")) == 1:
        return Verdict("one path", f"All of the gradient goes through all {total} branches.", high)
    word = "short paths" if high <= total / 2 else "long paths"
    sentence = (
        f"90 % of the gradient comes by paths through {low:g} to {high:g} of the {total} branches."
    )
    return if_finite(high, word, sentence)
