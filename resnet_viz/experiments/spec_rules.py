"""What the fields of a run say of each other: combinations that no run can have; no torch."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.fields import short_size
from resnet_viz.arch.plan import plan
from resnet_viz.data.registry import dataset_info

if TYPE_CHECKING:
    from resnet_viz.experiments.run_spec import RunSpec

MOST_CHECKPOINTS = 1000
_DEVICE = re.compile(r"auto|cpu|mps|cuda(:(0|[1-9][0-9]{0,2}))?")


def violations(spec: RunSpec) -> Iterator[str]:
    """What fields say of each other that no run can do."""
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


def check_device_name(device: str) -> None:
    """ValueError unless `device` is a name that could exist: auto, cpu, mps, cuda or cuda:N."""
    if not _DEVICE.fullmatch(device):
        raise ValueError("allowed are 'auto', 'cpu', 'mps', 'cuda' and 'cuda:N' such as 'cuda:0'")


def check_precision(precision: str, device: str) -> None:
    """ValueError where devices of the kind `device` ("cpu", "cuda", "mps") lack `precision`."""
    if precision == "tf32" and device != "cuda":
        raise ValueError(
            f"precision = 'tf32' is for CUDA devices alone, and the device is '{device}'; allowed "
            "there: 'float32', 'bfloat16' or 'float16'"
        )


def check_batch_size(config: ResNetConfig, batch_size: int) -> None:
    """ValueError where PyTorch would refuse a norm that has a single value to normalise by.

    That is one image on 1x1 maps: for batch norm a value a channel, for group norm a value a
    group where a group is one channel (torch.nn.functional.group_norm, _verify_batch_size).
    """
    if batch_size < 1:
        raise ValueError(f"batch_size = {batch_size} is not allowed; it is at least 1")
    if batch_size > 1 or config.norm == "none":
        return
    for operation in plan(config).operations:
        channels, *pixels = operation.out_shape
        group = channels // operation.groups if config.norm == "group" else 1
        if operation.kind == "norm" and pixels == [1, 1] and group == 1:
            values = "batch norm one value a channel"
            if config.norm == "group":
                values = f"group norm one value a group ({channels} channels, as many groups)"
            raise ValueError(
                f"batch_size = 1 leaves {values}, since this net has 1x1 maps at image_size = "
                f"{short_size(config.image_size)}; allowed: at least 2, or a larger image_size"
            )
