"""A training step with all quantities against the same loop without: interleaved, one thread."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator

import torch

from benchmarks.result import Result
from resnet_viz import RunSpec, plain_twin, preset
from resnet_viz.arch.config import revise
from resnet_viz.training.loop import train

WARM_UP = 5
MEASURED = 12
"""Measured steps that are looked at."""


def run() -> Iterator[Result]:
    """The mean cost of a step; the order within a pair alternates.

    The last net's gradients are so small that most norms need more than float32.
    """
    torch.set_num_threads(1)
    yield _cost("resnet56-cifar", RunSpec(config=preset("resnet56-cifar"), device="cpu"))
    resnet18 = RunSpec(config=preset("resnet18"), image_size=64, device="cpu")
    yield _cost("resnet18 at 64 pixels", resnet18)
    faint = revise(plain_twin(preset("notebook34")), init="pytorch")
    spec = RunSpec(config=faint, image_size=28, device="cpu")
    yield _cost("notebook34's plain twin at 28 pixels, init pytorch", spec)


def _cost(name: str, spec: RunSpec) -> Result:
    """Measured steps are rare: every second one is measured here, and weighted as in a run."""
    steps = 2 * (WARM_UP + MEASURED)
    often = spec.model_copy(update={"measure_every": 2, "steps": steps})
    loops = {probes: train(often, instruments=probes) for probes in (True, False)}
    seconds: dict[bool, list[float]] = {True: [], False: []}
    for step in range(steps):
        for probes in (True, False) if step // 2 % 2 else (False, True):
            begin = time.process_time()
            next(loops[probes])
            seconds[probes].append(time.process_time() - begin)
    bare = statistics.median(seconds[False][2 * WARM_UP :])
    measured, other = (statistics.median(seconds[True][2 * WARM_UP + i :: 2]) for i in (0, 1))
    mean = other + (measured - other) / spec.measure_every
    value = (
        f"{mean / bare:.3f} (measured steps {measured / bare:.3f}, others {other / bare:.3f}, "
        f"without {1000 * bare:.1f} ms)"
    )
    return Result(
        f"step with all quantities / without, {name}, every {spec.measure_every}th measured",
        value,
        "at most 1.05",
        mean <= 1.05 * bare,
    )
