"""Words of the Race page about runs; no Streamlit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from math import isfinite, isnan
from typing import Any

import numpy as np

from resnet_viz.experiments.run_spec import SETTINGS, RunSpec
from resnet_viz.experiments.setting import Setting
from resnet_viz.findings.contestant import Contestant
from resnet_viz.findings.race_summary import happened
from resnet_viz.findings.words.headline import ONE_SEED
from resnet_viz.quantities.records import History
from resnet_viz.store.run import Run
from resnet_viz.text import printable

_WINDOW = 20
_MOST_NAMED = 5


def steps_a_second(history: History) -> float | None:
    """The pace over the last twenty steps; None before there are two."""
    seconds = history.seconds[-_WINDOW:]
    if len(seconds) < 2 or seconds[-1] <= seconds[0]:
        return None
    return float((len(seconds) - 1) / (seconds[-1] - seconds[0]))


def seconds_left(run: Run, history: History) -> float | None:
    """The time until the last step at the present pace; None if it cannot be estimated."""
    rate = steps_a_second(history)
    if rate is None or not run.steps:
        return None
    return (run.steps - len(history)) / min(rate, run.pace or rate)


def status_line(run: Run, history: History) -> str:
    """The progress and loss of a run, or what it does before its first step, in one line."""
    if run.message and not run.is_over:
        return run.message
    if not len(history) and not run.is_over:
        return stage(run)
    if run.status == "running" and len(history) == run.steps:
        return "Measuring the end"
    of = f" of {run.steps}" if run.steps else ""
    parts = [f"step {len(history)}{of}", *_pace(run, history)]
    if len(history):
        parts.append(_loss(history))
    if len(history) and not isnan(history.accuracy[-1]):
        parts.append(f"accuracy {history.accuracy[-1]:.0%}")
    return " · ".join(parts)


def seeds_line(own: Sequence[tuple[Run, History]]) -> str:
    """The progress of the runs of one net, those of several seeds together."""
    if len(own) == 1:
        return status_line(*own[0])
    counts = Counter(run.status for run, _ in own)
    started = [(run, history) for run, history in own if not run.is_over and len(history)]
    waits = [(run, history) for run, history in own if not run.is_over]
    short = [f"{counts[status]} {status}" for status in _CUT_SHORT if counts[status]]
    parts = [", ".join([f"{counts['finished']} of {len(own)} seeds done", *short])]
    if now := [*started, *waits][:1]:
        parts.append(f"seed {now[0][0].seed}: {status_line(*now[0])}")
    elif losses := [float(history.loss[-1]) for _, history in own if len(history)]:
        parts.append(_last_losses(losses))
    return " · ".join(parts)


def _loss(history: History) -> str:
    """The newest loss, or since when it is not finite."""
    known = np.flatnonzero(np.isfinite(history.loss))
    first = known[-1] + 1 if len(known) else 0
    if first == len(history):
        return f"loss {history.loss[-1]:.3g}"
    return f"diverged at step {history.steps[first]} (loss not finite)"


def _last_losses(losses: Sequence[float]) -> str:
    finite = [loss for loss in losses if isfinite(loss)]
    parts = [f"last loss {min(finite):.3g} to {max(finite):.3g}"] if finite else []
    if broken := len(losses) - len(finite):
        seeds = "1 seed" if broken == 1 else f"{broken} seeds"
        parts.append(f"diverged in {seeds} (loss not finite)")
    return ", ".join(parts)


def status_of(runs: Sequence[Run]) -> str:
    """The status of the runs of a net in one word: that of one under way, else how they ended."""
    statuses = {run.status for run in runs}
    return next((status for status in _FIRST if status in statuses), runs[0].status)


_CUT_SHORT = ("failed", "interrupted", "stopped")
_FIRST = (
    "not answering",
    "running",
    "paused",
    "queued",
    *_CUT_SHORT,
    "finished",
)


def stage(run: Run) -> str:
    """The stage of a run before its first step, from what the store knows of it."""
    if run.started is None and run.status == "paused":
        return "It is paused and has not begun."
    if run.started is None:
        return run.message or "The worker process is starting."
    if not run.device:
        return "The worker has its place and begins."
    return f"The net is built on {run.device} and computes its first step."


def headline(runs: Sequence[Run], contestants: Sequence[Contestant]) -> str:
    """The race in one sentence: the verdict when it is over, else its progress."""
    if all(run.is_over for run in runs):
        verdict = next(iter(happened(contestants)), None)
        return verdict.text if verdict else "The race ended before every net had a step."
    nets = zip(runs, contestants, strict=True)
    under_way = [(run, net.history) for run, net in nets if not run.is_over]
    if not any(len(net.history) for net in contestants):
        furthest = max(
            (run for run, _ in under_way), key=lambda run: (run.started is not None, run.device)
        )
        doing = stage(furthest)
        return f"Before the first step: {doing[:1].lower()}{doing[1:]}"
    counts = Counter(run.status if len(history) else "not begun" for run, history in under_way)
    counts.update(run.status for run in runs if run.is_over)
    counted = ", ".join(f"{counts[key]} {noun}" for key, noun in _COUNTED.items() if counts[key])
    left = [seconds_left(run, history) for run, history in under_way]
    known = [seconds for seconds in left if seconds is not None]
    has_estimate = len(known) == len(left) and not counts["paused"]
    noun = "Runs" if len({run.seed for run in runs}) > 1 else "Nets"
    return f"{noun}: {counted}" + (f"; {duration(max(known))} left." if has_estimate else ".")


_COUNTED = {
    "running": "training",
    "paused": "paused",
    "queued": "waiting for a place",
    "not answering": "not answering",
    "not begun": "not begun",
    "finished": "done",
    "stopped": "stopped",
    "failed": "failed",
    "interrupted": "interrupted",
}


def why_over(run: Run) -> str:
    """The reason why a run ended before its last step; "" if there is none."""
    return f"{run.name} {_ENDED[run.status]}: {run.message}" if run.status in _ENDED else ""


_ENDED = {"failed": "failed", "interrupted": "was interrupted"}


def title(runs: Sequence[Run]) -> str:
    """The title of a race: its nets, against each other."""
    *others, last = dict.fromkeys(run.name for run in runs)
    return f"{', '.join(others)} against {last}" if others else last


def training(runs: Sequence[Run]) -> str:
    """The training settings of the nets of a race, in one line; if they differ, each way once."""
    if any(run.is_watched for run in runs):
        return "watched while it trains in a program of its own"
    ways = zip(*(_ways(run.spec) for run in runs), strict=True)
    seeds = ", ".join(str(seed) for seed in dict.fromkeys(run.seed for run in runs))
    settings = [" or ".join(dict.fromkeys(way)) for way in ways if any(way)]
    return ", ".join([*settings, f"seeds {seeds}" if "," in seeds else f"seed {seeds}"])


def _ways(spec: RunSpec) -> Sequence[str]:
    size = spec.adapted.image_size
    return (
        f"{data_name(spec.dataset)}, {size}x{size} pixels",
        f"{spec.subset} of its images" if spec.subset else "",
        "cropped and mirrored at random" if spec.augment != "none" else "",
        f"{spec.steps} steps of {spec.batch_size} images",
        spec.optimizer,
        f"lr {spec.lr:g}",
        f"{'Nesterov ' if spec.nesterov else ''}momentum {spec.momentum:g}"
        if spec.optimizer == "sgd"
        else "",
        f"weight decay {spec.weight_decay:g}",
        _SCHEDULES[spec.schedule].format(spec.step_gamma),
        *(_way(setting, spec) for setting in SETTINGS.values() if setting.field not in _IN_PHRASES),
    )


def _way(setting: Setting, spec: RunSpec) -> str:
    """A setting by its own words, where it is not the default."""
    value, words = getattr(spec, setting.field), setting.about.words
    if value == setting.default or setting.about.group == "Measuring":
        return ""
    number = f"{value:g}" if isinstance(value, float) else value
    return words if value is True else f"{words} {number}"


_IN_PHRASES = (
    *("dataset", "classes", "image_size", "subset", "augment", "steps", "batch_size"),
    *("optimizer", "lr", "momentum", "nesterov", "weight_decay"),
    *("schedule", "step_milestones", "step_gamma", "seed", "device", "checkpoints"),
)
"""Settings that are said in a phrase with others, or not at all."""
_SCHEDULES = {"constant": "", "cosine": "cosine schedule", "step": "step schedule (x{:g})"}


def data_name(dataset: str) -> str:
    """The public name of a data set: a folder's own name, without its path."""
    if dataset.startswith("elsewhere:"):
        return f"{dataset.partition(':')[2]} (images on another computer)"
    return dataset.rpartition("/")[2] if dataset.startswith("folder:") else dataset


