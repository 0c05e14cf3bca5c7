"""A training step with all quantities against the same loop without: interleaved, one thread."""

from __future__ import annotations

import gc
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
from resnet_viz.training.malloc import keep_freed

WARM_UP = 5
OFTEN, MEASURED = 10, 8
"""Steps from one measured step to the next, and how many of them are looked at."""


def run() -> Iterator[Result]:
    """The mean cost of a step, in a process as a worker's; the order within a pair alternates.

    The last net's gradients are so small that most norms need more than float32.
    """
    torch.set_num_threads(1)
    keep_freed()
    gc.collect()
    gc.freeze()
    yield _cost("resnet56-cifar", RunSpec(config=preset("resnet56-cifar"), device="cpu"))
    resnet18 = RunSpec(config=preset("resnet18"), image_size=64, device="cpu")
    yield _cost("resnet18 at 64 pixels", resnet18)
    faint = revise(plain_twin(preset("notebook34")), init="pytorch")
    spec = RunSpec(config=faint, image_size=28, device="cpu")
    yield _cost("notebook34's plain twin at 28 pixels, init pytorch", spec)


def _cost(name: str, spec: RunSpec) -> Result:
    """Measured steps are rare, as may be those that look at the weights, or at the gradient's way
    through shortcut and branch: here every tenth is measured, and what each kind takes more is
    weighted as in a run."""
    often = spec.model_copy(update={"measure_every": OFTEN, "steps": WARM_UP + OFTEN * MEASURED})
    looks, flows = spec.weights_every, often.flows_every
    loops = {probes: train(often, instruments=probes) for probes in (True, False)}
    bare: list[float] = []
    kinds: dict[tuple[str, bool], list[float]] = defaultdict(list)
    for step in range(often.steps - 1):  # the last has more to do
        seconds = {}
        for probes in (True, False) if step % 2 else (False, True):
            begin = time.process_time()
            next(loops[probes])
            seconds[probes] = time.process_time() - begin
        if step >= WARM_UP:
            kind = "measured" if step % OFTEN == 0 else "flows" if step % flows == 0 else ""
            bare.append(seconds[False])
            kinds[kind, step % looks == 0].append(seconds[True] / seconds[False])
    ratios = {kind: statistics.median(own) for kind, own in kinds.items()}
    is_each = looks == 1
    least = ratios["", is_each]
    # Where such steps are all measured ones, or look at flows, what it takes is seen there alone.
    alike = [of for of in ("", "flows", "measured") if {(of, True), (of, False)} <= {*ratios}]
    seen = None if is_each else next(iter(alike), None)
    looked = 0.0 if seen is None else ratios[seen, True] - ratios[seen, False]
    more = {
        kind: statistics.median(
            [
                one - looked * (at and not is_each)
                for (own, at), all_ in kinds.items()
                if own == kind
                for one in all_
            ]
        )
        - least
        for kind in ("measured", "flows")
    }
    every, between = spec.measure_every, 1 / spec.flows_every - 1 / spec.measure_every
    mean = least + more["measured"] / every + more["flows"] * between + looked / looks
    value = (
        f"{mean:.3f} (measured steps, every {ordinal(every)}, +{more['measured']:.3f}; those that "
        f"look at the gradient's way, every {ordinal(spec.flows_every)}, +{more['flows']:.3f}; at "
        f"the weights, every {ordinal(looks)}, +{looked:.3f}; others {least:.3f}; "
        f"without {1000 * statistics.median(bare):.1f} ms)"
    )
    return Result(
        f"step with all quantities / without, {name}", value, "at most 1.05", mean <= 1.05
    )
