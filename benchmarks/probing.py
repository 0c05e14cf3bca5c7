"""A training step with probes against the same loop without: interleaved, one thread."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator

import torch

from benchmarks.result import Result
from resnet_viz import RunSpec, preset
from resnet_viz.lab.train import train

WARM_UP, STEPS = 5, 60


def run() -> Iterator[Result]:
    """The ratio of the medians; the order within a pair alternates."""
    torch.set_num_threads(1)
    spec = RunSpec(config=preset("resnet56-cifar"), steps=WARM_UP + STEPS, device="cpu")
    loops = {probes: train(spec, probes=probes) for probes in (True, False)}
    seconds: dict[bool, list[float]] = {True: [], False: []}
    for step in range(spec.steps):
        for probes in (True, False) if step % 2 else (False, True):
            begin = time.perf_counter()
            next(loops[probes])
            seconds[probes].append(time.perf_counter() - begin)
    with_probes, without = (statistics.median(seconds[p][WARM_UP:]) for p in (True, False))
    ratio = with_probes / without
    value = f"{ratio:.3f} ({1000 * with_probes:.1f} / {1000 * without:.1f} ms)"
    yield Result("step with probes / without, resnet56-cifar", value, "at most 1.05", ratio <= 1.05)