def folder_words(name: str, result: Mapping[str, Any]) -> str:
    """The result of the command `data` for a folder of images, in words."""
    remarks = [f"{remark[:1].upper()}{remark[1:]}." for remark in map(printable, result["remarks"])]
    return " ".join([_readable(name, result), *remarks])


def _readable(name: str, result: Mapping[str, Any]) -> str:
    bad = result["unreadable"]
    text = (
        f"{name} has {result['classes']} classes, {result['train']:,} images to train on and "
        f"{result['test']:,} held out"
    )
    if not bad:
        return f"{text}; every file can be read."
    more = f" and {len(bad) - _MOST_NAMED} more" if len(bad) > _MOST_NAMED else ""
    are = "file that cannot be read is" if len(bad) == 1 else "files that cannot be read are"
    named = ", ".join(printable(file) for file in bad[:_MOST_NAMED])
    return f"{text}; {len(bad)} {are} left out: {named}{more}."


def at_once(nets: int, places: int) -> str:
    """The ones of a race's `nets` that take memory at the same time if `places` of them train at
    once."""
    if places < nets:
        largest = "largest" if places == 1 else f"{places} largest"
        return f"the {largest} of its {nets} nets, with {places} at a time,"
    return {1: "its net", 2: "both nets"}.get(nets, f"all {nets} nets at once")


