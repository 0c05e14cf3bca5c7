"""Final level of a run: loss and accuracy at its end, each with its 95 % interval.

Where the end was measured (the quantity `final`: after the last update, on training images and on
held-out ones) that is what counts. Elsewhere (a run that is under way, was stopped, watched, or is
older) it is the mean over the last minibatches.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from resnet_viz.findings.contestant import Contestant
from resnet_viz.findings.statistics import Estimate, Numbers, binomial, mean

LEAST_STEPS = 5
"""One minibatch differs from the next: a mean of fewer says nothing."""
FINAL = "final"
_Z = 1.959964


@dataclass(frozen=True)
class End:
    """The end of a run at some step: None for what is unknown or not finite.

    `steps` are the first and the last step that it is of. `is_measured`: after the last update, on
    whole sets of images, and not over minibatches. `images` is how many training images the
    accuracy is of, `held_out_images` of those that the net has not seen.
    """

    steps: tuple[int, int]
    loss: Estimate | None
    accuracy: Estimate | None
    is_measured: bool = False
    images: int | None = None
    held_out_loss: Estimate | None = None
    held_out_accuracy: Estimate | None = None
    held_out_images: int | None = None


def window(steps: int) -> slice:
    """The last tenth of `steps` rows, but at least five (or all, if there are fewer)."""
    return slice(max(0, steps - max(LEAST_STEPS, -(-steps // 10))), steps)


def end_of(run: Contestant, steps: int) -> End:
    """The end of `run` after the first `steps` rows of its history, of which there is at least
    one."""
    return _measured(run, steps) or _over_minibatches(run, steps)


def _measured(run: Contestant, steps: int) -> End | None:
    """The end as it was measured; None where it was not, or is not at that step."""
    series = run.history.series(FINAL)
    step = int(run.history.steps[steps - 1])
    if not len(series.steps) or int(series.steps[-1]) != step or FINAL not in run.header:
        return None
    names = run.along(FINAL).names
    values = dict(zip(names, series.values[-1].astype(float).tolist(), strict=True))
    loss, accuracy, images = _part(values, "train")
    return End((step, step), loss, accuracy, True, images, *_part(values, "eval"))


def _part(
    values: Mapping[str, float], part: str
) -> tuple[Estimate | None, Estimate | None, int | None]:
    """Loss, accuracy and how many images, of one part of the data."""
    images, loss, share, error = (
        values.get(f"{part}_{name}", np.nan) for name in ("images", "loss", "accuracy", "loss_se")
    )
    reach = _Z * error if np.isfinite(error) else np.inf
    is_known = np.isfinite(images) and images > 0
    return (
        Estimate(loss, loss - reach, loss + reach) if np.isfinite(loss) else None,
        binomial(share, images) if is_known and np.isfinite(share) else None,
        int(images) if is_known else None,
    )


def _over_minibatches(run: Contestant, steps: int) -> End:
    history, rows = run.history, window(steps)
    longer = slice(min(rows.start, steps // 2), steps)
    at = history.steps[rows]
    images = None if run.batch_size is None else run.batch_size * len(at)
    accuracy = _mean(history.accuracy, rows, longer)
    if accuracy is not None and images is not None:
        share = binomial(accuracy.value, images)
        low, high = min(share.low, accuracy.low), max(share.high, accuracy.high)
        accuracy = Estimate(accuracy.value, low, high)
    if accuracy is not None:
        accuracy = Estimate(accuracy.value, max(0.0, accuracy.low), min(1.0, accuracy.high))
    loss = _mean(history.loss, rows, longer)
    return End((int(at[0]), int(at[-1])), loss, accuracy, images=images)


def _mean(series: Numbers, rows: slice, longer: slice) -> Estimate | None:
    """The mean over `rows`; None where one of the numbers is not finite."""
    values, among = series[rows], series[longer]
    if not np.isfinite(values).all():
        return None
    estimate = mean(values, among if np.isfinite(among).all() else values)
    # What is never below 0 has no mean below it.
    return estimate._replace(low=max(0.0, estimate.low)) if values.min() >= 0 else estimate
