"""Cost of the papers' own training: here by step times measured here, on a GPU by calculation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from statistics import median

from resnet_viz.arch.plan import plan
from resnet_viz.experiments.ready_sweeps import ready_sweeps
from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.experiments.short_race import guessed_step_seconds
from resnet_viz.experiments.sweep_spec import SweepSpec
from resnet_viz.lab.lab import Lab
from resnet_viz.scheduler.eta import schedule
from resnet_viz.scheduler.places import slots_on
from resnet_viz.text import count

GPU_FLOPS = 19.5e12
"""An A100's float32 operations a second, outside its tensor cores (its data sheet)."""
GPU_SHARE = (0.05, 0.3)
"""Of that, what such narrow nets are taken to reach; assumed, and the least sure of the numbers."""
_LAYER_SECONDS = 1.5e-4
"""A GPU's least time per weighted layer and step, for its launches; assumed."""


def cost_words(lab: Lab, sweep: SweepSpec) -> Sequence[str]:
    """What a sweep at full length costs here and on a GPU, each with how sure that is."""
    return tuple(_words(lab, sweep))


def _words(lab: Lab, sweep: SweepSpec) -> Iterator[str]:
    specs = sweep.runs()
    yield f"The paper's own training: {count(len(specs), 'run')} of {specs[0].steps:,} steps each."
    factor, cells = _measured_over_guessed(lab)
    lengths = [factor * spec.steps * guessed_step_seconds(spec) for spec in specs]
    here = schedule((), lengths, slots_on("cpu"))[1]
    basis = (
        f"scaled by operations from {count(cells, 'run')} on small images, so it may be off by a "
        "factor of two or three"
        if cells
        else "guessed from the number of operations, because nothing has trained here yet"
    )
    yield f"On this computer without a GPU: {_long(here)} ({basis})."
    fast, slow = (sum(_gpu_seconds(spec, share) for spec in specs) for share in GPU_SHARE[::-1])
    yield (
        f"On one A100 GPU: {_long(fast)} to {_long(slow)}. This is calculated for "
        f"{GPU_SHARE[0]:.0%} to {GPU_SHARE[1]:.0%} of its {GPU_FLOPS / 1e12:g} TFLOP/s and was "
        "not measured."
    )


def _gpu_seconds(spec: RunSpec, share: float) -> float:
    """Three passes of two operations per multiply-accumulate, or the time of the launches."""
    net = plan(spec.adapted)
    step = max(
        6 * net.macs * spec.batch_size / (share * GPU_FLOPS),
        net.depth * _LAYER_SECONDS,
    )
    return spec.steps * step


def _measured_over_guessed(lab: Lab) -> tuple[float, int]:
    """By what factor steps took longer here than guessed, and over how many runs; (1, 0) before
    the first."""
    cells = lab.sweep_cells(ready_sweeps()["degradation"].spec)
    factors = [
        cell.seconds / cell.steps_done / _guessed(cell.spec)
        for cell in cells
        if cell.seconds and cell.steps_done and cell.spec is not None
    ]
    return (median(factors), len(factors)) if factors else (1.0, 0)


@lru_cache(maxsize=128)
def _guessed(spec: RunSpec) -> float:
    return guessed_step_seconds(spec)


def _long(seconds: float) -> str:
    """Hours, or days from two days on."""
    hours = seconds / 3600
    if hours < 1:
        return f"about {max(1, round(seconds / 60))} min"
    return f"about {hours:.2g} h" if hours < 48 else f"about {hours / 24:,.0f} days"
