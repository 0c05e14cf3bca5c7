"""A training step with probes against the same loop without: interleaved, one thread."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator

import torch

from benchmarks.result import Result
from resnet_viz import RunSpec, plain_twin, preset
from resnet_viz.arch.config import revise
from resnet_viz.lab.train import train

WARM_UP = 5


def run() -> Iterator[Result]:
    """The ratio of the medians; the order within a pair alternates.

    The second net's gradients are so small that most norms need more than float32.
    """
    torch.set_num_threads(1)
    yield _cost("resnet56-cifar", RunSpec(config=preset("resnet56-cifar"), steps=65, device="cpu"))
    faint = revise(plain_twin(preset("notebook34")), init="pytorch")
    spec = RunSpec(config=faint, image_size=28, batch_size=32, steps=20, device="cpu")
    yield _cost("notebook34's plain twin at 28 pixels, init pytorch", spec)


def _cost(name: str, spec: RunSpec) -> Result:
    loops = {probes: train(spec, instruments=probes) for probes in (True, False)}
    seconds: dict[bool, list[float]] = {True: [], False: []}
    for step in range(spec.steps):
        for probes in (True, False) if step % 2 else (False, True):
            begin = time.perf_counter()
            next(loops[probes])
            seconds[probes].append(time.perf_counter() - begin)
    with_probes, without = (statistics.median(seconds[p][WARM_UP:]) for p in (True, False))
    ratio = with_probes / without
    value = f"{ratio:.3f} ({1000 * with_probes:.1f} / {1000 * without:.1f} ms)"
    return Result(f"step with probes / without, {name}", value, "at most 1.05", ratio <= 1.05)
