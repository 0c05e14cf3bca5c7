"""What the Race page says of a run in words; no Streamlit."""

from __future__ import annotations

from collections.abc import Sequence

from resnet_viz.lab.records import History
from resnet_viz.lab.runs import Run
from resnet_viz.lab.spec import RunSpec

_WINDOW = 20


def steps_a_second(history: History) -> float | None:
    """Over the last twenty steps; None before there are two."""
    seconds = history.seconds[-_WINDOW:]
    if len(seconds) < 2 or seconds[-1] <= seconds[0]:
        return None
    return float((len(seconds) - 1) / (seconds[-1] - seconds[0]))


def seconds_left(run: Run, history: History) -> float | None:
    """Until the last step at the present pace; None where it cannot be told."""
    rate = steps_a_second(history)
    return None if rate is None else (run.spec.steps - len(history)) / rate


def status_line(run: Run, history: History) -> str:
    """How far a run is and how it fares, or what it waits for, in one line."""
    if run.status == "queued" and run.message:
        return run.message
    parts = [f"step {len(history)} of {run.spec.steps}", *_pace(run, history)]
    if len(history):
        parts += [f"loss {history.loss[-1]:.3g}", f"accuracy {history.accuracy[-1]:.0%}"]
    return " · ".join(parts)


def why_over(run: Run) -> str:
    """Why a run ended before its last step; "" where there is nothing to say."""
    return f"{run.name} {_ENDED[run.status]}: {run.message}" if run.status in _ENDED else ""


_ENDED = {"failed": "failed", "interrupted": "was interrupted"}


def race_title(runs: Sequence[Run]) -> str:
    """Who runs against whom, how, and where."""
    names = " against ".join(run.name for run in runs)
    devices = ", ".join(dict.fromkeys(run.device for run in runs if run.device))
    where = f", on {devices}" if devices else ""
    return f"{names}: {training(runs[0].spec)}{where}"


def training(spec: RunSpec) -> str:
    """How a net trains, in one line."""
    size = spec.adapted.image_size
    momentum = f", momentum {spec.momentum:g}" if spec.optimizer == "sgd" else ""
    warmup = f", warm-up {spec.warmup_steps} steps" if spec.warmup_steps else ""
    return (
        f"{spec.dataset}, {size}x{size} pixels, {spec.steps} steps of {spec.batch_size} images, "
        f"{spec.optimizer} lr {spec.lr:g}{momentum}, weight decay {spec.weight_decay:g}{warmup}, "
        f"seed {spec.seed}"
    )


def duration(seconds: float) -> str:
    """Such as "9 s", "3 min 20 s" or "2 h 5 min"."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def _pace(run: Run, history: History) -> list[str]:
    rate = steps_a_second(history)
    if rate is None:
        return []
    pace = f"{rate:.3g} steps/s"
    if run.status != "running":
        return [pace]
    left = seconds_left(run, history)
    return [pace] if left is None else [pace, f"{duration(left)} left"]
