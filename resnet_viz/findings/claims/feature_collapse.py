"""Feature collapse: whether the features of a net lose their directions, from the effective ranks.

Few directions are called a collapse only of a net that gets little more right than a guess: one
that has learnt tells its images apart by few directions.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from resnet_viz.findings.claims.claim import Claim, Evidence, ends
from resnet_viz.findings.claims.learning import Course, Standing, is_little
from resnet_viz.findings.contestant import Contestant
from resnet_viz.measurements.base.verdict import FEW_DIRECTIONS, can_tell
from resnet_viz.quantities.effective_rank import MOST_IMAGES
from resnet_viz.quantities.records import Series

RANK = "effective_rank"
IMAGES = f"of at most {MOST_IMAGES} images"


def median_ranks(net: Contestant) -> Series:
    """The median block's effective rank [T, 1] at the measured steps; NaN if a block's features are
    not finite."""
    series = net.history.series(RANK)
    values = series.values.astype(np.float64)
    medians = np.median(values, axis=1, keepdims=True) if values.size else values[:, :0]
    return Series(series.steps, medians.astype(np.float32))


def images_of(net: Contestant) -> float:
    """The number of images behind the ranks; for a user's own loop, whose minibatches are unknown,
    a lower bound."""
    if net.batch_size is not None:
        return min(net.batch_size, MOST_IMAGES)
    ranks = net.history.series(RANK).values
    return 1 + float(np.max(ranks, initial=0, where=np.isfinite(ranks)))


def is_few(rank: float, classes: int | None) -> bool:
    """Whether a net of so many classes (None: unknown) needs more directions."""
    return rank <= FEW_DIRECTIONS and (classes is None or classes - 1 > FEW_DIRECTIONS)


def is_collapsed(rank: float, course: Course) -> bool:
    """Whether so few directions are a collapse: the net distinguishes nothing by them."""
    return is_few(rank, course.run.classes) and not tells_apart(course)


def tells_apart(course: Course) -> bool:
    """Whether a run has learnt more than a little; if its accuracy or classes are unknown, whether
    its loss has fallen below half of the first."""
    accuracy, classes = course.end.accuracy, course.run.classes
    if classes is None or accuracy is None:
        loss = course.end.loss
        return loss is not None and loss.high < course.loss[0] / 2
    return accuracy.low > 1 / classes and not is_little(accuracy.value, 1 / classes)


def feature_collapse(net: Standing) -> Iterator[Claim]:
    """Claims about a net's features; none if the records hold ranks at fewer than two steps of each
    run or of too few images, or the net diverged."""
    if not can_tell(max(images_of(course.run) for course in net.courses)) or net.count("diverged"):
        return
    every = [median_ranks(course.run) for course in net.courses]
    steps = [own.steps[own.steps <= c.last] for own, c in zip(every, net.courses, strict=True)]
    of_runs = [own.values[: len(at)].ravel() for own, at in zip(every, steps, strict=True)]
    if min(map(len, of_runs)) < 2:
        return
    first, last = int(steps[0][0]), max(int(at[-1]) for at in steps)
    kinds = [_kind(ranks, course) for ranks, course in zip(of_runs, net.courses, strict=True)]
    kind = max(kinds, key=kinds.count)
    values = ends("first", [ranks[0] for ranks in of_runs])
    values |= ends("last", [ranks[-1] for ranks in of_runs])
    values["agree"] = float(kinds.count(kind))
    evidence = Evidence("count", (net.runs,))
    yield Claim(kind, (net.name,), RANK, (first, last), values, evidence, "through_time")


def _kind(ranks: NDArray[np.float32], course: Course) -> str:
    if not np.isfinite(ranks[[0, -1]]).all():
        return "features not finite"
    few = [is_few(float(rank), course.run.classes) for rank in ranks]
    if few[-1] and not tells_apart(course):
        return "features collapsed" if few[0] else "features collapse"
    if few[-1]:
        return "few directions"
    return "features come back" if any(few) else "features differ"
