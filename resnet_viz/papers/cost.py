"""Cost of the papers' own training: here by measured step times, on a GPU by calculation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from resnet_viz.arch.plan import plan
from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.experiments.short_race import guessed_step_seconds
from resnet_viz.experiments.sweep_spec import SweepSpec
from resnet_viz.lab.lab import Lab
from resnet_viz.scheduler.eta import schedule
from resnet_viz.scheduler.places import slots_on
from resnet_viz.text import count

TIMED_STEPS = 4
GPU_FLOPS = 19.5e12
"""An A100's float32 operations a second, outside its tensor cores (its data sheet)."""
GPU_SHARE = (0.05, 0.3)
"""Of that, what such narrow nets are taken to reach; assumed, and the least sure of the numbers."""
_LAYER_SECONDS = 1.5e-4
"""A GPU's least time per weighted layer and step, for its launches; assumed."""


def timing(full: SweepSpec) -> SweepSpec:
    """A few steps of each net of a sweep at full length, on images of noise of the same size."""
    fields = {name: getattr(full.base, name) for name in RunSpec.model_fields}
    fields |= {"image_size": full.base.adapted.image_size}
    fields |= {"dataset": "noise", "augment": "none", "steps": TIMED_STEPS, "evaluate_every": 0}
    fields |= {"schedule": "constant", "step_milestones": (), "lr": 0.01}
    base = RunSpec.model_validate(fields)
    return SweepSpec(name=f"Step times: {full.name}", base=base, axes=full.axes, how=full.how)


def is_timed(lab: Lab, full: SweepSpec) -> bool:
    """Whether the step times of all its nets were measured here."""
    return None not in _step_seconds(lab, full)


def cost_words(lab: Lab, full: SweepSpec) -> Sequence[str]:
    """What a sweep at full length costs here and on a GPU, each with how sure that is."""
    return tuple(_words(lab, full))


def _words(lab: Lab, full: SweepSpec) -> Iterator[str]:
    specs = full.runs()
    yield f"The paper's own training: {count(len(specs), 'run')} of {specs[0].steps:,} steps each."
    measured = _step_seconds(lab, full)
    steps = [
        guessed_step_seconds(spec) if seconds is None else seconds
        for spec, seconds in zip(specs, measured * len(full.seeds), strict=True)
    ]
    lengths = [spec.steps * seconds for spec, seconds in zip(specs, steps, strict=True)]
    here = schedule((), lengths, slots_on("cpu"))[1]
    if None in measured:
        basis = "guessed from its operations, so it may be off by a factor of five"
    else:
        basis = f"from {TIMED_STEPS} steps of each net, measured here on noise of the same size"
    yield f"On this computer without a GPU: {_long(here)} ({basis})."
    fast, slow = (sum(_gpu_seconds(spec, share) for spec in specs) for share in GPU_SHARE[::-1])
    yield (
        f"On one A100 GPU: {_long(fast)} to {_long(slow)}. This is calculated for "
        f"{GPU_SHARE[0]:.0%} to {GPU_SHARE[1]:.0%} of its {GPU_FLOPS / 1e12:g} TFLOP/s and was "
        "not measured."
    )


def _step_seconds(lab: Lab, full: SweepSpec) -> list[float | None]:
    """Seconds per step of each combination, as far as they were measured here."""
    return [
        cell.seconds / cell.steps_done if cell.seconds and cell.steps_done else None
        for cell in lab.sweep_cells(timing(full))
    ]


def _gpu_seconds(spec: RunSpec, share: float) -> float:
    """Three passes of two operations per multiply-accumulate, or the time of the launches."""
    net = plan(spec.adapted)
    step = max(6 * net.macs * spec.batch_size / (share * GPU_FLOPS), net.depth * _LAYER_SECONDS)
    return spec.steps * step


def _long(seconds: float) -> str:
    """Minutes, hours, or days from two days on."""
    hours = seconds / 3600
    if hours < 1:
        return f"about {max(1, round(seconds / 60))} min"
    return f"about {hours:.2g} h" if hours < 48 else f"about {hours / 24:,.0f} days"
