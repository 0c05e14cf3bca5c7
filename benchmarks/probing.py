"""A training step with all quantities against the same loop without: interleaved, one thread."""

from __future__ import annotations

import statistics
import time
from collections import defaultdict
from collections.abc import Iterator

import torch

from benchmarks.result import Result
from resnet_viz import RunSpec, plain_twin, preset
from resnet_viz.arch.config import revise
from resnet_viz.text import ordinal
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
    """Measured steps are rare, as may be those that look at the weights: here every third is
    measured, and what each kind takes more is weighted as in a run."""
    looks = spec.weights_every
    steps = WARM_UP + max(3 * MEASURED, 6 * looks)
    often = spec.model_copy(update={"measure_every": 3, "steps": steps})
    loops = {probes: train(often, instruments=probes) for probes in (True, False)}
    bare: list[float] = []
    kinds: dict[tuple[bool, bool], list[float]] = defaultdict(list)
    for step in range(steps - 1):  # the last has more to do
        seconds = {}
        for probes in (True, False) if step % 2 else (False, True):
            begin = time.process_time()
            next(loops[probes])
            seconds[probes] = time.process_time() - begin
        if step >= WARM_UP:
            bare.append(seconds[False])
            kinds[step % 3 == 0, step % looks == 0].append(seconds[True] / seconds[False])
    ratios = {kind: statistics.median(own) for kind, own in kinds.items()}
    least = ratios[False, looks == 1]
    measured = ratios[True, looks == 1] - least
    looked = ratios[False, True] - least
    mean = least + measured / spec.measure_every + looked / looks
    value = (
        f"{mean:.3f} (measured steps +{measured:.3f}, those that look at the weights, every "
        f"{ordinal(looks)}, +{looked:.3f}, others {least:.3f}; "
        f"without {1000 * statistics.median(bare):.1f} ms)"
    )
    return Result(
        f"step with all quantities / without, {name}, every {spec.measure_every}th measured",
        value,
        "at most 1.05",
        mean <= 1.05,
    )
