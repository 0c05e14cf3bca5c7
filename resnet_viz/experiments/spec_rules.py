"""What the fields of a run say of each other that no run can do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from resnet_viz.data.registry import dataset_info

if TYPE_CHECKING:
    from resnet_viz.experiments.run_spec import RunSpec

MOST_CHECKPOINTS = 1000


def violations(spec: RunSpec) -> Iterator[str]:
    """A sentence for each: what is wrong, and what is allowed."""
    total = dataset_info(spec.dataset).train
    of = f"training images of dataset = '{spec.dataset}'"
    if total is not None and (spec.subset or 0) > total:
        yield f"subset = {spec.subset} is more than the {total} {of}; at most {total} are allowed"
    images = spec.subset or total
    if images is not None and spec.batch_size > images:
        which = "images of the subset" if spec.subset else of
        yield (
            f"batch_size = {spec.batch_size} is more than the {images} {which}; at most {images} "
            "are allowed"
        )
    if spec.nesterov and (spec.optimizer != "sgd" or spec.momentum == 0):
        yield (
            f"nesterov = True needs optimizer = 'sgd' and a momentum above 0; they are "
            f"'{spec.optimizer}' and {spec.momentum}"
        )
    if spec.schedule == "cosine" and spec.warmup_steps >= spec.steps:
        yield (
            f"warmup_steps = {spec.warmup_steps} leaves none of the {spec.steps} steps to schedule "
            f"= 'cosine'; at most {spec.steps - 1} are allowed"
        )
    yield from _milestone_violations(spec)
    yield from _checkpoint_violations(spec)


def _milestone_violations(spec: RunSpec) -> Iterator[str]:
    given = spec.step_milestones
    if given and spec.schedule != "step":
        yield f"step_milestones = {given} needs schedule = 'step'; it is '{spec.schedule}'"
    if list(given) != sorted(set(given)) or not all(0 < step < spec.steps for step in given):
        yield (
            f"step_milestones = {given} is not allowed; allowed are steps from 1 to "
            f"{spec.steps - 1}, each larger than the one before"
        )


def _checkpoint_violations(spec: RunSpec) -> Iterator[str]:
    given = spec.checkpoints
    if list(given) != sorted(set(given)) or not all(0 < step <= spec.steps for step in given):
        yield (
            f"checkpoints = {given} is not allowed; allowed are numbers of steps from 1 to "
            f"{spec.steps}, each larger than the one before (the weights before the first step "
            "follow from config and seed)"
        )

    kept = spec.steps // spec.checkpoint_every if spec.checkpoint_every else 0
    if kept > MOST_CHECKPOINTS:
        least = -(-spec.steps // MOST_CHECKPOINTS)
        yield (
            f"checkpoint_every = {spec.checkpoint_every} would keep the weights {kept:,} times in "
            f"{spec.steps:,} steps; at most {MOST_CHECKPOINTS:,} are allowed: 0 or at least {least}"
        )