def room(runs: Sequence[Run]) -> str:
    """A sentence about as long as the headline will be: the page reserves room for it."""
    names = list(dict.fromkeys(run.name for run in runs))
    seeds = len({run.seed for run in runs})
    if seeds == 1:
        levels = "; ".join(f"{name} ended at 00.0 % accuracy, little better" for name in names)
        only = f" {ONE_SEED}" if len(names) > 1 else ""
        return f"In this run {levels} than guessing (10 %).{only}"
    first, others = names[0], ", ".join(names[1:])
    losses = "0.000 to 0.000 against 0.000 to 0.000"
    sure = "(p = 0.0079, exact permutation test)"
    if len(names) > 2:
        sure = f"Between it and {others} no difference is shown."
    return (
        f"Over {seeds} seeds each, {first} ends with a lower training loss than {others}: "
        f"{losses} {sure}."
    )


def duration(seconds: float) -> str:
    """A duration, such as "9 s", "3 min 20 s" or "2 h 5 min"."""
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
    is_slow = run.pace is not None and run.pace < rate and run.status == "running"
    pace = f"slow motion: {run.pace:g} steps/s" if is_slow else f"{rate:.3g} steps/s"
    if run.status != "running":
        return [pace]
    left = seconds_left(run, history)
    return [pace] if left is None else [pace, f"{duration(left)} left"]


def pace_words(pace: float | None) -> str:
    """A pace in words, such as "2 steps a second"."""
    if pace is None:
        return "as fast as it goes"
    return "1 step a second" if pace == 1 else f"{pace:g} steps a second"
