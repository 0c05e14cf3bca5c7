"""Stalling: losses that no longer fall though the net has not learnt, by a slope and its error.

A loss stands still over the second half of the steps where no fall is found there and its slope's
error allows none of more than a tenth of it. It is frozen where the updates are small as well.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from resnet_viz.findings.claims.claim import Claim, Evidence, Plot, ends
from resnet_viz.findings.claims.learning import Course, Standing

FROZEN = 1e-4
"""Updates of less than this share of the weights, in the median layer, for each step."""
MOST_FALL = 0.1
LEAST_LOSS = 0.5
"""Of its first: a loss below has come a long way."""


def stalling(net: Standing) -> Iterator[Claim]:
    """Claims about a net's loss: whether it stands still in every run, or still falls, though the
    net has not learnt."""
    if not net.all_are("not learnt", "unclear", "unknown"):
        return
    kind = _kind(net)
    if kind is None:
        return
    slopes = [course.late_slope for course in net.courses if course.late_slope]
    late = [float(course.loss[course.steps // 2 :].mean()) for course in net.courses]
    updates = [_update(course) for course in net.courses]
    values = {**ends("loss", late), **ends("update", updates)}
    steepest = min(slopes, key=lambda slope: slope.value)
    values |= {"slope": steepest.value, "slope_reach": steepest.reach}
    interval = (steepest.value - steepest.reach, steepest.value + steepest.reach)
    evidence = Evidence("slope", (net.runs,), interval=interval)
    steps = net.courses[0].late_steps
    plot: Plot = "curves" if kind == "still falls" else "through_time"
    yield Claim(kind, (net.name,), "loss", steps, values, evidence, plot)


def _kind(net: Standing) -> str | None:
    if all(course.still_falls for course in net.courses):
        return "still falls"
    if not all(_stands_still(course) for course in net.courses):
        return None
    updates = [_update(course) for course in net.courses]
    is_small = bool(np.isfinite(updates).all()) and max(updates) < FROZEN
    return "frozen" if is_small else "stands still"


def _stands_still(course: Course) -> bool:
    late = course.late_slope
    if late is None or late.falls:
        return False
    level = float(course.loss[course.steps // 2 :].mean())
    is_high = not np.isfinite(course.loss[0]) or level > LEAST_LOSS * course.loss[0]
    return is_high and late.most_fall <= MOST_FALL * level


def _update(course: Course) -> float:
    """The median layer's update over its weights, over the second half of the steps."""
    series = course.run.history.series("update_ratio")
    first, last = course.late_steps
    rows = series.values[(series.steps >= first) & (series.steps <= last)]
    known = rows[np.isfinite(rows)]
    return float(np.median(known)) if known.size else np.nan
